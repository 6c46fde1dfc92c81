// The operations of the protocol (section 4 of PROTOCOL.md), one function each.
import { canonicalText, guarded, sameValue } from './canonical.mjs';
import { readCassette } from './cassette-read.mjs';
import { writeCassette } from './cassette-write.mjs';
import { actionOf } from './modes.mjs';
import { isString, parseJson } from './json.mjs';
import { digestOf, keyOf, readRequest } from './key.mjs';
import { normalize } from './normalize/index.mjs';
import { readOptions } from './options.mjs';
import { Redactor, redactionRules } from './redact.mjs';
import { miss, replay } from './replay.mjs';
import { playResponse, storeResponse } from './response.mjs';
import { keyQuery, storedQuery } from './query.mjs';
import { keyPath } from './url.mjs';
import * as wire from './wire.mjs';
import { nodeOf, textOf, valueOf } from './yaml-values.mjs';
import { writeYaml } from './yaml-write.mjs';

export const OPERATIONS = {
  canonical, path, query, normalize: normalizeOne, key, encode, decode, redact, secret, emit, load, modes, replay,
  miss,
};

function canonical({ bytes }) {
  const value = guarded(wire.readBytes(bytes));
  return value === undefined ? { opaque: true } : { canonical: canonicalText(value) };
}

function path({ url }) {
  return { path: keyPath(url) };
}

function query({ query: text, options }) {
  const settings = readOptions(options);
  const redactor = new Redactor(redactionRules(settings));
  const stored = storedQuery(text, redactor, settings);
  return { pairs: keyQuery(`//h/?${stored}`, `//h/?${stored}`, redactor, settings).pairs, stored };
}

function normalizeOne({ a, b, ...one }) {
  if (a) return { same_key: sameValue(normalizedOf(a).body, normalizedOf(b).body) };
  const { dialect, body } = normalizedOf(one);
  return { dialect, body: wire.plain(body), names: [...body.keys()] };
}

function normalizedOf({ url, body }) {
  return normalize(keyPath(url), parseJson(isString(body) ? body : JSON.stringify(body)));
}

function key({ request, options, environ }) {
  const settings = readOptions(options);
  const redactor = new Redactor(redactionRules(settings, environ));
  const received = wire.readRequest(request);
  const read = readRequest(received, redactor, settings);
  const headers = Object.fromEntries(read.headers);
  return {
    ...keyOf(read, settings), body: wire.plain(read.body), url: read.url, headers, streaming: read.streaming,
    digest: redactor.places.length ? undefined : digestOf(received, read, settings), // [DIGEST-3]
  };
}

function encode({ status, reason, headers, bytes, chunks, stopped = false }) {
  const arrivals = chunks?.map((chunk) => ({ bytes: wire.readBytes(chunk.bytes), at_ms: chunk.at_ms }));
  const received = arrivals ? Buffer.concat(arrivals.map((chunk) => chunk.bytes)) : wire.readBytes(bytes);
  const answer = { status, reason, headers, bytes: received, stopped, arrivals };
  const { stored, checksum = null, ...head } = storeResponse(answer, new Redactor(redactionRules()));
  return { ...head, stored: wire.writeStored(stored), checksum };
}

function decode({ response: { status = 200, reason, headers, ...body }, method = 'POST' }) {
  const played = playResponse({ status, reason, headers, stored: wire.readStored(body) }, method);
  return { ...played, chunks: played.chunks.map(wire.writeBytes) };
}

function redact({ request, response, options, environ }) {
  const settings = readOptions(options);
  const redactor = new Redactor(redactionRules(settings, environ));
  const answer = new Redactor(redactionRules(settings, environ));
  const read = readRequest(wire.readRequest(request), redactor, settings);
  const out = { url: read.url, body: wire.plain(read.body), match_key: keyOf(read, settings).match_key };
  if (response) {
    const { headers, stored, checksum = null } = storeResponse(wire.readUpstream(response), answer, { ...settings, talk: read.talk });
    Object.assign(out, { headers, stored: wire.writeStored(stored), checksum });
  }
  const warned = new Set([...redactor.warned, ...answer.warned, ...answer.named]);
  return { ...out, redacted: [...redactor.places, ...answer.places], warned: [...warned] };
}

function secret({ value }) {
  const redactor = new Redactor(redactionRules());
  return { looks_secret: redactor.looksSecret(value) };
}

function emit({ value, cassette }) {
  if (cassette) return { text: writeCassette(wire.readReading(cassette)) };
  return { text: writeYaml(wire.readJsonText(value)) };
}

function load({ bytes, as }) {
  const data = wire.readBytes(bytes);
  if (as === 'value') return { value: wire.writeJsonText(valueOf(nodeOf(textOf(data)))) };
  return wire.writeReading(readCassette(data));
}

function modes(given) {
  return { action: actionOf(given) };
}
