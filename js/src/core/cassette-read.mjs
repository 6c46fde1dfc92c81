// Sections 3, 19 and 20: the bytes of a file as a reading.
//
// A reading is {format, match_on, options, lists, incomplete, extra, interactions}; `options` holds those of the file
// that are not the default. An interaction is {request, response, failure, recorded_at, redacted, extra}; `extra` holds
// the `x-` and `ext-` members. A response is {status, reason, headers, stored, checksum, extra}; one of a 2.0 file has
// {streaming, binary, chunks}
// instead of `stored`.
import { legacyBody } from './cassette-legacy.mjs';
import { readStoredBody } from './cassette-body.mjs';
import { failureKinds } from './data.mjs';
import { PromptechoError } from './errors.mjs';
import { endsNoLine, isToken } from './headers.mjs';
import { Num } from './json.mjs';
import { NodeReader, refuse } from './members-check.mjs';
import { FILE_OPTIONS, isMatchOn, isOptionList, sortedNames, wrongTogether, writtenOptions } from './options.mjs';
import { markDigests } from './request-digests.mjs';
import { asciiLower, compareCodePoints } from './text.mjs';
import { splitUrl } from './url.mjs';
import { wholeFile } from './whole-file.mjs';
import { nodeOf, valueOf } from './yaml-values.mjs';

const MAX_OCTETS = 268435456;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Z-]+$/;
const KEY = /^[0-9a-f]{16}$/;
const TIME = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?Z$/;
const DIALECT = /^[A-Za-z0-9_.-]{1,64}$/;
const OUR_DIALECTS = new Set(['jsonrpc', 'gemini', 'converse', 'responses', 'messages', 'generic', 'opaque']);

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const DIGEST = /^[0-9a-f]{32}$/;

const FILE = {
  version: true, minor: false, match_on: true, ...Object.fromEntries(FILE_OPTIONS.map((name) => [name, false])),
  lists: false, incomplete: false, interactions: true,
};
const INTERACTION = {
  request: true, response: false, failure: false, recorded_at: false, recorded_by: false, origin: false,
  accepted: false, redacted: false,
};
const FAILURE = { kind: true, after_ms: false };
const ACCEPTED = { at: true, from_key: true };
const REQUEST = {
  method: true, url: true, match_key: true, matched_on: true, headers: false, digest: false, dialect: false, body: true,
};
const RESPONSE = {
  status: true, reason: false, headers: true, streaming: true, binary: false, framing: false, body: false,
  events: false, tail: false, layout: false, checksum: false, truncated: false, delays_ms: false, after: false,
};
const FILE_2_0 = { version: true, match_on: true, interactions: true };
const INTERACTION_2_0 = { request: true, response: true };
const REQUEST_2_0 = { method: true, url: true, match_key: true, matched_on: true, body: true };
const RESPONSE_2_0 = { status: true, headers: true, streaming: true, body: false, binary: false, events: false };

/**
 * The reading of a file, or an error with its code and line. `matching`: it is read to answer requests, for which
 * no user dialect is registered [DIAL-1].
 */
export function readCassette(bytes, { matching = false } = {}) {
  if (bytes.length > MAX_OCTETS) throw new PromptechoError('cassette.too-large');
  const { text, marked } = wholeFile(bytes);
  return readText(text, marked, { matching });
}

/** The same of a text that `wholeFile` has looked through. */
export function readText(text, marked, { matching = false } = {}) {
  const root = nodeOf(text, !marked);
  if (!root.entries) refuse('cassette.not-a-mapping', root);
  const legacy = checkVersion(root);
  return markDigests(readFile(root, new NodeReader(legacy, matching), legacy), text);
}

/** [VER-1]; whether the file is of format 2.0. */
function checkVersion(root) {
  const member = (name) => root.entries.find((entry) => entry.name === name)?.node;
  const number = (node) => {
    const value = 'text' in node ? valueOf(node) : undefined;
    return value instanceof Num && /^-?[0-9]+$/.test(value.token) ? value.token : refuse('cassette.type', node);
  };
  const version = member('version') ?? refuse('cassette.missing-member', root, 'version');
  const minor = member('minor');
  if (number(version) !== '2') refuse('cassette.version', version, 'use a product that knows this version');
  if (minor && number(minor) !== '1') {
    refuse(Number(minor.text) > 1 ? 'cassette.minor' : 'cassette.value', minor, 'use a newer product');
  }
  return !minor;
}

function readFile(root, reader, legacy) {
  const { known, extra } = reader.members(root, legacy ? FILE_2_0 : FILE);
  const matchOn = reader.strings(known.match_on);
  if (!isMatchOn(matchOn)) refuse('cassette.value', known.match_on, 'match_on');
  return {
    format: legacy ? '2.0' : '2.1',
    match_on: matchOn,
    options: readFileOptions(known, reader),
    lists: known.lists && reader.integer(known.lists, 1),
    incomplete: known.incomplete ? reader.boolean(known.incomplete) : false,
    extra,
    interactions: reader.list(known.interactions, (node) => readInteraction(node, reader, legacy)),
  };
}

/** [FILE-17] to [FILE-19] */
function readFileOptions(known, reader) {
  const options = {};
  for (const name of FILE_OPTIONS.filter((option) => known[option])) {
    const node = known[name];
    const value = name === 'match_host' ? reader.boolean(node) : reader.strings(node);
    if (Array.isArray(value) && !isOptionList(name, value)) refuse('cassette.value', node, name);
    options[name] = Array.isArray(value) && name !== 'redact_patterns' ? sortedNames(value) : value;
  }
  const wrong = wrongTogether(options);
  return wrong ? refuse('cassette.value', known[wrong], wrong) : writtenOptions(options);
}

function readInteraction(node, reader, legacy) {
  const { known, extra } = reader.members(node, legacy ? INTERACTION_2_0 : INTERACTION);
  if (!known.response && !known.failure) refuse('cassette.missing-member', node, 'response');
  const response = known.response && readResponse(known.response, reader, legacy);
  return {
    request: readRequest(known.request, reader, legacy),
    response,
    failure: known.failure && readFailure(known.failure, reader, response),
    recorded_at: known.recorded_at && readTime(known.recorded_at, reader),
    recorded_by: known.recorded_by && readNonEmpty(known.recorded_by, reader),
    origin: known.origin && readNonEmpty(known.origin, reader),
    accepted: known.accepted && readAccepted(known.accepted, reader),
    redacted: known.redacted ? reader.strings(known.redacted) : [],
    extra,
  };
}

const readNonEmpty = (node, reader) => reader.string(node) || refuse('cassette.value', node, 'empty');

/** [FAIL-1], [FAIL-2] */
function readFailure(node, reader, response) {
  const { known, extra } = reader.members(node, FAILURE);
  const kind = reader.string(known.kind);
  if (!failureKinds.includes(kind)) refuse('cassette.value', known.kind, `one of ${failureKinds.join(', ')}`);
  if (response && !response.stored.truncated) refuse('cassette.value', node, 'a failure beside a whole response');
  return { kind, after_ms: known.after_ms && reader.integer(known.after_ms, 0), extra };
}

/** [FILE-27] */
function readAccepted(node, reader) {
  const { known, extra } = reader.members(node, ACCEPTED);
  return { at: readTime(known.at, reader), from_key: reader.matching(known.from_key, KEY), extra };
}

/** [FILE-7] */
function readTime(node, reader) {
  const text = reader.matching(node, TIME);
  const [, ...parts] = TIME.exec(text);
  const [year, month, day, hour, minute, second] = parts.map(Number);
  const days = month >= 1 && month <= 12 ? new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate() : 0;
  const good = day >= 1 && day <= days && hour <= 23 && minute <= 59 && second <= 60;
  return good ? text : refuse('cassette.value', node, 'no such time');
}

function readRequest(node, reader, legacy) {
  const { known, extra } = reader.members(node, legacy ? REQUEST_2_0 : REQUEST);
  const key = reader.string(known.match_key);
  if (!KEY.test(key)) refuse('cassette.key', known.match_key);
  const matchedOn = reader.strings(known.matched_on);
  return {
    method: reader.matching(known.method, METHOD),
    url: readUrl(known.url, reader),
    match_key: key,
    matched_on: matchedOn,
    headers: known.headers && readRequestHeaders(known.headers, reader),
    digest: known.digest && reader.matching(known.digest, DIGEST),
    dialect: known.dialect && readDialect(known.dialect, reader),
    body: reader.value(reader.mapping(known.body)),
    extra,
  };
}

/** [FILE-21] */
function readRequestHeaders(node, reader) {
  const { entries } = reader.mapping(node);
  if (!entries.length) refuse('cassette.value', node, 'no headers');
  const headers = entries.map(({ name, node: value }) => {
    if (!HEADER_NAME.test(name)) refuse('cassette.value', value, name);
    return [name, reader.string(value)];
  });
  return new Map(headers.sort(([a], [b]) => compareCodePoints(a, b)));
}

/** [FILE-9] */
function readUrl(node, reader) {
  const url = reader.string(node);
  const { head, authority, fragment } = splitUrl(url);
  // eslint-disable-next-line no-control-regex
  const good = /^[A-Za-z]/.test(head) && authority && !authority.includes('@') && fragment === undefined
    && !/[\u0000-\u0020\u007f]/.test(url);
  return good ? url : refuse('cassette.value', node, 'not a stored URL');
}

function readDialect(node, reader) {
  const name = reader.matching(node, DIALECT);
  if (reader.forMatching && !OUR_DIALECTS.has(name)) refuse('cassette.dialect', node, `${name}: register it first`);
  return OUR_DIALECTS.has(name) ? refuse('cassette.value', node, 'one of our dialects') : name;
}

function readResponse(node, reader, legacy) {
  const { known, extra } = reader.members(node, legacy ? RESPONSE_2_0 : RESPONSE);
  const head = {
    status: reader.integer(known.status, 200, 999), // [FILE-34]
    reason: known.reason && sendable(known.reason, reader),
    headers: readHeaders(known.headers, reader),
    checksum: known.checksum && reader.matching(known.checksum, KEY),
    extra,
  };
  return legacy
    ? { ...head, ...legacyBody(known, reader, node) }
    : { ...head, stored: readStoredBody(known, reader, node) };
}

/** [HEAD-20] */
function sendable(node, reader) {
  const text = reader.string(node);
  return endsNoLine(text, reader.legacy) ? text : refuse('cassette.value', node, 'no header can hold this');
}

/** [HEAD-1]: names that are the same in lower case are one name. */
function readHeaders(node, reader) {
  const headers = new Map();
  for (const { name, node: value } of reader.mapping(node).entries) {
    const values = value.items ? value.items.map((item) => sendable(item, reader)) : [sendable(value, reader)];
    if (!isToken(name)) refuse('cassette.value', value, 'not the name of a header');
    headers.set(asciiLower(name), [...headers.get(asciiLower(name)) ?? [], ...values]);
  }
  return [...headers];
}
