// Section 6.2: the fields of a query, their classes, what is stored of them and what is in the key.
import { queryLists } from './data.mjs';
import { percentEncoded } from './literals.mjs';
import { asciiLower, compareCodePoints, lenientUtf8, sha256, strictUtf8 } from './text.mjs';
import { escapedOctet, hexPair, splitUrl, withoutUserinfo } from './url.mjs';

const clearNames = new Set(queryLists.clear.map(asciiLower));
const secretNames = new Set([...queryLists.always, ...queryLists.maybe]);
const volatileNames = new Set(queryLists.volatile.names);
const volatileGroups = queryLists.volatile.groups.map((group) =>
  ({ with: new Set(group.with), names: new Set(group.names) }));
const REDACTED = 'REDACTED';
const DIGEST = /^sha256-[0-9a-f]{12}$/;

/** The octets of a name or value of a query or a form [URL-3.3]. */
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

/** Name and value of a field, as they are written. */
export function splitField(field) {
  const equals = field.indexOf('=');
  return equals < 0 ? [field, ''] : [field.slice(0, equals), field.slice(equals + 1)];
}

/** A name or a value without its escapes [URL-3]. */
export const decoded = (text) => lenientUtf8(formOctets(text));

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
  const fields = query.split('&').map((received) => {
    const field = untakenField(received, redactor);
    const [rawName, written] = splitField(field);
    return { field, rawName, name: decoded(rawName), written, value: decoded(written) };
  });
  const names = namesOf(fields);
  return fields.map((one) => ({ ...one, ...classOf(one, names, redactor, options) }));
}

const namesOf = (fields) =>
  new Set(fields.filter(({ field }) => field).map(({ name }) => asciiLower(name)));

/** A field without values that an answer has told [RED-19]. */
function untakenField(field, redactor) {
  const [name, written] = splitField(field);
  const value = decoded(written);
  const clean = redactor.untaken(value);
  return clean === value ? field : `${name}=${percentEncoded(clean)}`;
}

function classOf({ name, value }, names, redactor, options) {
  const kind = classByName(name, names, options);
  if (kind === 'secret') return { kind };
  const isShown = kind === 'other' && ['*', asciiLower(name)].some((item) => options.keep_query?.includes(item));
  const hits = redactor.valueHits(value);
  if (hits.length || value === REDACTED) return { kind: 'secret', hits };
  const known = kind === 'clear' || isShown ? redactor.environHits(value) : [];
  return known.length ? { kind: 'other', isShown: false, hits: known } : { kind, isShown };
}

/** The class of a field by its name alone; `names`: those of all fields. */
function classByName(received, names, options) {
  const name = asciiLower(received);
  const has = (option) => (options[option] ?? []).includes(name);
  if (has('redact_query') || (secretNames.has(name) && !has('ignore_query') && !has('keep_query'))) return 'secret';
  if (has('ignore_query') || (isVolatileName(name, names) && !has('keep_query'))) return 'volatile';
  return clearNames.has(name) ? 'clear' : 'other';
}

const isVolatileName = (name, names) => volatileNames.has(name)
  || volatileGroups.some((group) => group.names.has(name) && [...names].some((other) => group.with.has(other)));

/**
 * The stored URL [URL-4]: `{url, secrets, volatile}`, where `secrets` are the `[name, value]` of the class secret, and
 * `volatile` the fields of that class with a value.
 */
export function storedUrl(received, redactor, options) {
  const { head, authority, path, query } = splitUrl(received);
  const fields = query === undefined ? [] : fieldsOf(query, redactor, options);
  const hits = fields.flatMap((field) => field.hits ?? []);
  if (hits.length) redactor.reportValue(hits, 'request.url');
  const search = query === undefined ? '' : `?${fields.map(storedField).join('&')}`;
  const text = (head + withoutUserinfo(authority) + path + search)
    .replace(/[\0-\x20\x7f]/g, (c) => hexPair(c.charCodeAt(0)));
  const secrets = fields.filter(({ kind }) => kind === 'secret').map(({ name, value }) => [asciiLower(name), value]);
  const volatile = fields.filter(({ kind, written }) => kind === 'volatile' && written);
  return { url: redactor.address(text, 'request.url'), secrets, volatile };
}

/** A query that is asked alone, as it is stored. */
export const storedQuery = (query, redactor, options) =>
  splitUrl(storedUrl(`//h/?${query}`, redactor, options).url).query;

function storedField({ field, rawName, written, kind, isShown }) {
  if (written === '' || kind === 'clear' || isShown) return field;
  return `${rawName}=${kind === 'other' ? digestOf(written) : 'REDACTED'}`;
}

const isMatched = ({ field, kind }) => field && (kind === 'clear' || kind === 'other');
const matchedValue = ({ written, value, kind }) => (kind === 'clear' ? value : digestOf(written));

/**
 * The key query [URL-3] of a request: `{pairs, shown}`. `shown` has the same names, with values as a report shows
 * them [MISS-3]: those of the URL as it was received, decoded.
 */
export function keyQuery(stored, received, redactor, options) {
  const fields = (url) => fieldsOf(splitUrl(url).query ?? '', redactor, options).filter(isMatched);
  return {
    pairs: sortedPairs(fields(stored).map((field) => [field.name, matchedValue(field)])),
    shown: sortedPairs(fields(received).map(({ name, value }) => [name, redactor.silently(value)])),
  };
}

/**
 * The key query of a recording, likewise. A value that was not stored under the options of its file, and would be under
 * those in force, is null [URL-11]. Values of the class other are shown as they are written.
 */
export function recordedKeyQuery(stored, redactor, options, ofFile) {
  const all = fieldsOf(splitUrl(stored).query ?? '', redactor, options);
  const names = namesOf(all);
  const hides = ({ name }, rules) => ['secret', 'volatile'].includes(classByName(name, names, rules));
  const isLost = (field) => field.value === REDACTED && hides(field, ofFile) && !hides(field, options);
  const fields = all.map((field) => ({ ...field, isLost: isLost(field) }))
    .filter((field) => field.isLost || isMatched(field));
  return {
    pairs: sortedPairs(fields.map((field) => [field.name, field.isLost ? null : matchedValue(field)])),
    shown: sortedPairs(fields.map(({ name, written, value, kind }) =>
      [name, kind === 'clear' ? redactor.silently(value) : written])),
  };
}
