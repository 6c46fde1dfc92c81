// Section 4.1: the exact text of a value.
import { Num, eachNumber, isContainer, isObject, isString, nesting } from './json.mjs';
import { asciiLower, codePointLength } from './text.mjs';

const PLAIN_VALUE = /^[A-Za-z][A-Za-z0-9_./+-]*$/;
const PLAIN_NAME = /^_*[A-Za-z][A-Za-z0-9_-]*$/;
const WORDS = new Set(['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n']);
const TOKEN = /^-?(0|[1-9][0-9]*)(\.[0-9]+([eE][-+][0-9]+)?)?$/;
// eslint-disable-next-line no-control-regex
const ESCAPED = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
// eslint-disable-next-line no-control-regex
const NOT_IN_BLOCK = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
// eslint-disable-next-line no-control-regex
const NOT_IN_SINGLE_QUOTES = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
const SHORT = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const MAX_NESTING = 64;

/** A string that is written in double quotes always [FILE-12]. */
export class Quoted {
  constructor(text) { this.text = text; }
}

/** A list that is one flow line whatever its items are [YAML-W2]. */
export class FlowLine {
  constructor(items) { this.items = items; }
}

const quote = (text) => `"${text.replace(ESCAPED, (c) =>
  SHORT[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;

const isPlain = (text, pattern) => pattern.test(text) && !WORDS.has(asciiLower(text));
const nameText = (name) => (isPlain(name, PLAIN_NAME) ? name : quote(name));
const flowText = (text) => (isPlain(text, PLAIN_VALUE) ? text : quote(text));
/** Single quotes hold quotes and backslashes as themselves [YAML-W11]. */
const fitsSingleQuotes = (text) => /["\\]/.test(text) && !NOT_IN_SINGLE_QUOTES.test(text);
const stringText = (text) => (fitsSingleQuotes(text) ? `'${text.replaceAll("'", "''")}'` : flowText(text));

/** What a literal block would hold, or undefined if the string does not fit [YAML-W5]. */
function blockContent(text) {
  if (!text.includes('\n')) return undefined;
  const content = text.endsWith('\n') ? text.slice(0, -1) : text;
  const fits = content !== '' && !/^[ \t\n]|[ \t\n]$|[ \t]\n/.test(content) && !NOT_IN_BLOCK.test(content);
  return fits ? content : undefined;
}

/** The text of a value that stands on its line; undefined for one that needs lines of its own. */
function inline(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (value instanceof Num) return value.token;
  if (value instanceof Quoted) return quote(value.text);
  if (value instanceof FlowLine) return `[${value.items.map(flowText).join(', ')}]`;
  if (isString(value)) return blockContent(value) === undefined ? stringText(value) : undefined;
  if (Array.isArray(value)) {
    const isFlow = value.every((item) => !isContainer(item) && !isString(item));
    return isFlow ? `[${value.map(inline).join(', ')}]` : undefined;
  }
  return value.size ? undefined : '{}';
}

/** The lines of a mapping's members. */
function* memberLines(mapping, indent) {
  for (const [name, value] of mapping) yield* valueLines(value, `${indent}${nameText(name)}:`, indent);
}

function* valueLines(value, start, indent) {
  const text = inline(value);
  const deeper = `${indent}  `;
  if (text !== undefined) yield `${start} ${text}`;
  else if (isString(value)) yield* blockLines(value, start, deeper);
  else {
    yield start;
    yield* isObject(value) ? memberLines(value, deeper) : itemLines(value, deeper);
  }
}

function* itemLines(items, indent) {
  for (const item of items) {
    if (!isObject(item) || !item.size) {
      yield* valueLines(item, `${indent}-`, indent);
      continue;
    }
    let first = true;
    for (const line of memberLines(item, `${indent}  `)) {
      yield first ? `${indent}- ${line.slice(indent.length + 2)}` : line;
      first = false;
    }
  }
}

function* blockLines(text, start, indent) {
  yield `${start} ${text.endsWith('\n') ? '|' : '|-'}`;
  for (const line of blockContent(text).split('\n')) yield line && indent + line;
}

/** The text of a mapping, without an end marker. */
export function writeYaml(mapping) {
  if (!mapping.size) return '{}\n';
  return `${[...memberLines(mapping, '')].join('\n')}\n`;
}

/** Whether a writer may write the value [YAML-W8]. */
export function storable(value) {
  return nesting(value) <= MAX_NESTING && namesFit(value);
}

function namesFit(value) {
  if (Array.isArray(value)) return value.every(namesFit);
  return !isObject(value) || [...value].every(([name, item]) => nameFits(name) && namesFit(item));
}

function nameFits(name) {
  const length = codePointLength(name);
  const escapes = name.match(ESCAPED)?.length ?? 0;
  return name !== '<<' && length <= 512 && length + 5 * escapes <= 1000;
}

/** Whether each number of a response's tree has a token that may be written [YAML-W9]. */
export function tokensFit(value) {
  let fit = true;
  eachNumber(value, ({ token }) => { fit &&= TOKEN.test(token); });
  return fit;
}

/** A canonical request body with the number texts of [YAML-W9]. */
export function withCanonicalNumbers(value) {
  if (value instanceof Num) return new Num(String(value.double).replace(/^(-?\d+)e/, '$1.0e'));
  if (Array.isArray(value)) return value.map(withCanonicalNumbers);
  if (isObject(value)) return new Map([...value].map(([name, item]) => [name, withCanonicalNumbers(item)]));
  return value;
}
