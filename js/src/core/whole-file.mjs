// [ERR-7], [ERR-6]: what is looked for in a whole file before it is read.
import { foreign } from './data.mjs';
import { PromptechoError } from './errors.mjs';
import { textOf } from './yaml-values.mjs';

// The `^` of JavaScript takes U+2028 for a line end, and YAML does not [ERR-11].
const atLine = (pattern) => new RegExp(`(?<![^\\n])(?:${pattern})`);
const MINOR_LINE = atLine(`(?:minor|"minor"|'minor')[ \\t]*:`);
const CONFLICT = atLine('<{7}|={7}|>{7}|\\|{7}');
const NUMBER = '[ \\t]+(0|[1-9][0-9]*)[ \\t]*(?:[ \\t]#[^\\n]*)?(?![^\\n])';
const VERSION = atLine(`version:(?:${NUMBER})?`);
const MINOR = atLine(`minor:(?:${NUMBER})?`);
const BYTE_ORDER_MARK = /^\u00ef\u00bb\u00bf/; // its octets as characters

const atStart = (pattern) => new RegExp(`^[ \\t\\r\\n]*(?:${pattern})`);
const OURS = atLine(foreign.ours);
const ROWS = foreign.rows.map(({ name, octets = '', start, lines = [] }) => ({
  name,
  octets: Buffer.from(octets, 'hex').toString('latin1'),
  patterns: [...(start === undefined ? [] : [atStart(start)]), ...lines.map(atLine)],
}));

/** What the file is, if another tool wrote it [ERR-6]. */
function foreignKind(bytes) {
  const text = bytes.toString('latin1').replace(BYTE_ORDER_MARK, '');
  if (OURS.test(text)) return undefined;
  return ROWS.find(({ octets, patterns }) =>
    text.startsWith(octets) && patterns.every((pattern) => pattern.test(text)))?.name;
}

const lineAt = (text, position) => text.slice(0, position).split(/[\r\n]/).length;

/** The text of a file, and whether it is a 2.1 file by its lines [YAML-R6]. */
export function wholeFile(bytes) {
  const kind = foreignKind(bytes);
  if (kind !== undefined) throw new PromptechoError('cassette.foreign', `this is ${kind}`, 1);
  const text = textOf(bytes);
  if (/^[ \t\r\n]*$/.test(text)) throw new PromptechoError('cassette.empty', 'delete the file, record again', 1);
  const conflict = CONFLICT.exec(text);
  if (conflict) throw new PromptechoError('yaml.merge-conflict', conflict[0], lineAt(text, conflict.index));
  const marked = MINOR_LINE.test(text);
  if (marked && !/(^|\n)\.\.\.\n$/.test(text)) throw new PromptechoError('cassette.truncated', 'no end marker');
  checkNumber(text, VERSION, (version) => version !== '2', 'cassette.version');
  checkNumber(text, MINOR, (minor) => Number(minor) > 1, 'cassette.minor');
  return { text, marked };
}

function checkNumber(text, pattern, isOther, code) {
  const found = pattern.exec(text);
  if (found?.[1] !== undefined && isOther(found[1])) throw new PromptechoError(code, found[1], lineAt(text, found.index));
}
