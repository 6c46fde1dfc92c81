// Paths into a JSON value [MISS-4].
import { canonicalText } from './canonical.mjs';

const PLAIN = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** The path of a member (a string) or an item (a number) of what is at `path`. */
export function child(path, step) {
  if (typeof step === 'number') return `${path}[${step}]`;
  if (!PLAIN.test(step)) return `${path}[${canonicalText(step)}]`;
  return path === '' ? step : `${path}.${step}`;
}
