// Section 11: response headers.
import { cleanChallenge } from './challenges.mjs';
import { headerLists } from './data.mjs';
import { secondsOf } from './dates.mjs';
import { asciiLower, trimBlank } from './text.mjs';

const framing = new Set(headerLists.framing);
const churn = new Set(headerLists.churn);
const hidden = new Set(headerLists.redacted);

/** The value of the first header of a name, or undefined. */
export const headerValue = (headers, name) => headers.find(([n]) => asciiLower(n) === name)?.[1];

export const lastHeaderValue = (headers, name) => headerValue([...headers].reverse(), name);

const beforeSemicolon = (value) => asciiLower(trimBlank((value ?? '').split(';')[0]));

/** The media type of a message: what stands before the first `;` of the last line [BODY-7], [KEY-7]. */
export const mediaType = (headers) => beforeSemicolon(lastHeaderValue(headers, 'content-type'));

/** [HEAD-20] */
export const isToken = (name) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);

/** [HEAD-20] */
// eslint-disable-next-line no-control-regex
export const endsNoLine = (text, legacy = false) => !(legacy ? /[\0\r\n]/ : /[\0\r\n]|[^\0-\xff]/).test(text);

/** Headers received, as they are stored: a list of `[name, values]`. */
export function storeHeaders(headers, redactor, { keepCoding = false, alsoHidden = [], alsoKept = [] } = {}) {
  const hiddenToo = new Set(alsoHidden.map(asciiLower));
  const keptNoise = new Set(alsoKept.map(asciiLower));
  const then = secondsOf(headerValue(headers, 'date') ?? '') ?? Date.now() / 1000;
  const hop = new Set(headers
    .filter(([name]) => asciiLower(name) === 'connection')
    .flatMap(([, value]) => value.split(',').map((item) => asciiLower(item.trim()))));
  const stored = new Map();
  for (const [original, received] of headers) {
    const name = asciiLower(original);
    const kept = name === 'content-encoding' ? keepCoding : !framing.has(name) && (!churn.has(name) || keptNoise.has(name));
    if (!kept || hop.has(name) || !isToken(name) || name.length > 512 || !endsNoLine(received)) continue;
    const before = trimBlank(received);
    const clean = hidden.has(name) || hiddenToo.has(name) ? 'REDACTED' : storedValue(name, before, then);
    // An attribute of a cookie that is dropped is no value.
    const seen = headerLists.cookies.includes(name) ? (text) => text.split(';')[0] : (text) => text;
    redactor.tellRemoved(seen(before), seen(clean));
    const value = redactor.text(clean, `response.headers.${name}`);
    if (stored.has(name)) stored.get(name).push(value);
    else stored.set(name, [value]);
  }
  return [...stored];
}

/** A value in the form in which it drives the next request; `then` is when the answer was made. */
function storedValue(name, value, then) {
  if (headerLists.challenges.includes(name)) return cleanChallenge(value);
  if (headerLists.cookies.includes(name)) return cleanCookie(value, then);
  const date = headerLists.waits.includes(name) ? secondsOf(value) : undefined;
  return date === undefined ? value : String(Math.max(0, date - Math.floor(then)));
}

/** [HEAD-12] */
function cleanCookie(value, then) {
  const [pair, ...attributes] = value.split(';');
  const start = pair.indexOf('=') + 1;
  const isEmpty = /^[ \t"]*$/.test(pair.slice(start));
  const kept = attributes.filter((attribute) => !expiresLater(attribute, then));
  return [isEmpty ? pair : `${pair.slice(0, start)}REDACTED`, ...kept].join(';');
}

function expiresLater(attribute, then) {
  const equals = `${attribute}=`.indexOf('=');
  if (asciiLower(trimBlank(attribute.slice(0, equals))) !== 'expires') return false;
  const moment = secondsOf(attribute.slice(equals + 1));
  return moment === undefined || moment > then;
}

/** Stored headers as they are played [HEAD-6]; `length` where a content-length is due. */
export function playHeaders(stored, length) {
  const lines = stored
    .filter(([name]) => !framing.has(asciiLower(name)) || asciiLower(name) === 'content-encoding')
    .flatMap(([name, values]) => values.map((value) => [name, value]));
  if (length !== undefined) lines.push(['content-length', String(length)]);
  return lines;
}
