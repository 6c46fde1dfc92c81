// Section 4.2: a text of the YAML profile as nodes with their lines.
//
// A node is {line, text, plain} for a scalar, {line, entries: [{name, line, node}]} for a mapping, {line, items} for
// a sequence. Nothing is resolved here; yaml-values.mjs does that.
import { blockScalar } from './yaml-block.mjs';
import { addEntry, flowNode } from './yaml-flow.mjs';
import { plainScalar } from './yaml-plain.mjs';
import { quotedScalar } from './yaml-quoted.mjs';
import { Source, checkDepth, refuseMarks } from './yaml-source.mjs';

const MAX_KEY = 1024;
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

/** The root node of a text whose line ends are LF. */
export function parseYaml(text) {
  const source = new Source(text);
  const bad = UNPRINTABLE.exec(text);
  if (bad) source.fail('yaml.syntax', 'a character that must be escaped', bad.index);
  source.skipLines();
  if (source.peek() === '%' && source.column() === 0) source.fail('yaml.directive');
  const marked = source.isMark('---') ? source.line() : undefined;
  if (marked) {
    source.at += 3;
    source.skipLines();
    if (source.isMark('---')) source.fail('yaml.multiple-documents');
  }
  if (source.at >= text.length || source.isMark('...')) source.fail('yaml.empty');
  const onMark = source.line() === marked;
  const root = onMark ? inlineNode(source, -1, 0) : blockNode(source, -1, 0);
  endOfDocument(source);
  return root;
}

function endOfDocument(source) {
  source.skipLines();
  const isMarked = source.isMark('...');
  while (source.isMark('...')) {
    source.at += 3;
    source.skipToEndOfLine();
    if (!source.atLineEnd) source.fail();
    source.skipLines();
  }
  if (isMarked && source.at < source.text.length) source.fail('yaml.multiple-documents');
  if (source.isMark('---')) source.fail('yaml.multiple-documents');
  if (source.at < source.text.length) source.fail();
}

const isDash = (source) => source.peek() === '-' && source.gap(1);

/** A node that begins here and is indented by more than `parent`. */
function blockNode(source, parent, depth) {
  refuseMarks(source);
  const indent = source.column();
  if (isDash(source)) return sequence(source, indent, depth + 1);
  if (source.peek() === '?' && source.gap(1)) source.fail('yaml.key');
  const start = source.at;
  const key = blockKey(source);
  if (key) return mapping(source, indent, key, depth + 1);
  source.at = start;
  return inlineNode(source, parent, depth);
}

/** A node within a line, that may go on in lines indented by more than `parent`. */
function inlineNode(source, parent, depth) {
  refuseMarks(source);
  const c = source.peek();
  let node;
  if (c === '|') return blockScalar(source, parent);
  if (c === '"' || c === "'") node = quotedScalar(source, parent);
  else if (c === '[' || c === '{') node = flowNode(source, depth);
  else node = plainScalar(source, { parent });
  source.skipToEndOfLine();
  if (!source.atLineEnd) source.fail();
  return node;
}

/** What stands behind `:` or `-`. */
function valueNode(source, indent, depth, { inMapping }) {
  const line = source.line();
  const start = source.at;
  source.skipToEndOfLine();
  if (!source.atLineEnd) {
    const compact = !inMapping && !source.text.slice(start, source.at).includes('\t');
    return compact ? blockNode(source, indent, depth) : inlineNode(source, indent, depth);
  }
  source.skipLines();
  const ended = source.at >= source.text.length || source.isMark('---') || source.isMark('...');
  const column = source.column();
  if (!ended && (column > indent || (inMapping && column === indent && isDash(source)))) {
    return blockNode(source, indent, depth);
  }
  return { line, text: '', plain: true };
}

function sequence(source, indent, depth) {
  checkDepth(source, depth);
  const node = { line: source.line(), items: [] };
  while (source.at < source.text.length && source.column() === indent && isDash(source) && !source.isMark('---')) {
    source.at++;
    node.items.push(valueNode(source, indent, depth, { inMapping: false }));
    source.skipLines();
  }
  if (source.at < source.text.length && source.column() > indent) source.fail();
  return node;
}

function mapping(source, indent, firstKey, depth) {
  checkDepth(source, depth);
  const node = { line: firstKey.line, entries: [] };
  for (let key = firstKey; key; key = nextKey(source, indent)) {
    addEntry(source, node, key, valueNode(source, indent, depth, { inMapping: true }));
    source.skipLines();
  }
  return node;
}

function nextKey(source, indent) {
  const ended = source.at >= source.text.length || source.isMark('---') || source.isMark('...');
  if (ended || source.column() < indent) return undefined;
  if (source.column() > indent) source.fail();
  refuseMarks(source);
  if (isDash(source)) return undefined;
  if (source.peek() === '?' && source.gap(1)) source.fail('yaml.key');
  return blockKey(source) ?? source.fail();
}

/** A name and its `:` on one line; undefined if there is no such thing here. */
function blockKey(source) {
  const start = source.at;
  const c = source.peek();
  if (c === ':' && source.gap(1)) source.fail();
  if (c === '|' || c === '>') return undefined;
  const key = readKey(source, c);
  source.skipBlanks();
  if (!key || source.peek() !== ':' || !source.gap(1)) return undefined;
  if (!('text' in key)) source.fail('yaml.key', 'a name that is no scalar', start);
  if ([...source.text.slice(start, source.at)].length > MAX_KEY) source.fail('yaml.syntax', 'a long name', start);
  source.at++;
  return key;
}

function readKey(source, c) {
  if (c === '[' || c === '{') {
    const line = source.line();
    const node = flowNode(source, 0);
    return source.line() === line ? node : undefined;
  }
  return c === '"' || c === "'" ? quotedScalar(source, undefined) : plainScalar(source, { oneLine: true });
}
