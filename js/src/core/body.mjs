// Section 9: the body of a response as it is stored and as it is played.
import { createHash } from 'node:crypto';
import { splitFrames, writeFrame } from './aws.mjs';
import { guardedText } from './canonical.mjs';
import { undoCodings } from './codings.mjs';
import { isContainer, isString } from './json.mjs';
import { findLayout, renderTree } from './layout.mjs';
import { declaredStream, isTerminator, joinText, splitNdjson, splitSse } from './streams.mjs';
import { strictUtf8 } from './text.mjs';
import { storable, tokensFit } from './yaml-write.mjs';

/** The stored form of decoded bytes [BODY-1]. */
export function storeBody(bytes, type) {
  if (!bytes.length) return { streaming: false };
  const kind = declaredStream(type);
  return kind ? storeStream(bytes, kind) : storePlain(bytes);
}

/** The stored form of bytes whose coding could not be undone [BODY-31]. */
export function storeCoded(bytes, type) {
  const base64 = bytes.toString('base64');
  return declaredStream(type) ? { streaming: true, binary: true, events: [base64] }
    : { streaming: false, binary: true, body: base64 };
}

/** The checksum of a stored body [BODY-14]; undefined for an empty one. */
export function checksumOf(stored) {
  const bytes = Buffer.concat(playBody(stored));
  return bytes.length ? createHash('sha256').update(bytes).digest('hex').slice(0, 16) : undefined;
}

function storeStream(bytes, kind) {
  const text = strictUtf8(bytes);
  const frames = kind === 'aws' ? splitFrames(bytes) : undefined;
  if (frames) return { streaming: true, framing: 'aws-eventstream', events: frames };
  if (kind === 'aws' || text === undefined) {
    return { streaming: true, binary: true, events: [bytes.toString('base64')] };
  }
  const { framing, events, tail } = kind === 'sse' ? splitSse(text) : splitNdjson(text);
  return { streaming: true, framing, events, ...(tail && { tail }) };
}

function storePlain(bytes) {
  const text = strictUtf8(bytes);
  if (text === undefined) return { streaming: false, binary: true, body: bytes.toString('base64') };
  const tree = guardedText(text);
  const layout = isContainer(tree) && storable(tree) && tokensFit(tree) ? findLayout(tree, text) : undefined;
  if (!layout) return { streaming: false, body: text };
  return { streaming: false, body: tree, ...(Object.keys(layout).length && { layout }) };
}

/** A stored body without its secrets; the redactor notes the places. `talk`: whether it is of a conversation. */
export function redactStored(stored, redactor, talk) {
  const out = { ...stored };
  if (stored.binary) {
    const hide = (text, place) => redactor.bytes(Buffer.from(text, 'base64'), place, talk).toString('base64');
    if (stored.streaming) out.events = stored.events.map((event, i) => hide(event, `response.events[${i}]`));
    else out.body = hide(stored.body, 'response.body');
  } else if (stored.streaming) {
    out.events = stored.events.map((event, i) => redactEvent(event, redactor, `response.events[${i}]`, talk));
    if (stored.tail) out.tail = redactor.lexical(stored.tail, 'response.tail', talk);
  } else if (isString(stored.body)) {
    out.body = redactor.bodyText(stored.body, 'response.body', talk);
  } else if (stored.body) {
    out.body = redactor.tree(stored.body, 'response.body', talk);
    if (stored.layout) out.layout = smallestLayout(out.body, stored.layout);
    if (!out.layout) delete out.layout;
  }
  return out;
}

/** The smallest layout that renders the same bytes [BODY-5]; undefined if it is the default. */
function smallestLayout(tree, layout) {
  const found = findLayout(tree, renderTree(tree, layout));
  return Object.keys(found).length ? found : undefined;
}

function redactEvent(event, redactor, place, talk) {
  if (isString(event)) return redactor.lexical(event, place, talk);
  const headers = event.headers.map(([name, value]) => [name, redactor.text(value, place)]);
  return { headers, payload: redactor.lexical(event.payload, place, talk) };
}

/** The chunks that a stored body is played as [BODY-12]. */
export function playBody(stored) {
  return chunksOf(stored).filter((chunk) => chunk.length);
}

function chunksOf({ streaming, binary, framing, body, events = [], tail, layout }) {
  if (streaming && binary) return events.map((event) => Buffer.from(event, 'base64'));
  if (framing === 'aws-eventstream') return events.map(writeFrame);
  if (streaming) return joinText({ framing, events, tail }).map((text) => Buffer.from(text, 'utf8'));
  if (body === undefined) return [];
  if (binary) return [Buffer.from(body, 'base64')];
  return [Buffer.from(isString(body) ? body : renderTree(body, layout), 'utf8')];
}

/** Whether a body of which the client did not read the end is whole all the same [BODY-10]. */
export function isComplete(stored, received, contentLength) {
  if (contentLength !== undefined && /^[0-9]+$/.test(contentLength) && Number(contentLength) === received) return true;
  return /^sse-/.test(stored.framing) && !stored.tail && stored.events.length > 0
    && isTerminator(stored.events.at(-1));
}

/** The milliseconds before each chunk [BODY-13]. `arrivals`: `{bytes, at_ms}` as the wire brought them. */
export function delaysOf(chunks, arrivals, codings) {
  const decodedAfter = [];
  let wire = Buffer.alloc(0);
  for (const { bytes, at_ms: at } of arrivals) {
    wire = Buffer.concat([wire, bytes]);
    decodedAfter.push({ length: undoCodings(wire, codings, true)?.length ?? wire.length, at });
  }
  let end = 0, previous = 0;
  return chunks.map((chunk) => {
    end += chunk.length;
    const { at } = decodedAfter.find(({ length }) => length >= end) ?? decodedAfter.at(-1);
    const delay = at - previous;
    previous = at;
    return delay;
  });
}
