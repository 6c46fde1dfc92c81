// [FILE-13]: the members of a file that make a response's body.
import { playBody } from './body.mjs';
import { refuse } from './members-check.mjs';

const TEXT_FRAMINGS = new Set(['sse-lf', 'sse-crlf', 'ndjson']);
const LAYOUT = { whitespace: false, escape: false, ascii: false, final_newline: false };

/** The stored body; members with their default value are left out. */
export function readStoredBody(known, reader, node) {
  const streaming = reader.boolean(known.streaming);
  const binary = known.binary ? reader.boolean(known.binary) : false;
  const framing = known.framing && reader.string(known.framing);
  if (framing && framing !== 'aws-eventstream' && !TEXT_FRAMINGS.has(framing)) {
    refuse('cassette.value', known.framing);
  }
  const read = streaming ? streamOf : plainOf;
  const stored = { streaming, ...read(known, reader, node, { binary, framing }) };
  if (known.truncated && reader.boolean(known.truncated)) stored.truncated = true;
  if (known.delays_ms) {
    stored.delays_ms = reader.list(known.delays_ms, (item) => reader.integer(item, 0));
    const chunks = playBody(stored).length;
    if (stored.delays_ms.length !== chunks) refuse('cassette.value', known.delays_ms, 'not one a chunk');
  }
  if (known.after) stored.after = readAfter(known.after, reader, stored);
  return stored;
}

/** [AFTER-1] */
function readAfter(node, reader, { streaming, events = [] }) {
  const after = reader.list(node, (item) => reader.integer(item, 1));
  const fits = streaming && after.length > 0 && after.length === events.length;
  return fits ? after : refuse('cassette.value', node, 'not one an event');
}

function plainOf({ body, events, tail, layout }, reader, node, { binary, framing }) {
  const isTree = body && !('text' in body);
  if (framing || events || tail || (binary && (!body || isTree)) || (layout && !isTree)) {
    refuse('cassette.body-form', node);
  }
  if (!body) return {};
  if (isTree) return { body: reader.value(body), ...readLayout(layout, reader) };
  const text = binary ? reader.base64(body) : reader.string(body);
  return text === '' ? {} : { ...(binary && { binary }), body: text };
}

function readLayout(node, reader) {
  if (!node) return {};
  const { known, extra } = reader.members(node, LAYOUT, { extensible: false });
  const layout = {};
  const whitespace = known.whitespace && reader.matching(known.whitespace, /^(compact|spaced|indented)$/);
  if (whitespace && whitespace !== 'compact') layout.whitespace = whitespace;
  const escape = known.escape && reader.matching(known.escape, /^<?>?&?'?$/);
  if (escape) layout.escape = escape;
  for (const name of ['ascii', 'final_newline']) {
    if (known[name] && reader.boolean(known[name])) layout[name] = true;
  }
  if (extra.size) layout.extra = extra;
  return Object.keys(layout).length ? { layout } : {};
}

function streamOf({ body, events, tail, layout }, reader, node, { binary, framing }) {
  const isText = TEXT_FRAMINGS.has(framing);
  if (body || layout || !events || Boolean(framing) === binary || (tail && !isText)) refuse('cassette.body-form', node);
  if (tail && reader.string(tail) === '') refuse('cassette.value', tail, 'an empty tail');
  const readItem = binary ? (item) => reader.base64(item)
    : isText ? (item) => reader.string(item) : (item) => readEvent(item, reader);
  return {
    ...(binary && { binary }),
    ...(framing && { framing }),
    events: reader.list(events, readItem),
    ...(tail && { tail: reader.string(tail) }),
  };
}

function readEvent(node, reader) {
  const { known, extra } = reader.members(node, { headers: true, payload: true }, { extensible: false });
  const headers = reader.mapping(known.headers).entries.map(({ name, node: value }) => [name, reader.string(value)]);
  return { headers, payload: reader.string(known.payload), ...(extra.size && { extra }) };
}
