// [MISS-7] to [MISS-9]: the text of a miss.
import { canonicalText } from './canonical.mjs';
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
const TELEMETRY = 'This looks like telemetry. If it is, name its host in passthrough.';

/** `about`: `{patterns, newerLists, telemetry}`: what the file has and the caller lacks, and what the request is. */
export function missText({ reason, nearest, differences }, { method, url }, mode, about, name = 'cassette.yaml') {
  const lines = [`${name}: no recording answers ${method} ${url} (mode ${mode}, reason ${reason})`];
  if (nearest) lines.push(`the nearest recording is number ${nearest}:`);
  const most = differences.slice(0, MAX_DIFFERENCES);
  const paths = distinct(most.map(({ path }) => path));
  most.forEach(({ recorded, incoming }, i) => {
    const [was, is] = distinct([recorded, incoming].map(shown));
    lines.push(`  ${paths[i]}: recorded ${cut(was)}, incoming ${cut(is)}`);
  });
  if (differences.length > MAX_DIFFERENCES) lines.push(`  and ${differences.length - MAX_DIFFERENCES} more`);
  if (reason === 'stale-key') lines.push(STALE);
  if (differences.some(({ path }) => path.startsWith('?'))) lines.push(QUERY_ADVICE);
  if (about.patterns) lines.push(PATTERNS);
  if (about.newerLists) lines.push(NEWER_LISTS);
  if (about.telemetry) lines.push(TELEMETRY);
  return [...lines, ADVICE].map(printable).join('\n');
}

const shown = (value) => (value === undefined ? '(absent)' : canonicalText(value));

/** A text of limited length; what is escaped stays whole. */
function cut(text) {
  const parts = text.match(/\\u[0-9a-f]{4}|[^]/gu) ?? [];
  return parts.length > MAX_LENGTH ? `${parts.slice(0, MAX_LENGTH).join('')}...` : text;
}

/** [MISS-9], [MISS-10]: texts that are shown together. */
function distinct(texts) {
  return texts.map((text) => (texts.some((other) => looksTheSame(text, other))
    ? text.replace(/[^ -~]/g, escapedUnit)
    : text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, escapedUnit)));
}

function looksTheSame(a, b) {
  const look = (text) => text.normalize('NFKC').replace(/[\p{Cf}\p{Cc}\p{Mn}\p{Zs}\p{Zl}\p{Zp}\u115f\u1160\u2800]/gu, '');
  return a !== b && look(a) === look(b);
}

const escapedUnit = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
