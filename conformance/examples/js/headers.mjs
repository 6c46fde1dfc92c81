// Section 11: response headers.
import { headerLists } from './data.mjs';
import { asciiLower, trimBlank } from './text.mjs';

const framing = new Set(headerLists.framing);
const dropped = new Set([...headerLists.framing, ...headerLists.churn]);
const hidden = new Set(headerLists.redacted);

/** The value of the first header of a name, or undefined. */
export const headerValue = (headers, name) => headers.find(([n]) => asciiLower(n) === name)?.[1];

export const lastHeaderValue = (headers, name) => headerValue([...headers].reverse(), name);

const beforeSemicolon = (value) => asciiLower(trimBlank((value ?? '').split(';')[0]));

/** The media type of a response: what stands before the first `;` [BODY-7]. */
export const mediaType = (headers) => beforeSemicolon(headerValue(headers, 'content-type'));

/** The media type of a request [KEY-7]. */
export const requestMediaType = (headers) => beforeSemicolon(lastHeaderValue(headers, 'content-type'));

/** [HEAD-11] */
export const isToken = (name) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);

/** [HEAD-11] */
// eslint-disable-next-line no-control-regex
export const endsNoLine = (text, legacy = false) => !(legacy ? /[\0\r\n]/ : /[\0\r\n]|[^\0-\xff]/).test(text);

/** Headers received, as they are stored: a list of `[name, values]`. */
export function storeHeaders(headers, redactor, { keepCoding = false, alsoHidden = [] } = {}) {
  const hiddenToo = new Set(alsoHidden.map(asciiLower));
  const hop = new Set(headers
    .filter(([name]) => asciiLower(name) === 'connection')
    .flatMap(([, value]) => value.split(',').map((item) => asciiLower(item.trim()))));
  const stored = new Map();
  for (const [original, received] of headers) {
    const name = asciiLower(original);
    const kept = name === 'content-encoding' ? keepCoding : !dropped.has(name);
    if (!kept || hop.has(name) || !isToken(name) || !endsNoLine(received)) continue;
    const value = hidden.has(name) || hiddenToo.has(name)
      ? 'REDACTED'
      : redactor.text(trimBlank(received), `response.headers.${name}`);
    if (stored.has(name)) stored.get(name).push(value);
    else stored.set(name, [value]);
  }
  return [...stored];
}

/** Stored headers as they are played [HEAD-6]; `length` where a content-length is due. */
export function playHeaders(stored, length) {
  const lines = stored
    .filter(([name]) => !framing.has(asciiLower(name)) || asciiLower(name) === 'content-encoding')
    .flatMap(([name, values]) => values.map((value) => [name, value]));
  if (length !== undefined) lines.push(['content-length', String(length)]);
  return lines;
}
