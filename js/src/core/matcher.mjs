// Sections 7, 8 and 15.2: the recordings of a file, which of them answers, and what is nearest.
import { canonicalText, sameValue } from './canonical.mjs';
import { listsVersion, matchOn as matchLists } from './data.mjs';
import { headersDifferences, hostDifferences, memberDifferences, queryDifferences } from './differences.mjs';
import { canonicalOf, keyOf, wantsStream } from './key.mjs';
import { lazyList } from './lazy-list.mjs';
import { sameList, reservedName } from './match-names.mjs';
import { lessCallersNames, optionsInForce } from './options.mjs';
import { pathsOf } from './places.mjs';
import { recordedKeyQuery, storedUrl } from './query.mjs';
import { Redactor, redactionRules } from './redact.mjs';
import { headerDrift, storedDigests, withUnknown } from './request-headers.mjs';
import { hostText, keyPath } from './url.mjs';
import { isConversation, steadyBody, withoutCallTokens } from './volatile.mjs';

/** The options that keys depend on [MATCH-6]. */
const KEEPING = ['keep_query', 'keep_members'];
const MEMBER_LISTS = ['redact_members', 'keep_members'];
const QUERY_LISTS = ['redact_query', 'ignore_query', 'keep_query'];
const KEYED = ['match_on', 'match_host', 'match_headers', ...QUERY_LISTS, ...MEMBER_LISTS];

const sameOption = (a, b) => canonicalText(a || []) === canonicalText(b || []);

export class Matcher {
  /** `reading` is null where there is no file; `caller`: the options of a session. */
  constructor(reading, caller = {}, { mode, environ } = {}) {
    this.reading = reading;
    this.caller = caller;
    this.ofFile = lessCallersNames(reading ? { match_on: reading.match_on, ...reading.options } : {}, caller);
    // Where nothing is added to the file, it does not decide what is shown [MATCH-12].
    const heeded = Object.entries(this.ofFile).filter(([name]) => mode !== 'all' || !KEEPING.includes(name));
    this.options = { match_on: matchLists.default, ...optionsInForce(caller, Object.fromEntries(heeded)) };
    // The patterns of a file are not run [MATCH-11].
    this.rules = redactionRules({ ...this.options, redact_patterns: caller.redact_patterns }, environ);
    this.silent = new Redactor({ ...this.rules, onSecret: this.rules.onSecret === 'warn' ? 'warn' : 'redact' });
    // The old default list is a default list too [V20-3].
    this.defaultList = sameList(this.options.match_on, matchLists.default_2_0) && reading?.format === '2.0'
      ? matchLists.default_2_0 : matchLists.default;
    const { interactions = [], keys } = reading ?? {};
    this.recordings = lazyList(interactions.length, (i) => this.#recording(interactions[i], i + 1));
    // Keys that are read line by line are those of the recordings only if nothing computes them again [FILE-16].
    const known = keys && !this.#hasOldLists && !this.#differs(reading) ? keys : this.recordings.map(({ key }) => key);
    this.numbers = new Map();
    known.forEach((key, i) => { this.numbers.set(key, [...this.numbers.get(key) ?? [], i]); });
    this.hasOldForms = known !== keys && this.recordings.some(({ legacy, bare }) => legacy || bare);
    this.played = new Set();
  }

  /** `interaction.home`: the file that it is of, where that is a journal. */
  #recording({ request, format, extra, home = this.reading }, number) {
    const legacy = (format ?? home.format) === '2.0';
    const path = keyPath(request.url);
    const optionsInFile = home.options ?? {};
    const hasLists = (home.lists ?? 0) >= listsVersion;
    const base = {
      number, legacy, extra, path, hasLists, optionsInFile,
      method: request.method, url: request.url, host: hostText(request.url),
      body: this.#bodyInForce(request.body, path, legacy, optionsInFile),
      headers: withUnknown(request.headers ?? new Map(), this.options.match_headers ?? [],
        { matchedInFile: optionsInFile.match_headers, hasLists }),
      bare: !legacy && request.extra?.get('x-query') === 'unknown',
    };
    const whole = this.#keyed(base);
    const anew = legacy || this.#differs(home);
    if (anew) return { ...whole, storedNames: legacy ? whole.names : request.matched_on };
    return { ...whole, key: request.match_key, names: request.matched_on, storedNames: request.matched_on };
  }

  /** A stored body under the options in force [MATCH-6]; a 2.0 body is made canonical [V20-3]. */
  #bodyInForce(body, path, legacy, optionsInFile) {
    if (legacy) return reservedName(body) ? body : canonicalOf(path, body);
    const isSame = [...MEMBER_LISTS, 'redact_query'].every((name) => sameOption(optionsInFile[name], this.options[name]));
    return isSame ? body : this.#redacted(body, path);
  }

  /** The key that a recording is written with; one of 2.0 gets the key of a 2.1 file [V20-8]. */
  writtenKey({ number, legacy, ...recording }) {
    if (!legacy) return { match_key: recording.key, matched_on: recording.names };
    const { key, names } = this.#keyed({ ...recording, bare: true });
    return { match_key: key, matched_on: names };
  }

  /** A recording with what is computed of it: its key, the names that are matched, and the hashed text. */
  #keyed(recording) {
    const { legacy, bare, url, path, body, headers, optionsInFile } = recording;
    const none = { pairs: [], shown: [] };
    const { pairs: query, shown } = legacy || bare ? none
      : recordedKeyQuery(url, this.silent, this.options, optionsInFile);
    const digests = legacy ? new Map() : storedDigests(headers, this.options.match_headers ?? []);
    const read = { ...recording, query, shown, digests, streaming: wantsStream(path, body) };
    const { match_key: key, matched_on: names, hashed } = this.key(read);
    return { ...read, key, names, ownNames: names, hashed };
  }

  #differs(home) {
    const own = { match_on: home.match_on, ...home.options };
    return KEYED.some((name) => !sameOption(own[name], this.options[name]));
  }

  /** The key of a request that was read. */
  key(request) { return keyOf(request, this.options, this.defaultList); }

  /** [SEL-2]: `{match, recording}`; `match` is unplayed, played or none. Nothing is marked. */
  select(request) {
    const left = this.#narrowed(this.#candidates(request), request);
    const next = left.find((recording) => !this.played.has(recording.number));
    if (next) return { match: 'unplayed', recording: next };
    return left.length ? { match: 'played', recording: left.at(-1) } : { match: 'none' };
  }

  #candidates(request) {
    const own = this.key(request);
    const answering = (recordings, wanted) => recordings.filter((recording) =>
      recording.key === wanted(recording).match_key && recording.streaming === request.streaming
      && (recording.legacy || recording.hashed === wanted(recording).hashed)); // [SEL-6]
    if (!this.hasOldForms && !this.#hasOldLists) {
      return answering((this.numbers.get(own.match_key) ?? []).map((i) => this.recordings[i]), () => own);
    }
    const bare = this.key({ ...request, query: [] });
    const legacy = this.key({ ...request, query: [], digests: new Map() });
    const usual = answering(this.recordings, (recording) => (recording.legacy ? legacy : own));
    if (usual.length) return usual;
    const withoutQuery = answering(this.recordings.filter((recording) => recording.bare), () => bare); // [V20-8]
    if (withoutQuery.length || !this.#hasOldLists) return withoutQuery;
    return answering(this.#renewed(), (recording) => (recording.legacy ? legacy : recording.bare ? bare : own));
  }

  get #hasOldLists() { return Boolean(this.reading) && (this.reading.lists ?? 0) < listsVersion; }

  /** The recordings that these lists change, as they are then [SEL-7]. */
  #renewed() {
    return this.recordings.flatMap((recording) => {
      const { url } = storedUrl(recording.url, this.silent, this.options);
      const body = this.#renewedBody(recording);
      const renewed = { ...this.#keyed({ ...recording, url, path: keyPath(url), body }), renewed: true };
      const isSame = url === recording.url && sameValue(body, recording.body)
        && sameList(renewed.names, recording.storedNames);
      return isSame ? [] : [renewed];
    });
  }

  #renewedBody({ path, body }) {
    const redacted = this.#redacted(body, path);
    return reservedName(body) ? redacted : canonicalOf(path, redacted);
  }

  /** A stored body, redacted once more. */
  #redacted(body, path) {
    if (body.has('__form__')) {
      return new Map([['__form__', body.get('__form__').map(([name, value]) =>
        [name, this.silent.formValue(name, value, '')])]]);
    }
    if (body.has('__multipart__')) {
      return new Map([['__multipart__', body.get('__multipart__').map((part) => (part.has('text')
        ? new Map(part).set('text', this.silent.formValue(part.get('name'), part.get('text'), '')) : part))]]);
    }
    return this.silent.tree(body, '', isConversation(path, canonicalOf(path, body)));
  }

  #narrowed(candidates, request) {
    const steady = steadyBody(request.path, request.body);
    const equal = candidates.length > 1
      ? candidates.filter((recording) => sameValue(steadyBody(recording.path, recording.body), steady)) : [];
    const kept = equal.length ? equal : candidates;
    const ofHost = kept.filter((recording) => recording.host === request.host);
    const near = ofHost.length ? ofHost : kept;
    const sameHeaders = near.filter((recording) => !this.#headerDrift(recording, request).length);
    return sameHeaders.length ? sameHeaders : near;
  }

  play(recording) { this.played.add(recording.number); }

  #headerDrift({ headers, hasLists }, request) {
    return headerDrift(headers, request, this.options.match_headers, hasLists)
      .map((name) => ({ path: `headers.${name}`, recorded: headers.get(name), incoming: request.headers.get(name) }));
  }

  /** What differs, with its path [DRIFT-1]. */
  drift(recording, request) {
    const otherHost = recording.host !== request.host && this.recordings.some(({ host }) => host === request.host);
    const [recorded, incoming] = [recording, request].map(({ path, body }) => steadyBody(path, body));
    const differences = memberDifferences(recorded, [...recorded.keys()], incoming, [...incoming.keys()]);
    return [
      ...(otherHost ? hostDifferences(recording.host, request.host) : []),
      ...this.#headerDrift(recording, request),
      ...pathsOf(differences, request),
    ];
  }

  /** Why nothing answers [MISS-1]: `{reason, nearest, differences}`. `drifted`: that of the selected recording. */
  miss(request, match, drifted) {
    const none = { nearest: null, differences: [] };
    if (!this.reading) return { reason: 'no-file', ...none };
    if (!this.recordings.length) return { reason: 'empty', ...none };
    if (drifted) return { reason: 'drift', ...drifted };
    if (match === 'played') return { reason: 'all-played', ...none };
    const stale = this.#staleFor(request);
    if (stale) return this.#report('stale-key', stale, request);
    const here = this.recordings.filter(({ method, path }) => method === request.method && path === request.path);
    if (!here.length) return { reason: 'no-endpoint', ...none };
    const fresh = here.filter((recording) => !this.played.has(recording.number));
    const measured = (fresh.length ? fresh : here)
      .map((recording) => ({ recording, differences: this.#differences(recording, request) }));
    const { recording, differences } = measured.reduce((best, next) =>
      (next.differences.length < best.differences.length ? next : best));
    return this.#report(differences.length ? 'nearest' : 'stream-intent', recording, request);
  }

  #report(reason, recording, request) {
    const differences = pathsOf(this.#differences(recording, request), request);
    return { reason, nearest: recording.number, differences };
  }

  /** The first stale recording of the request's key; else the first of its hashed text with another key [MISS-2]. */
  #staleFor(request) {
    const own = this.key(request);
    const bare = this.key({ ...request, query: [] });
    const first = (isOne) => this.recordings.find((recording) => !recording.legacy
      && [own, ...(recording.bare ? [bare] : [])].some((wanted) => isOne(recording, wanted)));
    return first(({ key, hashed }, wanted) => key === wanted.match_key && hashed !== wanted.hashed)
      ?? first(({ key, hashed }, wanted) => key !== wanted.match_key && hashed === wanted.hashed);
  }

  #differences(recording, request) {
    return [
      ...(this.options.match_host ? hostDifferences(recording.host, request.host) : []),
      ...(recording.legacy || recording.bare ? [] : queryDifferences(recording, request)),
      ...(recording.legacy ? [] : headersDifferences(recording.digests, request.digests)),
      ...memberDifferences(withoutCallTokens(recording.body), recording.ownNames,
        withoutCallTokens(request.body), this.key(request).matched_on),
    ];
  }
}
