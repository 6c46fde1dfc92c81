// [YAML-R1] to [YAML-R4]: the bytes of a text as a node, and nodes as values.
import { contested } from './data.mjs';
import { PromptechoError } from './errors.mjs';
import { Num } from './json.mjs';
import { strictUtf8 } from './text.mjs';
import { parseYaml } from './yaml-read.mjs';

const whole = (pattern, flags) => new RegExp(`^(?:${pattern})$`, flags);
const NUMBER = whole(contested.number, 's');
const CONTESTED = contested.patterns.map((pattern) => whole(pattern, 'is'));
const WORDS = new Map([['null', null], ['true', true], ['false', false]]);

/** What is no string in a 2.0 file [V20-2]. */
const YAML_1_1 = contested.yaml_1_1_not_strings.map((pattern) => whole(pattern));

/** The text of a file with LF line ends, without a byte order mark. */
export function textOf(bytes) {
  const text = strictUtf8(bytes);
  if (text === undefined) throw new PromptechoError('yaml.encoding', 'not UTF-8', faultyLine(bytes));
  if (text.startsWith('\ufeff\ufeff')) throw new PromptechoError('yaml.encoding', 'two byte order marks', 1);
  return text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
}

/** The line of the first octet that is not UTF-8: the first line that is not. */
function faultyLine(bytes) {
  const lines = bytes.toString('latin1').split(/\r\n|\r|\n/); // [ERR-11]
  return lines.findIndex((line) => strictUtf8(Buffer.from(line, 'latin1')) === undefined) + 1;
}

/** The root node of a text, its names checked [YAML-R2]. */
export function nodeOf(text, legacy = false) {
  const root = parseYaml(text);
  checkNames(root, legacy);
  return root;
}

function checkNames(node, legacy) {
  node.items?.forEach((item) => checkNames(item, legacy));
  for (const entry of node.entries ?? []) {
    if (entry.plain) checkPlainName(entry, legacy);
    checkNames(entry.node, legacy);
  }
}

function checkPlainName({ name, line }, legacy) {
  if (name === '<<') throw new PromptechoError('yaml.merge-key', name, line);
  if (typeof resolve(name, legacy) !== 'string') throw new PromptechoError('yaml.key', name, line);
}

/** What a plain scalar is [YAML-R4]; undefined where it is ambiguous. */
function resolve(text, legacy) {
  if (WORDS.has(text)) return WORDS.get(text);
  if (NUMBER.test(text)) return new Num(text);
  if (text !== '' && !CONTESTED.some((pattern) => pattern.test(text))) return text;
  return legacy && !YAML_1_1.some((pattern) => pattern.test(text)) ? text : undefined;
}

/** The value of a node; objects are Maps. `legacy`: of a 2.0 file. */
export function valueOf(node, legacy = false) {
  if (node.items) return node.items.map((item) => valueOf(item, legacy));
  if (node.entries) return new Map(node.entries.map(({ name, node: inner }) => [name, valueOf(inner, legacy)]));
  if (!node.plain) return node.text;
  const value = resolve(node.text, legacy);
  if (value === undefined) throw new PromptechoError('yaml.ambiguous-scalar', node.text, node.line);
  return value;
}
