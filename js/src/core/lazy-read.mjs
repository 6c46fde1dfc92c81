// Section 3.1: a file in exact form is taken apart at the lines where interactions begin, and read where it is used.
//
// In exact form no quoted text goes over a line end, so a line that is an interaction's first is never in a string. Each
// line is tested for that. A file with any other line is read as a whole.
import { readText } from './cassette-read.mjs';
import { END } from './cassette-write.mjs';
import { PromptechoError } from './errors.mjs';
import { lazyList } from './lazy-list.mjs';
import { wholeFile } from './whole-file.mjs';

const HEAD_END = '\ninteractions:\n';
const FIRST_LINE = '  - request:';
const NAME = String.raw`(?:[A-Za-z_][A-Za-z0-9_-]*|"(?:[^"\\]|\\.)*"):`;
const FLOW = String.raw`\[(?:[^"'\]]|"(?:[^"\\]|\\.)*")*\]|\{\}`;
const VALUE = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|${FLOW}|[A-Za-z0-9.+-][^"'#:\[\]{}]*`;
const LINE = new RegExp(`^( +)((?:- )*)(?:-|(?:${NAME})|(?:(?:${NAME} )?(?:${VALUE}|(\\|-?))))$`);
const KEY = /^ {6}match_key: "([0-9a-f]{16})"$/;
const DIGEST = /^ {6}digest:/m;
const SHORT_HEAD = `version: 2\nminor: 1\nmatch_on: [model]${HEAD_END}`;
/** What decides how a whole file is matched [DIAL-1], [V20-8]. */
const CONCERNS_ALL = /^ {6}(?:dialect|x-query):/;

/** The reading of a file, with `keys`, those of its interactions; undefined for a file that is read as a whole. */
export function lazyReading(bytes) {
  const { text, marked } = wholeFile(bytes);
  const headEnd = text.indexOf(HEAD_END);
  if (!marked || headEnd < 0) return undefined;
  const head = text.slice(0, headEnd + HEAD_END.length);
  const lines = text.slice(head.length).split('\n');
  const starts = startsOf(lines);
  const keys = starts && keysOf(lines, starts);
  if (!keys) return undefined;
  const reading = readText(`${head.slice(0, -1)} []\n${END}`, true, { matching: true });
  if (reading.format !== '2.1') return undefined;
  const read = (i) => {
    const own = lines.slice(starts[i], starts[i + 1] ?? lines.length - 2).join('\n');
    const above = DIGEST.test(own) ? head : SHORT_HEAD; // a digest is of the head, too [DIGEST-2]
    const moved = lineCount(head) - lineCount(above) + starts[i];
    return inPlace(() => readText(`${above}${own}\n${END}`, true, { matching: true }), lineCount(above), moved);
  };
  return { ...reading, keys, interactions: lazyList(starts.length, (i) => read(i).interactions[0]) };
}

/** The lines where interactions begin; undefined if some line may be none of the exact form. */
function startsOf(lines) {
  if (lines.at(-2) !== '...' || lines.at(-1) !== '' || lines[0] !== FIRST_LINE) return undefined;
  const starts = [];
  let block = -1; // the indentation of the line that begins a literal block
  for (let i = 0; i < lines.length - 2; i++) {
    const line = lines[i];
    if (block >= 0 && (line === '' || indentOf(line) > block)) continue;
    const found = LINE.exec(line);
    if (!found || found[1].length < 2) return undefined;
    block = found[3] ? found[1].length + found[2].length - (line.trimStart().startsWith('- ') && !/: \|-?$/.test(line) ? 2 : 0) : -1;
    if (line === FIRST_LINE) starts.push(i);
  }
  return starts;
}

const lineCount = (text) => text.split('\n').length - 1;

function indentOf(line) {
  let n = 0;
  while (line[n] === ' ') n++;
  return n;
}

/** The key of each interaction; undefined if one has none, or if all must be read. */
function keysOf(lines, starts) {
  const keys = [];
  for (const start of starts) {
    const at = [1, 2, 3, 4].map((n) => start + n).find((n) => KEY.test(lines[n] ?? ''));
    if (at === undefined) return undefined;
    keys.push(KEY.exec(lines[at])[1]);
  }
  return lines.some((line) => CONCERNS_ALL.test(line)) ? undefined : keys;
}

/** Does the work; an error gets the line that it has in the whole file. */
function inPlace(work, before, moved) {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof PromptechoError) || !(error.line > before)) throw error;
    throw new PromptechoError(error.code, error.message, error.line + moved);
  }
}
