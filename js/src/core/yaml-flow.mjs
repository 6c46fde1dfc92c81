// Flow collections, and the entries of mappings.
import { PromptechoError } from './errors.mjs';
import { plainScalar } from './yaml-plain.mjs';
import { quotedScalar } from './yaml-quoted.mjs';
import { FLOW_ENDS, checkDepth, refuseMarks } from './yaml-source.mjs';

export function addEntry(source, node, key, value) {
  node.names ??= new Set();
  if (node.names.has(key.text)) throw new PromptechoError('yaml.duplicate-key', key.text, key.line);
  node.names.add(key.text);
  node.entries.push({ name: key.text, plain: key.plain, line: key.line, node: value });
}

function skipFlowSpace(source) {
  for (;;) {
    source.skipToEndOfLine();
    if (source.peek() !== '\n') break;
    source.at++;
    if (source.isMark('---') || source.isMark('...')) source.fail();
  }
  if (source.at >= source.text.length) source.fail();
}

export function flowNode(source, depth) {
  refuseMarks(source);
  const c = source.peek();
  if (c === '[') return flowSequence(source, depth + 1);
  if (c === '{') return flowMapping(source, depth + 1);
  if (c === '"' || c === "'") return quotedScalar(source, -1);
  return plainScalar(source, { parent: -1, inFlow: true });
}

/** The items of a flow collection, each read by `readItem`. */
function flowItems(source, close, readItem) {
  source.at++;
  for (;;) {
    skipFlowSpace(source);
    if (source.peek() === close) break;
    if (source.peek() === '?' && source.gap(1)) source.fail('yaml.key');
    readItem();
    skipFlowSpace(source);
    if (source.peek() === ',') source.at++;
    else if (source.peek() !== close) source.fail();
  }
  source.at++;
}

function flowSequence(source, depth) {
  checkDepth(source, depth);
  const node = { line: source.line(), items: [] };
  flowItems(source, ']', () => {
    const item = flowNode(source, depth);
    const value = flowValue(source, depth + 1, item);
    if (!value) { node.items.push(item); return; }
    const pair = { line: item.line, entries: [] };
    addEntry(source, pair, scalarKey(source, item), value);
    node.items.push(pair);
  });
  return node;
}

function flowMapping(source, depth) {
  checkDepth(source, depth);
  const node = { line: source.line(), entries: [] };
  flowItems(source, '}', () => {
    if (source.peek() === ':' && source.gap(1)) source.fail();
    const key = flowNode(source, depth);
    const value = flowValue(source, depth, key) ?? { line: source.line(), text: '', plain: true };
    addEntry(source, node, scalarKey(source, key), value);
  });
  return node;
}

function scalarKey(source, node) {
  if (!('text' in node)) throw new PromptechoError('yaml.key', 'a name that is no scalar', node.line);
  return node;
}

/** The value behind `:`, or undefined if there is none. A `:` may stand close behind what is not plain. */
function flowValue(source, depth, key) {
  const start = source.at;
  skipFlowSpace(source);
  const adjacent = !key.plain || source.gap(1) || FLOW_ENDS.includes(source.peek(1));
  if (source.peek() !== ':' || !adjacent) { source.at = start; return undefined; }
  source.at++;
  const line = source.line();
  skipFlowSpace(source);
  if (',]}'.includes(source.peek())) return { line, text: '', plain: true };
  return flowNode(source, depth);
}
