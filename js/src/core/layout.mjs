// Section 9.2: a tree as the bytes that were received.
import { Num, eachString, isObject } from './json.mjs';

const ESCAPABLE = '<>&\'';
const escapeOf = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The text of a tree under a layout [BODY-5]. */
export function renderTree(value, layout = {}, { alsoEscape = '', writeNumber = (n) => n.token } = {}) {
  const escaped = [...(layout.escape ?? '') + alsoEscape].map((c) => escapeOf(c)).join('');
  const special = new RegExp(`[${escaped}${layout.ascii ? '\\u0080-\\uffff' : ''}]`, 'g');
  const indented = layout.whitespace === 'indented';
  const comma = layout.whitespace === 'spaced' ? ', ' : ',';
  const colon = layout.whitespace === 'spaced' || indented ? ': ' : ':';

  const quote = (text) => JSON.stringify(text).replace(special, escapeOf);

  function around(open, items, close, level) {
    if (!items.length) return open + close;
    if (!indented) return open + items.join(comma) + close;
    const outer = '\n' + '  '.repeat(level);
    return `${open}${outer}  ${items.join(`,${outer}  `)}${outer}${close}`;
  }

  function render(node, level) {
    if (node instanceof Num) return writeNumber(node);
    if (typeof node === 'string') return quote(node);
    if (Array.isArray(node)) return around('[', node.map((item) => render(item, level + 1)), ']', level);
    if (isObject(node)) {
      return around('{', [...node].map(([name, item]) => quote(name) + colon + render(item, level + 1)), '}', level);
    }
    return String(node);
  }

  return render(value, 0) + (layout.final_newline ? '\n' : '');
}

/** The layout that renders this text, or undefined if none does. */
export function findLayout(value, text) {
  const layout = {};
  const found = new Set();
  let wide = false;
  eachString(value, (string) => {
    for (const c of ESCAPABLE) if (string.includes(c)) found.add(c);
    wide ||= /[\u0080-\uffff]/.test(string);
  });
  const escape = [...ESCAPABLE].filter((c) => found.has(c) && !text.includes(c)).join('');
  if (escape) layout.escape = escape;
  if (wide && !/[\u0080-\uffff]/.test(text)) layout.ascii = true;
  if (text.endsWith('\n')) layout.final_newline = true;
  for (const whitespace of ['compact', 'spaced', 'indented']) {
    const candidate = whitespace === 'compact' ? layout : { whitespace, ...layout };
    if (renderTree(value, candidate) === text) return candidate;
  }
  return undefined;
}
