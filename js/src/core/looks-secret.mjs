// [RED-15]: whether a value looks secret.
const CANDIDATE = /^[!-.0-9;-~]{16,}$/;
const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i;
const DATE = /(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])/;
const DECIMAL = /^[+-]?[0-9]+(?:\.[0-9]+)?$/;

/** `hasPattern` says whether a pattern of [RED-5] matches in a text. */
export function looksSecret(value, hasPattern) {
  if (hasPattern(value)) return true;
  if (!CANDIDATE.test(value) || UUID.test(value) || DATE.test(value) || DECIMAL.test(value)) return false;
  return isOneRun(value) || !(value.match(/[A-Za-z]+/g) ?? []).some(isWord);
}

const isOneRun = (value) => value.length >= 24 && !/[-_.]/.test(value);
const isWord = (letters) => /^[a-z]{4,}$/.test(letters);
