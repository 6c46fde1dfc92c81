// [ERR-4], in part: what is wrong in a file that can be read. The command of the Python package reports all codes.
import { checksumOf } from '../core/body.mjs';
import { writeCassette } from '../core/cassette-write.mjs';
import { Matcher } from '../core/matcher.mjs';
import { withFreshDigests } from '../core/request-digests.mjs';

const linesOf = (text) => text.split('\n');

/** The lines with a member of interactions, in order. */
const linesWith = (lines, name) => lines.flatMap((line, i) => (line.startsWith(`      ${name}:`) ? [i + 1] : []));

/** Each `{line, code, text}`, in the order of their lines. */
export function findings({ bytes, reading }) {
  if (reading.format === '2.0') return [];
  const lines = linesOf(bytes.toString('utf8'));
  return [...keyMismatches(reading, lines), ...checksums(reading, lines), ...format(reading, lines)]
    .sort((a, b) => a.line - b.line);
}

function keyMismatches(reading, lines) {
  const at = linesWith(lines, 'match_key');
  const matcher = new Matcher(reading);
  return matcher.recordings.flatMap((recording, i) => {
    if (reading.interactions[i].request.dialect) return [];
    const { match_key: key } = matcher.key(recording);
    const text = `recording ${i + 1} has the key ${recording.key}, but its request has ${key}; run promptecho accept, or restore it`;
    return key === recording.key ? [] : [{ line: at[i] ?? 1, code: 'finding.key-mismatch', text }];
  });
}

function checksums({ interactions }, lines) {
  const at = linesWith(lines, 'checksum');
  return interactions.filter(({ response }) => response?.checksum).flatMap(({ response: { stored, checksum } }, i) => {
    const right = checksumOf(stored);
    const text = `the checksum is not that of the stored body, ${right ?? 'which is empty'}: the body was edited`;
    return checksum === right ? [] : [{ line: at[i] ?? 1, code: 'finding.checksum', text }];
  });
}

function format(reading, lines) {
  const exact = linesOf(writeCassette(withFreshDigests(reading)));
  const first = exact.findIndex((line, i) => line !== lines[i]);
  if (first < 0 && exact.length === lines.length) return [];
  return [{ line: first < 0 ? exact.length : first + 1, code: 'finding.format', text: 'a recorder would write this otherwise: run promptecho fmt' }];
}
