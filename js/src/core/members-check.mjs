// Checks of values in a file [FILE-2]: each takes a node, and fails with a code and a line.
import { PromptechoError } from './errors.mjs';
import { Num } from './json.mjs';
import { strictBase64 } from './text.mjs';
import { valueOf } from './yaml-values.mjs';

export const refuse = (code, node, message = code) => { throw new PromptechoError(code, message, node.line); };

/** Reads nodes of one file; `legacy`: it is of format 2.0; `forMatching`: requests are to be answered from it. */
export class NodeReader {
  constructor(legacy, forMatching = false) { Object.assign(this, { legacy, forMatching }); }

  value(node) { return valueOf(node, this.legacy); }

  string(node) {
    if (this.legacy && 'text' in node) return node.text;
    const value = 'text' in node ? this.value(node) : undefined;
    return typeof value === 'string' ? value : refuse('cassette.type', node, 'not a string');
  }

  boolean(node) {
    const value = 'text' in node ? this.value(node) : undefined;
    return typeof value === 'boolean' ? value : refuse('cassette.type', node, 'not a boolean');
  }

  integer(node, low, high = Infinity) {
    const value = 'text' in node ? this.value(node) : undefined;
    if (!(value instanceof Num) || !/^-?[0-9]+$/.test(value.token)) refuse('cassette.type', node, 'not an integer');
    if (value.double < low || value.double > high) refuse('cassette.value', node, 'out of range');
    return value.double;
  }

  list(node, readItem) {
    return node.items ? node.items.map(readItem) : refuse('cassette.type', node, 'not a list');
  }

  strings(node) { return this.list(node, (item) => this.string(item)); }

  mapping(node) {
    return node.entries ? node : refuse('cassette.type', node, 'not a mapping');
  }

  matching(node, pattern) {
    const text = this.string(node);
    return pattern.test(text) ? text : refuse('cassette.value', node, 'not of the form');
  }

  base64(node) {
    const text = this.string(node);
    return strictBase64(text) ? text : refuse('cassette.base64', node);
  }

  /**
   * The members of a mapping as nodes: `{known, extra}`. `names` says of each member that there may be whether it is
   * required; `extra` holds the values of the `x-` members, and of the reserved ones [FILE-26].
   */
  members(node, names, { extensible = true } = {}) {
    const known = {};
    const extra = new Map();
    for (const { name, line, node: value } of this.mapping(node).entries) {
      if (Object.hasOwn(names, name)) known[name] = value;
      else if (name.startsWith('ext-') || (extensible && name.startsWith('x-'))) extra.set(name, this.value(value));
      else throw new PromptechoError('cassette.unknown-member', name, line);
    }
    for (const [name, required] of Object.entries(names)) {
      if (required && !known[name]) refuse('cassette.missing-member', node, name);
    }
    return { known, extra };
  }
}
