// Section 20: bodies of format 2.0 as the bytes that they play.
import { isContainer } from './json.mjs';
import { renderTree } from './layout.mjs';
import { refuse } from './members-check.mjs';

const LAYOUT = { whitespace: 'spaced', ascii: true };

/** [V20-5], [V20-6]: `{streaming, binary, chunks}`. */
export function legacyBody({ streaming, body, binary, events }, reader, node) {
  const isStream = reader.boolean(streaming);
  const isBinary = binary ? reader.boolean(binary) : false;
  if (isStream ? body || isBinary || !events : events) refuse('cassette.body-form', node);
  const chunks = isStream
    ? reader.strings(events).map((text) => Buffer.from(text, 'utf8'))
    : [bodyBytes(body, isBinary, reader, node)];
  return { streaming: isStream, binary: isBinary, chunks: chunks.filter((chunk) => chunk.length) };
}

function bodyBytes(body, isBinary, reader, node) {
  if (isBinary) return body ? Buffer.from(reader.base64(body), 'base64') : refuse('cassette.body-form', node);
  const value = body ? reader.value(body) : null;
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if (!isContainer(value)) return Buffer.alloc(0);
  const writeNumber = ({ token }) => pythonNumber(token);
  return Buffer.from(renderTree(value, LAYOUT, { alsoEscape: '\u007f', writeNumber }), 'utf8');
}

/** A number as Python's `repr` writes its double; a token without a point stays. */
function pythonNumber(token) {
  if (!token.includes('.')) return token;
  const double = Number(token);
  if (double === 0) return token.startsWith('-') ? '-0.0' : '0.0';
  const [mantissa, exponent] = double.toExponential().split('e');
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  const [, sign, digits] = /^(-?)(.*)$/.exec(mantissa.replace('.', ''));
  const point = Number(exponent) + 1;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const padded = digits.padEnd(point, '0');
  return `${sign}${padded.slice(0, point)}.${padded.slice(point) || '0'}`;
}
