// Text and octets.
import { createHash } from 'node:crypto';

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of strict UTF-8, or undefined; a byte order mark stays. */
export function strictUtf8(bytes) {
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined;
  }
}

export const lenientUtf8 = (bytes) => LENIENT.decode(bytes);
export const sha256 = (data) => createHash('sha256').update(data).digest('hex');
export const asciiLower = (text) => text.replace(/[A-Z]+/g, (s) => s.toLowerCase());
export const asciiUpper = (text) => text.replace(/[a-z]+/g, (s) => s.toUpperCase());
export const trimBlank = (text) => text.replace(/^[ \t]+|[ \t]+$/g, '');
export const codePointLength = (text) => [...text].length;

/** Compares by code points; the `<` of JavaScript compares UTF-16 code units. */
export function compareCodePoints(a, b) {
  const left = [...a], right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i].codePointAt(0) - right[i].codePointAt(0);
    if (difference) return difference;
  }
  return left.length - right.length;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of base64 as the format has it [BODY-6], or undefined. */
export function strictBase64(text) {
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
