// [FORM-1] and [FORM-2]: bodies of forms as canonical bodies.
import { headerValue, lastHeaderValue } from './headers.mjs';
import { formPairs } from './query.mjs';
import { asciiLower, compareCodePoints, lenientUtf8, sha256, strictUtf8, trimBlank } from './text.mjs';

const PLACE = 'request.body';
const TEXT_LIMIT = 4096;
const CRLF = '\r\n';

/** The parameters of a header value: names in lower case, quoted pairs undone. */
function parametersOf(value) {
  const out = new Map();
  const parameter = /;[ \t]*([^\s;="]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\[^])*)"|([^;\s]*))/g;
  for (const [, name, quoted, bare] of value.matchAll(parameter)) {
    out.set(asciiLower(name), quoted === undefined ? bare : quoted.replace(/\\([^])/g, '$1'));
  }
  return out;
}

/** The one member of a multipart body, or undefined where it is opaque. */
export function multipartBody(bytes, headers, redactor) {
  const boundary = parametersOf(lastHeaderValue(headers, 'content-type')).get('boundary');
  if (!boundary) return undefined;
  const pieces = (CRLF + bytes.toString('latin1')).split(`${CRLF}--${boundary}`).slice(1);
  const last = pieces.pop();
  if (!last?.startsWith('--')) return undefined;
  const parts = pieces.map((piece) => partOf(piece, redactor));
  if (parts.includes(undefined)) return undefined;
  return new Map([['__multipart__', parts.sort((a, b) => compareCodePoints(a.get('name'), b.get('name')))]]);
}

/** A part; `piece` has a character for each octet. */
function partOf(piece, redactor) {
  const text = piece.replace(/^[ \t]+/, '');
  const end = text.indexOf(CRLF + CRLF);
  if (!text.startsWith(CRLF) || end < 0) return undefined;
  const head = lenientUtf8(Buffer.from(text.slice(0, end), 'latin1'));
  // Of two headers of one name the last counts.
  const headers = head.split(CRLF).slice(1).reverse().map((line) => {
    const colon = line.indexOf(':');
    return colon < 0 ? [line, ''] : [trimBlank(line.slice(0, colon)), trimBlank(line.slice(colon + 1))];
  });
  const disposition = parametersOf(headerValue(headers, 'content-disposition') ?? '');
  const name = disposition.get('name') ?? '';
  const part = new Map([['name', name]]);
  if (disposition.has('filename')) part.set('filename', redactor.text(disposition.get('filename'), PLACE));
  const type = headerValue(headers, 'content-type');
  if (type !== undefined) part.set('content_type', type);
  const bytes = Buffer.from(text.slice(end + 4), 'latin1');
  const content = bytes.length <= TEXT_LIMIT ? strictUtf8(bytes) : undefined;
  return content === undefined
    ? part.set('sha256', sha256(redactor.untakenBytes(bytes)))
    : part.set('text', redactor.formValue(name, content, PLACE));
}

/** The one member of a URL-encoded body, or undefined where it is opaque. */
export function urlencodedBody(bytes, redactor) {
  if (bytes.some((octet) => octet > 0x7f)) return undefined;
  const pairs = formPairs(bytes.toString('latin1'));
  return pairs && new Map([['__form__', pairs.map(([name, value]) => [name, redactor.formValue(name, value, PLACE)])]]);
}
