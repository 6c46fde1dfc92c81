// Sections 15 and 16: one session, from the opening of a cassette to its close.
import { readCassette } from './cassette-read.mjs';
import { headText, writeCassette } from './cassette-write.mjs';
import { listsVersion } from './data.mjs';
import { PromptechoError } from './errors.mjs';
import { mediaType } from './headers.mjs';
import { takeUp, textOf, withoutLastErrors } from './journals.mjs';
import { plainBody, readRequest } from './key.mjs';
import { lazyReading } from './lazy-read.mjs';
import { sameList, unknownName } from './match-names.mjs';
import { Matcher } from './matcher.mjs';
import { rewritten, writtenLists, writtenMatchOn } from './migrate.mjs';
import { actionOf } from './modes.mjs';
import { readMode, readOptions, writtenOptions } from './options.mjs';
import { isPassed, isTelemetry, looksLikeTelemetry } from './passthrough.mjs';
import { carries } from './literals.mjs';
import { printable } from './printable.mjs';
import { knowing, Redactor } from './redact.mjs';
import { Redirects } from './redirects.mjs';
import { missText } from './report.mjs';
import { withFreshDigests } from './request-digests.mjs';
import { playResponse, storeResponse } from './response.mjs';
import { withoutReturned, withReturned } from './returned-values.mjs';
import { Notes, renumbered, renumberedChunks } from './rpc.mjs';
import { storedUrl } from './query.mjs';
import { SecretParameters } from './secret-parameters.mjs';
import { streamCalls, Turns } from './turns.mjs';

/** A request that nothing answers [MISS-1]. */
export class Miss extends Error {
  constructor(report, text) {
    super(text);
    Object.assign(this, report);
  }
}

/** A live answer that is not recorded [MODE-7], or a failure [FAIL-8]: a status or a kind. */
export class Refused extends Error {
  constructor(status) {
    super(`the call ended with ${status}`);
    this.status = status;
  }
}

export class Session {
  /** `name` and `journalNames`: those of the files, for messages. */
  constructor({ cassette, journals = [], mode, options, environ, name = 'cassette.yaml', journalNames }) {
    this.name = name;
    this.caller = readOptions(options);
    this.mode = readMode(mode, environ);
    this.environ = environ;
    this.file = cassette;
    // What may be written is read as a whole first: a faulty file is not written to [MODE-11].
    const lazy = cassette && !journals.length && ['none', 'once'].includes(this.mode) && lazyReading(cassette);
    const reading = lazy && (this.mode === 'none' || !lazy.incomplete) ? lazy : undefined;
    this.opened = cassette && (reading ?? readCassette(cassette, { matching: true }));
    this.journals = takeUp(journals, this.opened?.interactions ?? [], this.mode);
    this.matcher = new Matcher(this.#withJournals(), this.caller, { mode: this.mode, environ });
    this.options = this.matcher.options;
    this.rules = this.matcher.rules;
    this.recorded = [];
    this.seenMembers = new Set();
    this.notes = new Notes();
    this.asks = new Map();
    this.redirects = new Redirects();
    this.secretParameters = new SecretParameters();
    this.secretMembers = new SecretParameters();
    this.warnings = [];
    this.failures = [];
    this.unread = [];
    this.asked = 0;
    this.upstreamCalls = 0;
    this.sent = [];
    const nameOf = (i) => journalNames?.[i] ?? `${name}.${i ? `${i + 1}.` : ''}partial`;
    if (this.mode === 'none') this.journals.forEach((_, i) => this.#warnOfJournal(nameOf(i)));
  }

  /** [STORE-12] */
  #warnOfJournal(name) {
    this.#warn('journal', `${name} is not played in mode none: it is the journal of a session that did not end`);
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
    return this.#failing(() => this.#asked(request));
  }

  #asked(request) {
    const passes = isPassed(request.url, this.options.passthrough) || isTelemetry(request);
    if (passes && !this.redirects.sentTo(request.url)) return { passed: true };
    this.asked += 1;
    if (this.mode !== 'none') this.sent.push({ ...request, plain: plainBody(request) });
    const silent = { ...this.rules, onSecret: this.rules.onSecret === 'warn' ? 'warn' : 'redact' };
    const read = readRequest(request, new Redactor(silent), this.options);
    read.telemetry = looksLikeTelemetry(request);
    for (const name of read.body.keys()) this.seenMembers.add(name);
    if (read.ownBody?.size) this.sawObject = true;
    const { match, recording } = this.matcher.select(read);
    const mode = passes ? 'none' : this.mode; // [PASS-5]
    const action = actionOf({ mode, file: this.#fileState, match, on_exhausted: this.options.on_exhausted });
    if (action === 'miss') this.#miss(read, match);
    if (recording?.renewed && !this.saidOldLists) {
      this.saidOldLists = true;
      this.#warn('lists', `${this.name} was written with older lists: its recordings are matched by the present ones`);
    }
    if (action === 'record') {
      this.#refuseToShow();
      return this.#recorder(request);
    }
    const differences = this.matcher.drift(recording, read);
    const drift = differences.map(({ path }) => path);
    if (drift.length && this.options.on_drift === 'raise') {
      this.#miss(read, match, { nearest: recording.number, differences });
    }
    if (drift.length && this.options.on_drift === 'warn') this.#warn('drift', drift.join(', '));
    this.matcher.play(recording);
    const { failure } = this.matcher.reading.interactions[recording.number - 1];
    const readPast = () => this.#warn('recording', `${read.method} ${read.url}: the recording ends here`);
    const response = this.#play(recording, read);
    if (response) this.redirects.note(request.url, response);
    return { replayed: recording.number, drift, failure, readPast, response };
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

  #play(recording, { body, method, volatile }) {
    const { response } = this.matcher.reading.interactions[recording.number - 1];
    const notes = this.notes.of(recording, body);
    const { asks, asked: at } = this;
    asks.set(recording.number, [...asks.get(recording.number) ?? [], { at, body }]); // for answers on streams [RPC-8]
    if (!response) return undefined;
    const played = response.stored ? this.#playStored(recording, response, { notes, method })
      : this.#playLegacy(response, notes, method);
    return { ...played, headers: withReturned(played.headers, volatile) };
  }

  #playStored({ number }, { stored, ...response }, { notes, method }) {
    const { asks, asked: at, matcher: { recordings, silent } } = this;
    const played = playResponse({ ...response, stored: renumbered(stored, notes) }, method);
    const calls = streamCalls({
      stream: recordings[number - 1], stored, recordings, asks, at,
      storedUrl: (url) => storedUrl(url, silent, this.options).url,
    });
    return { ...played, turns: new Turns({ ...played, calls, started: () => this.asked }) };
  }

  #playLegacy(response, notes, method) {
    const type = mediaType(response.headers.flatMap(([name, values]) => values.map((value) => [name, value])));
    const chunks = renumberedChunks(response, type, notes);
    const played = playResponse({ ...response, stored: legacyStored({ ...response, chunks }) }, method);
    return { ...played, chunks, turns: new Turns({ chunks }) };
  }

  #miss(read, match, drifted) {
    const report = this.matcher.miss(read, match, drifted);
    const about = {
      patterns: this.matcher.ofFile.redact_patterns && !this.caller.redact_patterns,
      newerLists: this.matcher.reading?.lists > listsVersion,
      telemetry: read.telemetry,
    };
    const drift = drifted ? drifted.differences.map(({ path }) => path) : [];
    const miss = new Miss({ ...report, drift, request: { method: read.method, url: read.url } }, missText(report, read, this.mode, about, this.name));
    this.failures.push(miss);
    throw miss;
  }

  /** [AFTER-4] */
  warnWaited() {
    if (this.options.on_drift === 'warn') this.#warn('drift', 'an event came after a request that was not made');
  }

  #warn(kind, text) { this.warnings.push({ kind, text: printable(text) }); }

  /** Keeps the place of a call that starts now, and records it when its answer is there. */
  #recorder(request) {
    const redactor = new Redactor(this.rules);
    const read = this.#failing(() => readRequest(request, redactor, this.options));
    const place = this.recorded.length;
    this.recorded.push(undefined);
    return { record: (answer) => (this.recorded[place] = this.#interaction(read, redactor, answer)) };
  }

  /** Keeps an error of a recording or of redaction, so that the session does not end well. */
  #failing(work) {
    try {
      return work();
    } catch (error) {
      if (error instanceof PromptechoError && !this.failures.includes(error)) this.failures.push(error);
      throw error;
    }
  }

  #interaction(read, asked, answer) {
    const { status, failure: kind } = answer;
    if (status === undefined && !kind) return undefined; // [FAIL-7]
    if (status < 200) return undefined; // [FILE-34]
    const fault = status >= 400 ? status : kind !== 'cancelled' && kind;
    if (fault && this.options.on_record_error === 'raise') {
      const refused = new Refused(fault);
      this.failures.push(refused);
      throw refused;
    }
    const { method, url, headers, body } = read;
    const first = new Redactor(asked.rules);
    if (status !== undefined) this.#learn(read, answer, first);
    const told = new Redactor(this.rules); // [RED-26]
    const response = status === undefined ? undefined : this.#failing(() => this.#response(read, answer, told));
    const named = told.named.filter((place) => !first.warned.includes(place));
    for (const { warned, found } of [asked, first].filter((one) => one.warned.length)) {
      this.#warn('secret', `${warned.join(', ')}: ${[...new Set(found)].join(', ')}`);
    }
    if (response) this.#compareSecrets(read, asked, response);
    if (named.length) this.#warn('secret', `replaced by name: ${named.join(', ')}; see keep_members`);
    if (fault && this.options.on_record_error === 'warn') this.#warn('recording', `${method} ${url} ended with ${fault}`);
    return {
      request: { method, url, ...this.#writtenKey(read), headers, body },
      response,
      failure: kind && { kind },
      redacted: [...asked.places, ...told.places],
    };
  }

  /** Makes what an answer tells literals of the rest of the session [RED-16]. */
  #learn(read, answer, redactor) {
    this.#failing(() => this.#stored(read, answer, redactor));
    const told = redactor.told.filter((value) => !this.sent.some((one) => carries(one, value)));
    this.rules = knowing(this.rules, told);
  }

  /** What is stored of an answer; of one that is open at the end of the session the caller hears [FAIL-11]. */
  #response(read, answer, redactor) {
    const { method, url, volatile } = read;
    const { stored, ...head } = this.#stored(read, answer, redactor);
    if (answer.failure) stored.truncated = true;
    if (answer.open && stored.truncated) this.unread.push(`${method} ${url} was not read to its end`);
    return { ...head, headers: withoutReturned(head.headers, volatile), stored };
  }

  #stored({ talk }, answer, redactor) {
    const stopped = answer.stopped || Boolean(answer.failure);
    return storeResponse({ ...answer, stopped }, redactor, { ...this.options, talk });
  }

  #compareSecrets(read, { hidden }, response) {
    const key = this.matcher.key(read).match_key;
    for (const name of this.secretParameters.compare(read, key, response)) {
      this.#warn('query', `the answer depends on the parameter ${name}: keep_query puts it into the key`);
    }
    for (const name of this.secretMembers.compare({ host: read.host, secrets: hidden }, key, response)) {
      this.#warn('secret', `the answer depends on the member ${name}: keep_members puts it into the key`);
    }
  }

  #writtenKey(read) {
    const { match_key: key, matched_on: names } = this.#writtenMatcher.key(read);
    return { match_key: key, matched_on: names };
  }

  /** The matcher under the list that the file is written with: another one only where a 2.0 file gets a new list. */
  get #writtenMatcher() {
    const list = writtenMatchOn(this.matcher);
    if (sameList(list, this.matcher.options.match_on)) return this.matcher;
    const { mode, environ } = this;
    return new Matcher(this.matcher.reading, { ...this.caller, match_on: list }, { mode, environ });
  }

  /** The head of the journal of this session [STORE-3]. */
  get journalHead() {
    const extra = new Map(this.mode === 'all' && this.file ? [['x-replaces', true]] : []);
    return headText({
      match_on: writtenMatchOn(this.matcher), options: writtenOptions(this.options), lists: listsVersion,
      incomplete: true, extra, interactions: [undefined],
    });
  }

  /**
   * Ends the session: `{file, removed, journalsLeft}`; no `file` if none is written; `removed`: of each journal whether
   * it goes. `meanwhile`: what stands there now.
   */
  close({ well, meanwhile }) {
    this.#checkNames();
    const good = well && !this.failures.length;
    if (good) this.#warnAtTheEnd();
    const current = meanwhile ?? this.file;
    const reading = this.mode === 'none' ? undefined : this.#toWrite(good, meanwhile);
    const text = reading && Buffer.from(writeCassette(withFreshDigests(reading)), 'utf8');
    const removed = this.journals.map((journal) => this.#removes(journal, Boolean(text)));
    const file = text && !(current && text.equals(current)) ? text : undefined;
    return { file, removed, journalsLeft: removed.filter((goes) => !goes).length };
  }

  #warnAtTheEnd() {
    if (!this.asked) this.#warn('unused', 'no request was made'); // [MODE-12]
    for (const text of this.unread) this.#warn('recording', text); // [FAIL-11]
    if (!this.#hasOnlyFailures) return;
    const [{ request: { method, url }, failure: { kind } }] = this.recorded.filter(Boolean);
    this.#warn('recording', `nothing was saved: ${method} ${url} failed (${kind})`);
  }

  /** [FAIL-9] */
  get #hasOnlyFailures() {
    const recorded = this.recorded.filter(Boolean);
    return recorded.length > 0 && recorded.every(({ response }) => !response);
  }

  /** [MATCH-9] */
  #checkNames() {
    const unknown = this.caller.match_on && this.sawObject && unknownName(this.caller.match_on, this.seenMembers);
    if (unknown) this.failures.unshift(new PromptechoError('option.value', unknown));
  }

  #removes(journal, saved) {
    if (this.mode === 'none') return false;
    return (saved && (this.mode === 'all' || journal.taken)) || journal.saved || !journal.interactions.length;
  }

  #toWrite(good, meanwhile) {
    if (this.#hasOnlyFailures) return undefined;
    const finished = this.recorded.filter(Boolean);
    const recorded = good ? finished : withoutLastErrors(finished);
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
      rewritten(interaction, matcher.recordings[i], matcher));
    return {
      match_on: writtenMatchOn(this.matcher),
      options: writtenOptions(this.options),
      lists: writtenLists(old.length ? matcher.reading : added.length ? present : undefined),
      incomplete: !good && (state === 'absent' || (state === 'incomplete' && !replaces)),
      extra: firstFound(this.opened?.extra, present?.extra),
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

/** The members of two files; of two of one name the first [STORE-9]. */
function firstFound(first = new Map(), second = new Map()) {
  return new Map([...first, ...[...second].filter(([name]) => !first.has(name))]);
}

/** A 2.0 body in a form that gives its length. */
const legacyStored = ({ streaming, chunks }) => (streaming ? { streaming, binary: true, events: [] }
  : { streaming, binary: true, body: Buffer.concat(chunks).toString('base64') });
