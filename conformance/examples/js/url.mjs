// Section 6.2: what of a URL is in the key, and what is stored.
import { queryLists } from './data.mjs';
const keptQuery=queryLists.clear;
import { asciiLower, compareCodePoints, lenientUtf8, strictUtf8 } from './text.mjs';

const UNESCAPED = new Set(Buffer.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@"));
const SLASH = 0x2f;
const PERCENT = 0x25;

/** The parts of an absolute URL, as they are written. */
export function splitUrl(url) {
  const [, head = '', authority, path, query, fragment] =
    /^((?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(url);
  return { head, authority, path, query: query?.slice(1), fragment };
}

const hexPair = (octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;

/** The octet that `%` and two digits at `i` stand for, or undefined. */
function escapedOctet(bytes, i) {
  const digits = bytes.subarray(i + 1, i + 3).toString('latin1');
  return bytes[i] === PERCENT && /^[0-9A-Fa-f]{2}$/.test(digits) ? parseInt(digits, 16) : undefined;
}

/** The key path [URL-1]. */
export function keyPath(url) {
  const bytes = Buffer.from(splitUrl(url).path || '/', 'utf8');
  let out = '';
  for (let i = 0; i < bytes.length; i++) {
    const escaped = escapedOctet(bytes, i);
    const octet = escaped ?? bytes[i];
    const plain = UNESCAPED.has(octet) || (octet === SLASH && escaped === undefined);
    out += plain ? String.fromCharCode(octet) : hexPair(octet);
    if (escaped !== undefined) i += 2;
  }
  return out;
}

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

/** All pairs of a query, decoded. */
const queryPairs = (query) =>
  query.split('&').filter(Boolean).map((field) => splitField(field).map((part) => lenientUtf8(formOctets(part))));

/** All pairs of a form [FORM-2]; undefined if it is not UTF-8. */
export function formPairs(text) {
  const pairs = text.split('&').filter(Boolean).map((field) => splitField(field).map((p) => strictUtf8(formOctets(p))));
  return pairs.flat().includes(undefined) ? undefined : pairs;
}

export const keepSet = (added = []) => new Set([...keptQuery, ...added].map(asciiLower));

/** The key query [URL-3]. */
export function keyQuery(query, keep) {
  return queryPairs(query ?? '')
    .filter(([name]) => keep.has(asciiLower(name)))
    .sort(([a], [b]) => compareCodePoints(a, b));
}

/** The stored URL [URL-4], before secrets are looked for in it. */
export function storedUrl(url, keep) {
  const { head, authority, path, query } = splitUrl(url);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const stored = head + host + path + (query === undefined ? '' : `?${query.split('&').map(hideField).join('&')}`);
  return stored.replace(/[\0-\x20\x7f]/g, (c) => hexPair(c.charCodeAt(0)));

  function hideField(field) {
    const [name] = splitField(field);
    const kept = !field.includes('=') || keep.has(asciiLower(lenientUtf8(formOctets(name))));
    return kept ? field : `${name}=REDACTED`;
  }
}
