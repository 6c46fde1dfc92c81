// [V20-8], [MATCH-6], [FILE-20]: a file as it is written again.
import { checksumOf, storeBody } from './body.mjs';
import { listsVersion, matchOn as matchLists } from './data.mjs';
import { mediaType, playHeaders } from './headers.mjs';
import { sameList } from './match-names.mjs';
import { splitUrl } from './url.mjs';

/** The list that a file is written with. */
export const writtenMatchOn = (matcher) =>
  (sameList(matcher.options.match_on, matcher.defaultList) ? matchLists.default : matcher.options.match_on);

/** The lists of a file [FILE-20]: `base` is the reading whose interactions it keeps, if it keeps any. */
export const writtenLists = (base) => (base?.interactions.length ? base.lists : listsVersion);

/** An interaction as it is written; `recording` is what the matcher holds of it, under the written list. */
export function rewritten({ home, ...interaction }, recording, matcher) {
  const { request, response } = interaction;
  const { headers, body } = recording;
  const keyed = { ...request, ...matcher.writtenKey(recording), headers, body };
  if (!response || response.stored) return { ...interaction, request: keyed };
  const extra = new Map([...request.extra, ...(splitUrl(request.url).query ? [['x-query', 'unknown']] : [])]);
  return { ...interaction, request: { ...keyed, extra }, response: migrated(response) };
}

function migrated({ status, headers, chunks, extra }) {
  const type = mediaType(headers.flatMap(([name, values]) => values.map((value) => [name, value])));
  const played = playHeaders(headers).map(([name]) => name);
  const stored = storeBody(Buffer.concat(chunks), type);
  return {
    status,
    headers: headers.filter(([name]) => played.includes(name)),
    stored,
    checksum: checksumOf(stored),
    extra,
  };
}
