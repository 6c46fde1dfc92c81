// [MISS-7]: the text of a miss.
import { canonicalText } from './canonical.mjs';

const MAX_DIFFERENCES = 10;
const MAX_LENGTH = 200;

const shown = (value) => {
  if (value === undefined) return '(absent)';
  const text = [...canonicalText(value)];
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH).join('')}...` : text.join('');
};

export function missText({ reason, nearest, differences }, { method, url }, mode, name = 'cassette.yaml') {
  const lines = [`${name}: no recording answers ${method} ${url} (mode ${mode}, reason ${reason})`];
  if (nearest) lines.push(`the nearest recording is number ${nearest}:`);
  for (const { path, recorded, incoming } of differences.slice(0, MAX_DIFFERENCES)) {
    lines.push(`  ${path}: recorded ${shown(recorded)}, incoming ${shown(incoming)}`);
  }
  if (differences.length > MAX_DIFFERENCES) lines.push(`  and ${differences.length - MAX_DIFFERENCES} more`);
  lines.push('Record it in mode new_episodes, or change the request.');
  return lines.join('\n');
}
