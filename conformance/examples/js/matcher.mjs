// Sections 7, 8 and 15.2: the recordings of a file, which of them answers, and what is nearest.
import { sameValue } from './canonical.mjs';
import { matchOn as matchLists, volatileMembers } from './data.mjs';
const volatileNames=new Set(volatileMembers.everywhere);
import { memberDifferences, queryDifferences } from './differences.mjs';
import { keyOf, sameList, wantsStream } from './key.mjs';
import { normalize } from './normalize/index.mjs';
import { pathsOf } from './places.mjs';
import { keepSet, keyPath, keyQuery, splitUrl } from './url.mjs';

const steadyNames = (body) => [...body.keys()].filter((name) => !volatileNames.has(name));
const steady = (body) => new Map([...body].filter(([name]) => !volatileNames.has(name)));

export class Matcher {
  /** `reading` is null where there is no file; `options` those of a session. */
  constructor(reading, options = {}) {
    this.options = options;
    this.reading = reading;
    this.matchOn = options.match_on ?? reading?.match_on ?? matchLists.default;
    // The old default list is a default list too [V20-3].
    this.defaultList = sameList(this.matchOn, matchLists.default_2_0) && reading?.format === '2.0'
      ? matchLists.default_2_0 : matchLists.default;
    this.recordings = (reading?.interactions ?? []).map((interaction, i) => this.#recording(interaction, i + 1));
  }

  #recording({ request, format, extra }, number) {
    const legacy = (format ?? this.reading.format) === '2.0';
    const path = keyPath(request.url);
    const body = legacy ? normalizedStored(path, request.body) : request.body;
    const withoutQuery = legacy || request.extra?.get('x-query') === 'unknown';
    const query = withoutQuery ? [] : keyQuery(splitUrl(request.url).query, keepSet(this.options.keep_query));
    const read = { method: request.method, path, query, body };
    const anew = legacy || this.options.match_on !== undefined;
    const { match_key: key, matched_on: names } = anew ? keyOf(read, this.matchOn, this.defaultList) : request;
    return { ...read, number, key, names, withoutQuery, streaming: wantsStream(path, body), played: false, extra };
  }

  /** The key of a request that was read. */
  key(request) { return keyOf(request, this.matchOn, this.defaultList); }

  /** [SEL-2]: `{match, recording}`; `match` is unplayed, played or none. Nothing is marked. */
  select(request) {
    const { match_key: own } = this.key(request);
    const { match_key: bare } = this.key({ ...request, query: [] });
    const ofKey = (key, withoutQuery) => this.recordings.filter((recording) =>
      recording.key === key && recording.withoutQuery === withoutQuery && recording.streaming === request.streaming);
    const candidates = [...ofKey(own, false), ...ofKey(bare, true)];
    const equal = candidates.length > 1
      ? candidates.filter((recording) => sameValue(steady(recording.body), steady(request.body))) : [];
    const left = equal.length ? equal : candidates;
    const next = left.find((recording) => !recording.played);
    if (next) return { match: 'unplayed', recording: next };
    return left.length ? { match: 'played', recording: left.at(-1) } : { match: 'none' };
  }

  /** The paths of what differs [DRIFT-1]. */
  drift(recording, request) {
    const differences = memberDifferences(
      recording.body, steadyNames(recording.body), request.body, steadyNames(request.body));
    return pathsOf(differences, request).map(({ path }) => path);
  }

  /** Why nothing answers [MISS-1]: `{reason, nearest, differences}`. */
  miss(request, match, drifted = false) {
    const none = { nearest: null, differences: [] };
    if (!this.reading) return { reason: 'no-file', ...none };
    if (!this.recordings.length) return { reason: 'empty', ...none };
    if (drifted) return { reason: 'drift', ...none };
    if (match === 'played') return { reason: 'all-played', ...none };
    const here = this.recordings.filter(({ method, path }) => method === request.method && path === request.path);
    if (!here.length) return { reason: 'no-endpoint', ...none };
    const fresh = here.filter((recording) => !recording.played);
    const measured = (fresh.length ? fresh : here)
      .map((recording) => ({ recording, differences: this.#differences(recording, request) }));
    const { recording, differences } = measured.reduce((best, next) =>
      (next.differences.length < best.differences.length ? next : best));
    return {
      reason: differences.length ? 'nearest' : 'stream-intent',
      nearest: recording.number,
      differences: pathsOf(differences, request),
    };
  }

  #differences(recording, request) {
    const ofQuery = recording.withoutQuery ? [] : queryDifferences(recording.query, request.query);
    return [...ofQuery,
      ...memberDifferences(recording.body, recording.names, request.body, this.key(request).matched_on)];
  }
}

/** The stored body of a 2.0 file as a canonical body of ours [V20-3]. */
const normalizedStored = (path, body) => (body.has('__raw_body_sha256__') ? body : normalize(path, body).body);
