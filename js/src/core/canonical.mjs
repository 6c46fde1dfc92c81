// Section 5: the guard, and the canonical text (RFC 8785).
import { JsonError, Num, eachNumber, isObject, parseJson } from './json.mjs';
import { strictUtf8 } from './text.mjs';

const MAX_NESTING = 64;

/** The value of a JSON text within the guard [CANON-1]; undefined if it is outside. */
export function guarded(bytes) {
  const text = strictUtf8(bytes);
  return text === undefined ? undefined : guardedText(text);
}

export function guardedText(text) {
  try {
    const value = parseJson(text, MAX_NESTING);
    eachNumber(value, checkNumber);
    return value;
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

function checkNumber({ double }) {
  if (!Number.isFinite(double)) throw new JsonError('not finite');
  if (Number.isInteger(double) && !Number.isSafeInteger(double)) throw new JsonError('beyond 2^53 - 1');
}

/** The canonical text [CANON-2]. JSON.stringify writes strings just as RFC 8785 does. */
export function canonicalText(value) {
  if (value instanceof Num) return String(value.double);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (isObject(value)) {
    const names = [...value.keys()].sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalText(value.get(name))}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

export const sameValue = (a, b) => canonicalText(a) === canonicalText(b);
