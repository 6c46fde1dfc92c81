// Section 6.2: the fields of a query, their classes, what is stored of them and what is in the key.
import { queryLists } from './data.mjs';
import { asciiLower, compareCodePoints, lenientUtf8, sha256, strictUtf8 } from './text.mjs';
import { escapedOctet, hexPair, splitUrl, withoutUserinfo } from './url.mjs';

const clearNames = new Set(queryLists.clear.map(asciiLower));
const secretNames = new Set(queryLists.secret);
const volatileNames = new Set(queryLists.volatile.names);
const volatileGroups = queryLists.volatile.groups.map((group) =>
  ({ with: new Set(group.with), names: new Set(group.names) }));
const DIGEST = /^sha256-[0-9a-f]{12}$/;

/** The octets of a name or value of a query or a form [URL-3] step 3. */
function formOctets(text) {
  const bytes = Buffer.from(text.replaceAll('+', ' '), 'utf8');
  const out = [];
  for (let i = 0; i < bytes.length; i++) {
    const escaped = escapedOctet(bytes, i);
    out.push(escaped ?? bytes[i]);
    if (escaped !== undefined) i += 2;
  }
  return Buffer.from(out);
}

function splitField(field) {
  const equals = field.indexOf('=');
  return equals < 0 ? [field, ''] : [field.slice(0, equals), field.slice(equals + 1)];
}

const decoded = (text) => lenientUtf8(formOctets(text));

/** All pairs of a form [FORM-2], sorted; undefined if it is not UTF-8. */
export function formPairs(text) {
  const pairs = text.split('&').filter(Boolean).map((field) => splitField(field).map((p) => strictUtf8(formOctets(p))));
  return pairs.flat().includes(undefined) ? undefined : sortedPairs(pairs);
}

const sortedPairs = (pairs) => [...pairs].sort(([a], [b]) => compareCodePoints(a, b));

/** The digest of a value as it is written [URL-7]. */
function digestOf(written) {
  if (written === '' || DIGEST.test(written)) return written;
  return `sha256-${sha256(formOctets(written)).slice(0, 12)}`;
}

/**
 * The fields of a query with their classes [URL-6]: `{field, rawName, name, written, value, kind, isShown, hits}`.
 * `isShown`: a value of the class other is stored as written. `hits`: what makes the value a secret although the name
 * does not.
 */
function fieldsOf(query, redactor, options) {
  const fields = query.split('&').map((field) => {
    const [rawName, written] = splitField(field);
    return { field, rawName, name: decoded(rawName), written, value: decoded(written) };
  });
  const names = new Set(fields.filter(({ field }) => field).map(({ name }) => asciiLower(name)));
  return fields.map((one) => ({ ...one, ...classOf(one, names, redactor, options) }));
}

function classOf({ name: received, value }, names, redactor, options) {
  const name = asciiLower(received);
  const has = (option) => (options[option] ?? []).includes(name);
  const isKept = has('keep_query');
  const isShown = isKept || (options.keep_query ?? []).includes('*');
  if (has('redact_query') || (secretNames.has(name) && !has('ignore_query') && !isKept)) return { kind: 'secret' };
  const isVolatile = has('ignore_query') || (isVolatileName(name, names) && !isKept);
  const isClear = !isVolatile && clearNames.has(name);
  const hits = redactor.valueHits(value, isClear || (!isVolatile && isShown));
  if (hits.length || value === 'REDACTED') return { kind: 'secret', hits };
  if (isVolatile) return { kind: 'volatile' };
  return isClear ? { kind: 'clear' } : { kind: 'other', isShown };
}

const isVolatileName = (name, names) => volatileNames.has(name)
  || volatileGroups.some((group) => group.names.has(name) && [...names].some((other) => group.with.has(other)));

/** The stored URL [URL-4]: `{url, secrets}`, where `secrets` are the `[name, value]` of the class secret. */
export function storedUrl(received, redactor, options) {
  const { head, authority, path, query } = splitUrl(received);
  const fields = query === undefined ? [] : fieldsOf(query, redactor, options);
  const hits = fields.flatMap((field) => field.hits ?? []);
  if (hits.length) redactor.reportValue(hits, 'request.url');
  const search = query === undefined ? '' : `?${fields.map(storedField).join('&')}`;
  const text = (head + withoutUserinfo(authority) + path + search)
    .replace(/[\0-\x20\x7f]/g, (c) => hexPair(c.charCodeAt(0)));
  const secrets = fields.filter(({ kind }) => kind === 'secret').map(({ name, value }) => [asciiLower(name), value]);
  return { url: redactor.text(text, 'request.url'), secrets };
}

/** A query that is asked alone, as it is stored. */
export const storedQuery = (query, redactor, options) =>
  splitUrl(storedUrl(`//h/?${query}`, redactor, options).url).query;

function storedField({ field, rawName, written, kind, isShown }) {
  if (written === '' || kind === 'clear' || isShown) return field;
  return `${rawName}=${kind === 'other' ? digestOf(written) : 'REDACTED'}`;
}

/**
 * The key query [URL-3] of a stored URL: `{pairs, shown}`. `shown` has the same names, with values as a report shows
 * them: `received`, the URL as it was received, has those of the class other decoded [MISS-3].
 */
export function keyQuery(stored, redactor, options, received = undefined) {
  const matched = (url) => fieldsOf(splitUrl(url).query ?? '', redactor, options)
    .filter(({ field, kind }) => field && (kind === 'clear' || kind === 'other'));
  const pairs = matched(stored)
    .map(({ name, written, value, kind }) => [name, kind === 'clear' ? value : digestOf(written)]);
  const shown = matched(received ?? stored).map(({ name, written, value, kind }) =>
    [name, kind === 'other' && received === undefined ? written : redactor.silently(value)]);
  return { pairs: sortedPairs(pairs), shown: sortedPairs(shown) };
}
