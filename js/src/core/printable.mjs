// [ERR-10]: one line of text in which nothing drives a terminal or a CI log.

// eslint-disable-next-line no-control-regex
const DRIVES = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Cs}|^\s*:(?=:)|#(?=#\w*\[)/gu;

export const printable = (text) => text.replace(DRIVES, (found) =>
  [...found].map((c) => (c === ' ' ? c : `\\u${c.codePointAt(0).toString(16).padStart(4, '0')}`)).join(''));
