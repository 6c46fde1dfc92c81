// [RPC-3] to [RPC-5]: answers of JSON-RPC get the ids of the calls that ask.
import { canonicalText, guardedText } from './canonical.mjs';
import { isObject, isString, Num } from './json.mjs';
import { renderTree } from './layout.mjs';
import { isRpcCall } from './normalize/index.mjs';
import { dataParts, declaredStream } from './streams.mjs';
import { strictUtf8 } from './text.mjs';

const PROGRESS = 'notifications/progress';
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/gs;

/** The notes of a session, by host text and key path [RPC-3]. */
export class Notes {
  constructor() { this.byPlace = new Map(); }

  /** Notes the ids of a recording and of the body that asks, and gives all that hold for what is played of it. */
  of({ host, path, body }, incoming) {
    const place = `${host} ${path}`;
    const earlier = this.byPlace.get(place) ?? { ids: new Map(), tokens: new Map() };
    const { ids, tokens } = notesOf(body, incoming);
    const notes = { ids: new Map([...earlier.ids, ...ids]), tokens: new Map([...earlier.tokens, ...tokens]) };
    this.byPlace.set(place, notes);
    return notes;
  }
}

/** The pairs of ids and progress tokens of two bodies: `{ids, tokens}`, Maps of recorded to incoming text. */
function notesOf(recorded, incoming) {
  const notes = { ids: new Map(), tokens: new Map() };
  const [theirs, ours] = [recorded, incoming].map(callsOf);
  theirs.forEach((call, i) => {
    if (!isCall(call) || !isCall(ours[i])) return;
    note(notes.ids, call.get('id'), ours[i].get('id'));
    note(notes.tokens, progressToken(call), progressToken(ours[i]));
  });
  return notes;
}

/** The numbers of the calls of a body, each with that of the incoming one: `{kind, number, incoming}`. */
export function callNumbers(recorded, incoming) {
  const notes = notesOf(recorded, incoming);
  return Object.entries(notes).flatMap(([kind, map]) => [...map].map(([number, own]) => ({ kind, number, incoming: own })));
}

/** The numbers of calls in a server-sent event: `{kind, number}`. */
export function numbersIn(event) {
  const value = guardedText(dataParts(event).map(({ text }) => text).join('\n'));
  return [value].flat().filter(isObject).flatMap((object) => {
    const kinds = { ids: object.get('id'), tokens: isObject(object.get('params')) && object.get('params').get('progressToken') };
    return Object.entries(kinds).filter(([kind, number]) => isNumber(number)
      && notesFor(object, kind === 'ids' ? ['id'] : ['params', 'progressToken'], 'ids', 'tokens') === kind)
      .map(([kind, number]) => ({ kind, number: canonicalText(number) }));
  });
}

export const renumberedEvent = (event, { ids, tokens }) => inData(event, ids, tokens);

const isNumber = (value) => isString(value) || value instanceof Num;

const callsOf = (body) => body.get('__json__') ?? [body];
const isCall = (value) => isObject(value) && isRpcCall(value);

function progressToken(call) {
  const meta = isObject(call.get('params')) ? call.get('params').get('_meta') : undefined;
  return isObject(meta) ? meta.get('progressToken') : undefined;
}

function note(map, recorded, incoming) {
  if (isNumber(recorded) && incoming !== undefined) {
    map.set(canonicalText(recorded), canonicalText(incoming));
  }
}

/** A stored body as it is played under these notes. */
export function renumbered(stored, { ids, tokens }) {
  if (!ids.size && !tokens.size) return stored;
  const text = (received) => renumberedText(received, ids, tokens);
  const { streaming, binary, framing, body, events, tail, layout } = stored;
  if (binary) return stored;
  if (!streaming) {
    return body === undefined ? stored : plainBody(stored, text(isString(body) ? body : renderTree(body, layout)));
  }
  if (framing === 'aws-eventstream') {
    return { ...stored, events: events.map((event) => ({ ...event, payload: text(event.payload) })) };
  }
  if (framing === 'ndjson') return { ...stored, events: events.map(text), ...(tail && { tail: text(tail) }) };
  return { ...stored, events: events.map((event) => inData(event, ids, tokens)) };
}

/** The chunks of a 2.0 response of a media type, likewise. */
export function renumberedChunks({ streaming, binary, chunks }, type, { ids, tokens }) {
  if (binary || (!ids.size && !tokens.size)) return chunks;
  const change = streaming && declaredStream(type) === 'sse' ? inData : renumberedText;
  return chunks.map((chunk) => {
    const text = strictUtf8(chunk);
    return text === undefined ? chunk : Buffer.from(change(text, ids, tokens), 'utf8');
  });
}

const plainBody = ({ layout, ...stored }, body) => ({ ...stored, body });

/** The text of an event; the tokens of its data are replaced where they stand. */
function inData(event, ids, tokens) {
  const parts = dataParts(event);
  const data = parts.map(({ text }) => text).join('\n');
  return applied(event, changesIn(data, ids, tokens).map((change) => ({ ...change, ...moved(change, parts) })));
}

/** A place in the data of an event as a place in the event: a token stands in one line. */
function moved({ start, end }, [{ text, at }, ...rest]) {
  if (end <= text.length) return { start: at + start, end: at + end };
  const next = text.length + 1;
  return moved({ start: start - next, end: end - next }, rest);
}

const renumberedText = (text, ids, tokens) => applied(text, changesIn(text, ids, tokens));

function applied(text, changes) {
  return [...changes].sort((a, b) => b.start - a.start)
    .reduce((out, { start, end, by }) => out.slice(0, start) + by + out.slice(end), text);
}

/** The tokens that are replaced: `{start, end, by}`. */
function changesIn(text, ids, tokens) {
  const value = guardedText(text);
  if (value === undefined) return [];
  const list = Array.isArray(value);
  const objects = list ? value : [value];
  return [...scalarsOf(text)].flatMap(({ path, start, end }) => {
    const [index, names] = list ? [path[0], path.slice(1)] : [0, path];
    const notes = isObject(objects[index]) ? notesFor(objects[index], names, ids, tokens) : undefined;
    const token = text.slice(start, end);
    const own = notes && canonicalText(guardedText(token));
    return notes?.has(own) && notes.get(own) !== own ? [{ start, end, by: notes.get(own) }] : [];
  });
}

/** The notes by which the scalar at a path of an object is replaced [RPC-4], or undefined. */
function notesFor(object, names, ids, tokens) {
  if (object.get('jsonrpc') !== '2.0') return undefined;
  if (names.length === 1 && names[0] === 'id') return object.has('method') ? undefined : ids;
  const isToken = names.length === 2 && names[0] === 'params' && names[1] === 'progressToken';
  return isToken && object.get('method') === PROGRESS ? tokens : undefined;
}

/** The scalars of a JSON text with their paths and places. */
function* scalarsOf(text) {
  const stack = [];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const top = stack.at(-1);
    if (token === '{' || token === '[') stack.push({ isList: token === '[', step: token === '[' ? 0 : undefined });
    else if (token === '}' || token === ']') stack.pop();
    else if (token === ',') {
      if (top.isList) top.step += 1;
      else top.step = undefined;
    } else if (token !== ':') {
      if (top && !top.isList && top.step === undefined) top.step = JSON.parse(token);
      else yield { path: stack.map(({ step }) => step), start: index, end: index + token.length };
    }
  }
}
