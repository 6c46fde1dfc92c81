// Section 6: what of a request is stored and matched, and its key.
import { canonicalText, guarded } from './canonical.mjs';
import { codingsOf, lackingOf, undoCodings } from './codings.mjs';
import { multipartBody, urlencodedBody } from './forms.mjs';
import { lastHeaderValue, mediaType } from './headers.mjs';
import { isObject } from './json.mjs';
import { fieldsOf, matchedOn, reservedName } from './match-names.mjs';
import { normalize } from './normalize/index.mjs';
import { keyQuery, storedUrl } from './query.mjs';
import { sentDigests, sentHeaders, storedRequestHeaders } from './request-headers.mjs';
import { asciiLower, asciiUpper, sha256, strictUtf8, trimBlank } from './text.mjs';
import { hostText, keyPath } from './url.mjs';
import { isConversation } from './volatile.mjs';
import { storable } from './yaml-write.mjs';

/**
 * A request as it is stored and matched. `ownBody` is the caller's redacted JSON, if that is what `body` was made of;
 * `query` the key query and `shown` what a report shows of it; `sent` the headers that were sent, `headers` those that
 * are stored, `digests` those of the hashed text; `secrets` and `volatile` the query fields of these
 * classes.
 */
export function readRequest({ method, url: received, headers: lines, body: bytes }, redactor, options = {}) {
  const { url, secrets, volatile } = storedUrl(received, redactor, options);
  const sent = sentHeaders(lines);
  const headers = storedRequestHeaders(sent, redactor, options.match_headers);
  const path = keyPath(url);
  const { body, ownBody } = canonicalBody(path, lines, bytes, redactor);
  const { pairs: query, shown } = keyQuery(url, received, redactor, options);
  return {
    method: asciiUpper(method), url, host: hostText(url), path, query, shown, secrets, volatile, sent, headers,
    digests: sentDigests(sent, redactor, options.match_headers ?? []), body, ownBody,
    talk: isConversation(path, body), streaming: wantsStream(path, body),
  };
}

/** The body of a request, its content codings undone where they can be. */
export const plainBody = ({ headers = [], body }) => undoCodings(body, codingsOf(headers)) ?? body;

/** [KEY-5] */
function canonicalBody(path, headers, received, redactor) {
  const lacking = lackingOf(codingsOf(headers));
  if (lacking) process.emitWarning(`no decoder for ${lacking}: the key of this request is that of its encoded bytes`);
  const bytes = plainBody({ headers, body: received });
  if (!bytes.length) return { body: new Map() };
  const type = mediaType(headers);
  const form = type === 'multipart/form-data' ? multipartBody(bytes, headers, redactor)
    : type === 'application/x-www-form-urlencoded' ? urlencodedBody(bytes, redactor) : undefined;
  if (form) return { body: form };
  const value = guarded(bytes);
  if (Array.isArray(value) || (isObject(value) && !reservedName(value))) {
    const talk = isConversation(path, canonicalOf(path, value));
    const before = redactor.notes;
    const ownBody = redactor.tree(value, 'request.body', talk);
    const body = canonicalOf(path, ownBody);
    if (storable(body)) return { body, ownBody };
    redactor.notes = before;
  }
  return { body: opaqueBody(bytes, redactor, isConversation(path, new Map())) };
}

/** The canonical body of a redacted JSON object or array. */
export const canonicalOf = (path, own) =>
  (Array.isArray(own) ? new Map([['__json__', own]]) : normalize(path, own).body);

/** [KEY-6] */
function opaqueBody(bytes, redactor, talk) {
  const text = strictUtf8(bytes);
  const hashed = text === undefined ? redactor.untakenBytes(bytes) : redactor.bodyText(text, 'request.body', talk);
  return new Map([['__raw_body_sha256__', sha256(hashed)]]);
}

/** [SEL-1] */
export function wantsStream(path, body) {
  if (/(:streamGenerateContent|\/converse-stream|\/invoke-with-response-stream)$/.test(path)) return true;
  return body.has('stream') ? body.get('stream') === true : /\/api\/(chat|generate)$/.test(path);
}

/** The first half of the digest of a request [DIGEST-1]; `read` is what was read of it. */
export function digestOf({ headers: lines, body }, read, { match_host: withHost }) {
  const codings = lines.filter(([name]) => asciiLower(name) === 'content-encoding')
    .map(([, value]) => trimBlank(value));
  const type = lastHeaderValue(lines, 'content-type');
  const text = canonicalText([
    read.method, read.path, read.query, read.headers, withHost ? read.host : null,
    type === undefined ? null : trimBlank(type), codings.length ? codings.join(', ') : null,
  ]);
  return sha256(Buffer.concat([Buffer.from(`${text}\n`, 'utf8'), body])).slice(0, 16);
}

/** The key [KEY-1] of what was read of a request or a recording: `{match_key, matched_on, hashed}`. */
export function keyOf(read, { match_on: matchOn, match_host: withHost }, defaultList) {
  const { method, path, query, digests, host, body } = read;
  const names = matchedOn(path, body, matchOn, defaultList);
  const parts = new Map([['method', method], ['path', path]]);
  if (query.length) parts.set('query', query);
  if (digests.size) parts.set('headers', digests);
  if (withHost) parts.set('host', host);
  parts.set('fields', fieldsOf(body, names));
  const hashed = canonicalText(parts);
  return { match_key: sha256(hashed).slice(0, 16), matched_on: names, hashed };
}
