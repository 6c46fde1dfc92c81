// Sections 9.3 and 9.4: server-sent events and NDJSON; [BODY-10]: what ends a stream by itself.
import { guardedText } from './canonical.mjs';
import { streamTerminators } from './data.mjs';
import { isObject } from './json.mjs';

const NDJSON_TYPES = new Set(['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonl',
  'application/jsonlines', 'application/x-jsonlines', 'application/stream+json']);

/** The kind of stream that a media type declares [BODY-7], or undefined. */
export function declaredStream(type) {
  if (type === 'text/event-stream') return 'sse';
  if (type === 'application/vnd.amazon.eventstream') return 'aws';
  return NDJSON_TYPES.has(type) ? 'ndjson' : undefined;
}

/** Events and tail of a text [SSE-1]. */
export function splitSse(text) {
  const crlf = text.includes('\n') && !/(?<!\r)\n/.test(text);
  const pieces = (crlf ? text.replaceAll('\r\n', '\n') : text).split('\n\n');
  const tail = pieces.pop();
  return { framing: crlf ? 'sse-crlf' : 'sse-lf', events: pieces, tail };
}

export function splitNdjson(text) {
  const pieces = text.split('\n');
  const tail = pieces.pop();
  return { framing: 'ndjson', events: pieces, tail };
}

/** The text of each event, then of the tail if there is one. */
export function joinText({ framing, events, tail }) {
  const end = framing === 'ndjson' ? '\n' : '\n\n';
  const chunks = events.map((event) => event + end);
  if (tail) chunks.push(tail);
  return framing === 'sse-crlf' ? chunks.map((chunk) => chunk.replaceAll('\n', '\r\n')) : chunks;
}

/** The values of the `data` lines of an event, with the places where they stand: `{text, at}`. */
export function dataParts(event) {
  let start = 0;
  return event.split('\n').flatMap((line) => {
    const [, before, text] = /^(data(?:: *)?)([^]*?) *$/.exec(line) ?? [];
    const isData = before !== undefined && (before !== 'data' || text === '');
    const at = start + (before ?? '').length;
    start += line.length + 1;
    return isData ? [{ text, at }] : [];
  });
}

/** Whether the last event says that nothing comes behind it. */
export function isTerminator(event) {
  const named = event.split('\n').map((line) => /^event(?:: *([^]*?) *)?$/.exec(line)).filter(Boolean);
  const data = dataParts(event).map(({ text }) => text).join('\n');
  if (streamTerminators.sse_data.includes(data)) return true;
  const parsed = guardedText(data);
  const types = [named.at(-1)?.[1], isObject(parsed) ? parsed.get('type') : undefined];
  return types.some((type) => streamTerminators.sse_types.includes(type));
}
