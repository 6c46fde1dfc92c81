// Sections 6 and 7: what of a request is matched, and its key.
import { canonicalText, guarded } from './canonical.mjs';
import { codingsOf, lackingOf, undoCodings } from './codings.mjs';
import { matchOn as matchLists, volatileMembers } from './data.mjs';
const volatileNames=new Set(volatileMembers.everywhere);
import { multipartBody, urlencodedBody } from './forms.mjs';
import { mediaType } from './headers.mjs';
import { isObject } from './json.mjs';
import { normalize } from './normalize/index.mjs';
import { asciiUpper, sha256, strictUtf8 } from './text.mjs';
import { keepSet, keyPath, keyQuery, splitUrl, storedUrl } from './url.mjs';
import { storable } from './yaml-write.mjs';

const RAW = '__raw_body_sha256__';
const RESERVED = [RAW, '__multipart__', '__form__'];

/**
 * A request as it is stored and matched: `{method, url, path, query, body, ownBody, streaming}`.
 * `ownBody` is the caller's redacted JSON, if that is what `body` was made of.
 */
export function readRequest({ method, url, headers, body: bytes }, redactor, { keep_query: added } = {}) {
  const keep = keepSet(added);
  const stored = redactor.text(storedUrl(url, keep), 'request.url');
  const path = keyPath(stored);
  const { body, ownBody } = canonicalBody(path, headers, bytes, redactor);
  const query = keyQuery(splitUrl(stored).query, keep);
  return { method: asciiUpper(method), url: stored, path, query, body, ownBody, streaming: wantsStream(path, body) };
}

/** [KEY-5] */
function canonicalBody(path, headers, received, redactor) {
  const lacking = lackingOf(codingsOf(headers));
  if (lacking) process.emitWarning(`no decoder for ${lacking}: the key of this request is that of its encoded bytes`);
  const bytes = undoCodings(received, codingsOf(headers)) ?? received;
  if (!bytes.length) return { body: new Map() };
  const type = mediaType(headers);
  const form = type === 'multipart/form-data' ? multipartBody(bytes, headers, redactor)
    : type === 'application/x-www-form-urlencoded' ? urlencodedBody(bytes, redactor) : undefined;
  if (form) return { body: form };
  const value = guarded(bytes);
  if (isObject(value) && !RESERVED.some((name) => value.has(name))) {
    const ownBody = redactor.tree(value, 'request.body');
    const { body } = normalize(path, ownBody);
    if (storable(body)) return { body, ownBody };
  }
  return { body: opaqueBody(bytes, redactor) };
}

/** [KEY-6] */
function opaqueBody(bytes, redactor) {
  const text = strictUtf8(bytes);
  const hashed = text === undefined ? bytes : redactor.lexical(text, 'request.body');
  return new Map([[RAW, sha256(hashed)]]);
}

/** [SEL-1] */
export function wantsStream(path, body) {
  if (/(:streamGenerateContent|\/converse-stream|\/invoke-with-response-stream)$/.test(path)) return true;
  return body.has('stream') ? body.get('stream') === true : /\/api\/(chat|generate)$/.test(path);
}

export const sameList = (a, b) => a.length === b.length && a.every((item, i) => item === b[i]);

/** The names that go into the key [MATCH-5]. */
export function matchedOn(body, matchOn = matchLists.default, defaultList = matchLists.default) {
  const reserved = RESERVED.find((name) => body.has(name));
  if (reserved) return [reserved];
  const all = sameList(matchOn, ['*']) || (sameList(matchOn, defaultList) && !body.has('messages'));
  return all ? [...body.keys()].filter((name) => !volatileNames.has(name)) : matchOn.filter((name) => body.has(name));
}

/** The key [KEY-1] of a request that was read: `{match_key, matched_on, hashed}`. */
export function keyOf({ method, path, query, body }, matchOn, defaultList) {
  const names = matchedOn(body, matchOn, defaultList);
  const parts = new Map([['method', method], ['path', path]]);
  if (query.length) parts.set('query', query);
  parts.set('fields', new Map(names.map((name) => [name, body.get(name)])));
  const hashed = canonicalText(parts);
  return { match_key: sha256(hashed).slice(0, 16), matched_on: names, hashed };
}
