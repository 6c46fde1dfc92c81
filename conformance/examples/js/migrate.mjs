// [V20-8] and [MATCH-6]: interactions as they are written again.
import { storeBody } from './body.mjs';
import { matchOn as matchLists } from './data.mjs';
import { mediaType, playHeaders } from './headers.mjs';
import { sameList } from './key.mjs';
import { keepSet, keyQuery, splitUrl } from './url.mjs';

/** The list that a file is written with. */
export const writtenMatchOn = (matcher) =>
  (sameList(matcher.matchOn, matcher.defaultList) ? matchLists.default : matcher.matchOn);

/** An interaction as it is written; `recording` is what the matcher holds of it, under the written list. */
export function rewritten(interaction, recording, options) {
  const { request, response } = interaction;
  const keyed = { ...request, match_key: recording.key, matched_on: recording.names, body: recording.body };
  if (response.stored) return { ...interaction, request: keyed };
  const kept = keyQuery(splitUrl(request.url).query, keepSet(options.keep_query));
  const extra = new Map([...request.extra, ...(kept.length ? [['x-query', 'unknown']] : [])]);
  return { ...interaction, request: { ...keyed, extra }, response: migrated(response) };
}

function migrated({ status, headers, chunks, extra }) {
  const type = mediaType(headers.map(([name, [value]]) => [name, value]));
  const played = playHeaders(headers).map(([name]) => name);
  return {
    status,
    headers: headers.filter(([name]) => played.includes(name)),
    stored: storeBody(Buffer.concat(chunks), type),
    extra,
  };
}
