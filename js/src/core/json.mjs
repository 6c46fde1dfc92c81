// JSON values with their spelling: an object is a Map (JavaScript objects reorder names), a number keeps its token.

export class Num {
  constructor(token) { this.token = token; }
  get double() { return Number(this.token); }
}

export class JsonError extends Error {}

export const isObject = (value) => value instanceof Map;
export const isString = (value) => typeof value === 'string';
export const isContainer = (value) => isObject(value) || Array.isArray(value);

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// eslint-disable-next-line no-control-regex
const PLAIN_RUN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const WORDS = new Map([['null', null], ['true', true], ['false', false]]);

/** Parses one JSON text (RFC 8259); refuses repeated names and lone surrogates. */
export function parseJson(text, maxNesting = Infinity) {
  let at = 0;
  const fail = () => { throw new JsonError(`not JSON at ${at}`); };

  function skipSpace() {
    while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++;
  }

  function string() {
    let out = '';
    for (at++; ;) {
      PLAIN_RUN.lastIndex = at;
      const run = PLAIN_RUN.exec(text)[0];
      out += run;
      at += run.length;
      if (text[at] === '"') break;
      if (text[at] !== '\\') fail();
      const letter = text[at + 1];
      if (letter === 'u') {
        const digits = text.slice(at + 2, at + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) fail();
        out += String.fromCharCode(parseInt(digits, 16));
        at += 6;
      } else {
        if (!Object.hasOwn(ESCAPES, letter ?? '')) fail();
        out += ESCAPES[letter];
        at += 2;
      }
    }
    at++;
    if (!out.isWellFormed()) fail();
    return out;
  }

  function value(depth) {
    skipSpace();
    const c = text[at];
    if (c === '"') return string();
    if (c === '{' || c === '[') {
      if (depth >= maxNesting) fail();
      return c === '{' ? object(depth + 1) : array(depth + 1);
    }
    for (const [word, meaning] of WORDS) {
      if (text.startsWith(word, at)) { at += word.length; return meaning; }
    }
    NUMBER.lastIndex = at;
    const match = NUMBER.exec(text);
    if (!match) fail();
    at += match[0].length;
    return new Num(match[0]);
  }

  function object(depth) {
    const out = new Map();
    at++;
    skipSpace();
    if (text[at] === '}') { at++; return out; }
    for (;;) {
      skipSpace();
      if (text[at] !== '"') fail();
      const name = string();
      skipSpace();
      if (text[at] !== ':' || out.has(name)) fail();
      at++;
      out.set(name, value(depth));
      skipSpace();
      if (text[at] === '}') { at++; return out; }
      if (text[at] !== ',') fail();
      at++;
    }
  }

  function array(depth) {
    const out = [];
    at++;
    skipSpace();
    if (text[at] === ']') { at++; return out; }
    for (;;) {
      out.push(value(depth));
      skipSpace();
      if (text[at] === ']') { at++; return out; }
      if (text[at] !== ',') fail();
      at++;
    }
  }

  const result = value(0);
  skipSpace();
  if (at !== text.length) fail();
  return result;
}

/** A value as compact JSON, numbers by their tokens, members in their order. */
export function writeJson(value) {
  if (value instanceof Num) return value.token;
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (isObject(value)) return `{${[...value].map(([k, v]) => `${JSON.stringify(k)}:${writeJson(v)}`).join(',')}}`;
  return JSON.stringify(value);
}

/** The nesting of a value: 0 for a scalar (section 1). */
export function nesting(value) {
  if (!isContainer(value)) return 0;
  let deepest = 0;
  for (const inner of value.values()) deepest = Math.max(deepest, nesting(inner));
  return deepest + 1;
}

/** Calls `see` with each string and name of a value. */
export function eachString(value, see) {
  if (isString(value)) see(value, false);
  else if (Array.isArray(value)) value.forEach((item) => eachString(item, see));
  else if (isObject(value)) for (const [name, item] of value) { see(name, true); eachString(item, see); }
}

/** Calls `see` with each number of a value. */
export function eachNumber(value, see) {
  if (value instanceof Num) see(value);
  else if (isContainer(value)) for (const item of value.values()) eachNumber(item, see);
}
