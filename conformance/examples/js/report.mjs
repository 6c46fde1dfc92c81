// [MISS-7] to [MISS-9]: the text of a miss.
import { canonicalText } from './canonical.mjs';
import { isString } from './json.mjs';
import { printable } from './printable.mjs';

const MAX_DIFFERENCES = 10;
const MAX_LENGTH = 200;

const ADVICE = 'Record it in mode new_episodes, or change the request.';
const QUERY_ADVICE = 'The query differs. keep_query stores the value of a parameter in clear, '
  + 'ignore_query leaves it out of the key.';
const STALE = 'match_key is not that of the stored request: somebody has edited it. '
  + '`promptecho accept` accepts the edit.';
const PATTERNS = 'The file was recorded with redact_patterns that you do not name.';
const NEWER_LISTS = 'The file was written with newer lists than these.';

/** `about`: `{patterns, newerLists}`, whether the file has what the caller lacks. */
export function missText({ reason, nearest, differences }, { method, url }, mode, about, name = 'cassette.yaml') {
  const lines = [`${name}: no recording answers ${method} ${url} (mode ${mode}, reason ${reason})`];
  if (nearest) lines.push(`the nearest recording is number ${nearest}:`);
  for (const { path, recorded, incoming } of differences.slice(0, MAX_DIFFERENCES)) {
    const show = looksTheSame(recorded, incoming) ? escaped : shown;
    lines.push(`  ${path}: recorded ${show(recorded)}, incoming ${show(incoming)}`);
  }
  if (differences.length > MAX_DIFFERENCES) lines.push(`  and ${differences.length - MAX_DIFFERENCES} more`);
  if (reason === 'stale-key') lines.push(STALE);
  if (differences.some(({ path }) => path.startsWith('?'))) lines.push(QUERY_ADVICE);
  if (about.patterns) lines.push(PATTERNS);
  if (about.newerLists) lines.push(NEWER_LISTS);
  return [...lines, ADVICE].map(printable).join('\n');
}

const shown = (value) => (value === undefined ? '(absent)' : cut([...canonicalText(value)]));

const cut = (characters) =>
  (characters.length > MAX_LENGTH ? `${characters.slice(0, MAX_LENGTH).join('')}...` : characters.join(''));

/** [MISS-9] */
function looksTheSame(a, b) {
  const look = (text) => text.normalize('NFKC').replace(/[\p{Cf}\p{Cc}\p{Mn}\p{Zs}]/gu, '');
  return isString(a) && isString(b) && a !== b && look(a) === look(b);
}

const escaped = (text) => `"${cut([...text].map(escapedCharacter))}"`;

function escapedCharacter(character) {
  if (/^[ -~]$/.test(character)) return JSON.stringify(character).slice(1, -1);
  return character.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}
