// The forms of values in the lines of the protocol.
import { Num, isObject, isString, parseJson, writeJson } from './json.mjs';

export const readBytes = (value) =>
  value === undefined || value === null ? Buffer.alloc(0)
    : value.utf8 !== undefined ? Buffer.from(value.utf8, 'utf8') : Buffer.from(value.base64, 'base64');

export const writeBytes = (bytes) => ({ base64: bytes.toString('base64') });

export const readJsonText = ({ json }) => parseJson(json);
export const writeJsonText = (value) => ({ json: writeJson(value) });

/** A value of ours as one of JavaScript; numbers become doubles. */
export function plain(value) {
  if (value instanceof Num) return value.double;
  if (Array.isArray(value)) return value.map(plain);
  if (isObject(value)) return Object.fromEntries([...value].map(([name, item]) => [name, plain(item)]));
  return value;
}

export const readRequest = ({ method, url, headers = [], body }) => ({ method, url, headers, body: readBytes(body) });

const isTree = (body) => body !== undefined && !isString(body);

const isExtra = (name) => /^(x|ext)-/.test(name);
const ownMembers = (members) => Object.fromEntries(Object.entries(members).filter(([name]) => !isExtra(name)));

/** Members of others that stand beside those of the format: a Map in ours, JSON texts in a line. */
const withExtraIn = (members) => ({ ...ownMembers(members), extra: extraIn(members) });
const withExtraOut = ({ extra = new Map(), ...members }) => ({ ...members, ...extraOut(extra) });

/** A stored body with its parts changed: its tree, its layout and its frames. */
const inParts = (stored, ofTree, ofMembers) => ({
  ...stored,
  ...(isTree(stored.body) && { body: ofTree(stored.body) }),
  ...(stored.layout && { layout: ofMembers(stored.layout) }),
  ...(stored.framing === 'aws-eventstream' && { events: stored.events.map(ofMembers) }),
});

export const readStored = (stored) => inParts(stored, readJsonText, withExtraIn);
export const writeStored = (stored) => inParts(stored, writeJsonText, withExtraOut);

/** An answer from upstream with all its bytes. */
export function readUpstream({ status, reason, headers = [], body, chunks, starts, breaks }) {
  const parts = chunks ? chunks.map(readBytes) : [readBytes(body)];
  return { status, reason, headers, bytes: Buffer.concat(parts), parts, starts, stopped: breaks ?? false };
}

const extraOut = (extra) => Object.fromEntries([...extra].map(([name, value]) => [name, writeJsonText(value)]));
const extraIn = (members) => new Map(Object.entries(members)
  .filter(([name]) => isExtra(name)).map(([name, value]) => [name, readJsonText(value)]));

const defined = (members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** A reading as the answer of `load`. */
export function writeReading({ format, match_on: matchOn, options, lists, incomplete, extra, interactions }) {
  const written = interactions.map(writeInteraction);
  const named = Object.keys(options).length ? options : undefined;
  return defined({
    format, match_on: matchOn, options: named, lists, incomplete, ...extraOut(extra), interactions: written,
  });
}

function writeInteraction({ request, response, failure, redacted, accepted, extra, ...rest }) {
  const { extra: ofRequest, body, headers, isDigestRight, ...restOfRequest } = request;
  return defined({
    request: defined({
      ...restOfRequest, headers: headers && Object.fromEntries(headers), body: writeJsonText(body), ...extraOut(ofRequest),
    }),
    response: response && writeResponse(response),
    failure: failure && withExtraOut(failure),
    ...rest,
    accepted: accepted && withExtraOut(accepted),
    redacted: redacted.length ? redacted : undefined,
    ...extraOut(extra),
  });
}

function writeResponse({ extra, stored, chunks, binary, ...rest }) {
  const form = stored ? writeStored(stored) : { chunks: chunks.map(writeBytes) };
  return defined({ ...rest, ...form, ...extraOut(extra) });
}

/** A reading of format 2.1, as it is given to `emit`. */
export function readReading({ match_on: matchOn, options, lists, incomplete, interactions, ...extra }) {
  return {
    match_on: matchOn, options, lists, incomplete, extra: extraIn(extra),
    interactions: interactions.map(readInteraction),
  };
}

function readInteraction({ request, response, failure, accepted, ...rest }) {
  return {
    request: {
      ...request, headers: new Map(Object.entries(request.headers ?? {})), body: readJsonText(request.body),
      extra: extraIn(request),
    },
    response: response && readResponse(response),
    failure: failure && withExtraIn(failure),
    accepted: accepted && withExtraIn(accepted),
    ...withExtraIn(rest),
  };
}

function readResponse({ status, reason, headers, checksum, ...form }) {
  return { status, reason, headers, checksum, stored: readStored(ownMembers(form)), extra: extraIn(form) };
}
