// [RED-6], [RED-8], [RED-16]: secret values that are known themselves.
import { envSecrets } from './data.mjs';
import { asciiUpper, codePointLength, compareCodePoints } from './text.mjs';

/** The values of environment variables that are secrets: `{text, source}`. `isSecret`: whether a value looks so. */
export const environLiterals = (environ, isSecret) => Object.entries(environ)
  .filter(([name]) => envSecrets.suffixes.some((suffix) => asciiUpper(name).endsWith(suffix)))
  .filter(([, text]) => !/\s/.test(text) && isSecret(text))
  .map(([source, text]) => ({ text, source }));

/** The spellings of literals, in the order in which they are replaced: `{text, source}`. */
export function spelled(literals) {
  const found = new Map(literals.flatMap(({ text, source }) => spellingsOf(text).map((one) => [one, source])));
  return [...found].map(([text, source]) => ({ text, source }))
    .sort((a, b) => codePointLength(b.text) - codePointLength(a.text) || compareCodePoints(a.text, b.text));
}

export const spellingsOf = (text) =>
  [text, percentEncoded(text), percentEncoded(text, true), text.replace(/["\\]/g, '\\$&')];

/** Each octet but the unreserved ones becomes `%` and two digits. */
export function percentEncoded(text, isLower = false) {
  return [...Buffer.from(text, 'utf8')].map((octet) => {
    const character = String.fromCharCode(octet);
    if (/[A-Za-z0-9._~-]/.test(character)) return character;
    const digits = octet.toString(16).padStart(2, '0');
    return `%${isLower ? digits : digits.toUpperCase()}`;
  }).join('');
}

/** Whether a request carries a value in its URL, a header or its decoded body. */
export const carries = ({ url, headers = [], plain }, value) => {
  const texts = [url, ...headers.map(([, text]) => text), plain.toString('utf8')];
  return spellingsOf(value).some((spelling) => texts.some((text) => text.includes(spelling)));
};
