// Section 6.3: the digest of a request. This port does not select by digests [DIGEST-4]; it keeps those that are right.
import { headText, interactionText } from './cassette-write.mjs';
import { FILE_OPTIONS } from './options.mjs';
import { sha256 } from './text.mjs';

const COUNTED = new Set(['match_on', ...FILE_OPTIONS]);
const REQUEST = '  - request:';
const AFTER_REQUEST = ['    response:', '    failure:'];
const DIGEST = /^      digest:/;

/** The second half of a digest [DIGEST-2]: of the first half, the lines of a head and those of a request. */
function secondHalf(firstHalf, head, request) {
  let isCounted = false;
  const counted = head.filter((line) => {
    const [, name] = /^([^\s#-][^:]*):/.exec(line) ?? [];
    if (name !== undefined) isCounted = COUNTED.has(name);
    return isCounted;
  });
  const lines = [firstHalf, ...counted, ...request.filter((line) => !DIGEST.test(line))];
  return sha256(lines.map((line) => `${line}\n`).join('')).slice(0, 16);
}

function withSecondHalf(digest, head, request) {
  const firstHalf = digest.slice(0, 16);
  return firstHalf + secondHalf(firstHalf, head, request);
}

const linesOf = (text) => text.split('\n');
const headOf = (lines) => lines.slice(0, lines.findIndex((line) => line.startsWith('interactions:')));

/** The lines of each request of a file in exact form. */
function requestsOf(lines) {
  const starts = [...lines.keys()].filter((i) => lines[i] === REQUEST);
  return starts.map((start) => {
    const rest = lines.slice(start);
    return rest.slice(0, rest.findIndex((line) => AFTER_REQUEST.includes(line)));
  });
}

/** A reading whose requests say whether their digest is right: `isDigestRight`. */
export function markDigests(reading, text) {
  if (!reading.interactions.some(({ request }) => request.digest)) return reading;
  const lines = linesOf(text);
  const requests = requestsOf(lines);
  const head = headOf(lines);
  const isExact = requests.length === reading.interactions.length;
  return { ...reading, interactions: reading.interactions.map(({ request, ...rest }, i) => {
    const isDigestRight = Boolean(request.digest) && isExact
      && request.digest === withSecondHalf(request.digest, head, requests[i]);
    return { ...rest, request: { ...request, isDigestRight } };
  }) };
}

/** A reading as it is written: the digests that were right are made anew, the others left out [DIGEST-3]. */
export function withFreshDigests(reading) {
  const head = headOf(linesOf(headText(reading)));
  return { ...reading, interactions: reading.interactions.map((interaction) => {
    const { request: { digest, isDigestRight, ...request }, redacted = [] } = interaction;
    const bare = { ...interaction, request };
    if (!isDigestRight || request.dialect || redacted.some((place) => place.startsWith('request.'))) return bare;
    const [lines] = requestsOf(linesOf(interactionText(bare)));
    return { ...bare, request: { ...request, digest: withSecondHalf(digest, head, lines) } };
  }) };
}
