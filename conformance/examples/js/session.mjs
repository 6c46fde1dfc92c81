// Sections 15 and 16: one session, from the opening of a cassette to its close.
import { readCassette } from './cassette-read.mjs';
import { writeCassette } from './cassette-write.mjs';
import { PromptechoError } from './errors.mjs';
import { takeUp, textOf } from './journals.mjs';
import { listsVersion } from './data.mjs';
import { readRequest } from './key.mjs';
import { nearestName, sameList, unknownNames } from './match-names.mjs';
import { Matcher } from './matcher.mjs';
import { rewritten, writtenLists, writtenMatchOn } from './migrate.mjs';
import { actionOf } from './modes.mjs';
import { readMode, readOptions, writtenOptions } from './options.mjs';
import { isPassed } from './passthrough.mjs';
import { Redactor } from './redact.mjs';
import { missText } from './report.mjs';
import { withFreshDigests } from './request-digests.mjs';
import { playResponse, storeResponse } from './response.mjs';
import { notesOf, renumbered } from './rpc.mjs';

/** A request that nothing answers [MISS-1]. */
export class Miss extends Error {
  constructor(report, text) {
    super(text);
    Object.assign(this, report);
  }
}

/** A live answer that is not recorded [MODE-7]. */
export class Refused extends Error {
  constructor(status) {
    super(`the answer had the status ${status}`);
    this.status = status;
  }
}

export class Session {
  constructor({ cassette, journals = [], mode, options, environ }) {
    this.caller = readOptions(options);
    this.mode = readMode(mode, environ);
    this.environ = environ;
    this.file = cassette;
    this.opened = cassette && readCassette(cassette, { matching: true });
    this.journals = takeUp(journals, this.opened?.interactions ?? [], this.mode);
    this.matcher = new Matcher(this.#withJournals(), this.caller, { mode: this.mode, environ });
    this.options = this.matcher.options;
    this.rules = this.matcher.rules;
    this.recorded = [];
    this.seenMembers = new Set();
    this.notes = new Map();
    this.liveCalls = [];
    this.warnedParameters = new Set();
    this.warnings = [];
    this.failures = [];
    this.asked = 0;
    this.upstreamCalls = 0;
  }

  #withJournals() {
    const taken = this.journals.filter((journal) => journal.taken);
    if (!taken.length) return this.opened;
    const base = this.opened
      ?? { ...taken[0].home, incomplete: true, extra: new Map(), interactions: [] };
    return { ...base, interactions: [...base.interactions, ...taken.flatMap((journal) => journal.interactions)] };
  }

  get #fileState() {
    const { reading } = this.matcher;
    if (!reading) return 'absent';
    return reading.incomplete ? 'incomplete' : 'present';
  }

  /**
   * Asks for one request. What comes back is `{replayed, drift, response}`, or `{record}`, a function that takes the
   * live answer, or `{passed}`, if it is none of this session's business. A miss is thrown.
   */
  ask(request) {
    if (isPassed(request.url, this.options.passthrough)) return { passed: true };
    this.asked += 1;
    const silent = { ...this.rules, onSecret: this.rules.onSecret === 'warn' ? 'warn' : 'redact' };
    const read = readRequest(request, new Redactor(silent), this.options);
    for (const name of read.body.keys()) this.seenMembers.add(name);
    if (read.ownBody?.size) this.sawObject = true;
    const { match, recording } = this.matcher.select(read);
    const action = actionOf({ mode: this.mode, file: this.#fileState, match, on_exhausted: this.options.on_exhausted });
    if (action === 'miss') this.#miss(read, match);
    if (recording?.renewed && !this.saidOldLists) {
      this.saidOldLists = true;
      this.#warn('lists', 'cassette.yaml was written with older lists: its recordings are matched by the present ones');
    }
    if (action === 'record') {
      this.#refuseToShow();
      return this.#recorder(request);
    }
    const drift = this.matcher.drift(recording, read);
    if (drift.length && this.options.on_drift === 'raise') this.#miss(read, match, drift);
    if (drift.length && this.options.on_drift === 'warn') this.#warn('drift', drift.join(', '));
    this.matcher.play(recording);
    return { replayed: recording.number, drift, response: this.#play(recording, read) };
  }

  /** [MATCH-12] */
  #refuseToShow() {
    if (this.mode === 'all') return;
    for (const name of ['keep_query', 'keep_members']) {
      const [ofFile, ofCaller] = [this.matcher.ofFile, this.caller].map((options) => options[name] ?? []);
      if (ofFile.every((item) => ofCaller.includes(item))) continue;
      const refused = new PromptechoError('option.value', `${name}: the file has ${ofFile}, the caller ${ofCaller}`);
      this.failures.push(refused);
      throw refused;
    }
  }

  #play(recording, { body, method }) {
    const { response } = this.matcher.reading.interactions[recording.number - 1];
    const notes = this.#noted(recording, body);
    if (response.stored) return playResponse({ ...response, stored: renumbered(response.stored, notes) }, method);
    return { ...playResponse({ ...response, stored: legacyStored(response) }, method), chunks: response.chunks };
  }

  /** The notes for what is played of a host and key path [RPC-3]. */
  #noted({ host, path, body: recorded }, incoming) {
    const place = `${host} ${path}`;
    const earlier = this.notes.get(place) ?? { ids: new Map(), tokens: new Map() };
    const { ids, tokens } = notesOf(recorded, incoming);
    const notes = { ids: new Map([...earlier.ids, ...ids]), tokens: new Map([...earlier.tokens, ...tokens]) };
    this.notes.set(place, notes);
    return notes;
  }

  #miss(read, match, drift) {
    const report = this.matcher.miss(read, match, drift !== undefined);
    const about = {
      patterns: this.matcher.ofFile.redact_patterns && !this.caller.redact_patterns,
      newerLists: this.matcher.reading?.lists > listsVersion,
    };
    const miss = new Miss({ ...report, drift: drift ?? [] }, missText(report, read, this.mode, about));
    this.failures.push(miss);
    throw miss;
  }

  #warn(kind, text) { this.warnings.push({ kind, text }); }

  /** Keeps the place of a call that starts now, and records it when its answer is there. */
  #recorder(request) {
    const place = this.recorded.length;
    this.recorded.push(undefined);
    return { record: (answer) => { this.recorded[place] = this.#interaction(request, answer); } };
  }

  #interaction(request, answer) {
    const { on_record_error: onError } = this.options;
    if (answer.status >= 400 && onError === 'raise') {
      const refused = new Refused(answer.status);
      this.failures.push(refused);
      throw refused;
    }
    const redactor = new Redactor(this.rules);
    try {
      const read = readRequest(request, redactor, this.options);
      const { stored, ...head } = storeResponse(answer, redactor, this.options);
      if (answer.status >= 400 && onError === 'warn') this.#warn('recording', `an answer of status ${answer.status}`);
      if (redactor.warned.length) {
        this.#warn('secret', `${redactor.warned.join(', ')}: ${[...new Set(redactor.found)].join(', ')}`);
      }
      this.#compareSecrets(read, answer);
      const { method, url, headers, body } = read;
      return {
        request: { method, url, ...this.#writtenKey(read), headers, body },
        response: { ...head, stored },
        redacted: redactor.places,
      };
    } catch (error) {
      if (error instanceof PromptechoError) this.failures.push(error);
      throw error;
    }
  }

  /** [URL-10] */
  #compareSecrets(read, { status, bytes }) {
    const call = { ...read, key: this.matcher.key(read).match_key, answer: `${status} ${bytes.toString('base64')}` };
    for (const other of this.liveCalls) {
      if (other.key !== call.key || other.host !== call.host || other.answer === call.answer) continue;
      for (const name of differingNames(other.secrets, call.secrets)) {
        if (this.warnedParameters.has(name)) continue;
        this.warnedParameters.add(name);
        this.#warn('query', `the answer depends on the parameter ${name}, which is not in the key; name it in keep_query`);
      }
    }
    this.liveCalls.push(call);
  }

  #writtenKey(read) {
    const { match_key: key, matched_on: names } = this.#writtenMatcher.key(read);
    return { match_key: key, matched_on: names };
  }

  /** The matcher under the list that the file is written with: another one only where a 2.0 file gets a new list. */
  get #writtenMatcher() {
    const list = writtenMatchOn(this.matcher);
    if (sameList(list, this.matcher.options.match_on)) return this.matcher;
    return new Matcher(this.matcher.reading, { ...this.caller, match_on: list }, { mode: this.mode, environ: this.environ });
  }

  /** Ends the session: `{file, journalsLeft}`; no `file` if none is written. `meanwhile`: what stands there now. */
  close({ well, meanwhile }) {
    this.#checkNames();
    const good = well && !this.failures.length;
    if (good && !this.asked) this.#warn('unused', 'no request was made'); // [MODE-12]
    const current = meanwhile ?? this.file;
    const reading = this.mode === 'none' ? undefined : this.#toWrite(good, meanwhile);
    const text = reading && Buffer.from(writeCassette(withFreshDigests(reading)), 'utf8');
    const left = this.journals.filter((journal) => !this.#removes(journal, Boolean(text)));
    return { file: text && !(current && text.equals(current)) ? text : undefined, journalsLeft: left.length };
  }

  /** [MATCH-9] */
  #checkNames() {
    if (!this.caller.match_on || !this.sawObject) return;
    const [name] = unknownNames(this.caller.match_on, this.seenMembers);
    if (name === undefined) return;
    const nearest = nearestName(name, this.seenMembers);
    this.failures.push(new PromptechoError('option.value', `match_on: nothing has ${name}; the nearest name is ${nearest}`));
  }

  #removes(journal, saved) {
    if (this.mode === 'none') return false;
    return (saved && (this.mode === 'all' || journal.taken)) || journal.saved || !journal.interactions.length;
  }

  #toWrite(good, meanwhile) {
    const recorded = this.recorded.filter(Boolean);
    const state = this.#fileState;
    const replaces = this.mode === 'all';
    const took = this.journals.some((journal) => journal.taken);
    const clears = good && state === 'incomplete' && !replaces;
    if (!recorded.length && !clears && !(took && !replaces)) return undefined;
    if (replaces && !good && state !== 'absent') return undefined;
    const present = meanwhile && readCassette(meanwhile);
    const added = this.#added(present);
    const matcher = this.#writtenMatcher;
    const old = replaces ? [] : (matcher.reading?.interactions ?? []).map((interaction, i) =>
      rewritten(interaction, matcher.recordings[i]));
    return {
      match_on: writtenMatchOn(this.matcher),
      options: writtenOptions(this.options),
      lists: writtenLists(old.length ? matcher.reading : added.length ? present : undefined),
      incomplete: !good && (state === 'absent' || (state === 'incomplete' && !replaces)),
      extra: (!replaces && matcher.reading?.extra) || new Map(),
      interactions: [...old, ...added, ...recorded],
    };
  }

  /** What another process put into the file since it was opened [STORE-7]. */
  #added(present) {
    if (!present) return [];
    const before = new Set((this.matcher.reading?.interactions ?? []).map(textOf));
    return present.interactions.filter((interaction) => !before.has(textOf(interaction)));
  }
}

/** The parameters whose values differ: of each a list of `[name, value]`. */
function differingNames(a, b) {
  const values = (pairs, name) => pairs.filter(([other]) => other === name).map(([, value]) => value);
  const names = new Set([...a, ...b].map(([name]) => name));
  return [...names].filter((name) => !sameList(values(a, name), values(b, name)));
}

/** A 2.0 body in a form that gives its length. */
const legacyStored = ({ streaming, chunks }) => (streaming ? { streaming, binary: true, events: [] }
  : { streaming, binary: true, body: Buffer.concat(chunks).toString('base64') });
