// One open cassette: it asks the session of the core, keeps what is recorded, and saves at the end.
import { Miss, Refused, Session } from '../core/session.mjs';
import { plain } from '../core/wire.mjs';
import { interception } from '../intercept/interception.mjs';
import { Store } from '../storage/store.mjs';
import { CassetteMiss, RecordingRefused, withFile } from './errors.mjs';
import * as gate from './gate.mjs';
import { readUserOptions } from './options.mjs';

const LONGEST_WAIT_MS = 60000; // [AFTER-4.3]

export class OpenCassette {
  #session;
  #store;
  #live = new Set();
  #waiting = new Set();
  #played = [];
  #sent = [];
  #shownWarnings = 0;

  constructor(file, given) {
    const { mode, options } = readUserOptions(given);
    this.name = String(file);
    this.mode = mode;
    this.isClosed = false;
    this.#store = new Store(this.name, mode);
    try {
      this.#session = this.#opened(options);
      gate.enter(this);
    } catch (error) {
      this.#store.release();
      throw withFile(error, this.name);
    }
    this.#warn();
    interception.start();
  }

  #opened(options) {
    const { bytes: cassette, journals, journalNames } = this.#store;
    const { mode, name } = this;
    return new Session({ cassette, journals, journalNames, mode, options, environ: process.env, name });
  }

  /** Recordings that answered a request, in order; one that was repeated is there again. */
  get played() { return this.#played.map((number) => shown(this.#readings[number - 1])); }

  /** What this session recorded, in the order in which the requests started. */
  get recorded() { return this.#session.recorded.filter(Boolean).map(shown); }

  /** Recordings of the file that were not played. */
  get unplayed() {
    return this.#readings.filter((_, i) => !this.#session.matcher.played.has(i + 1)).map(shown);
  }

  /** The requests that reached this cassette, as they were sent. */
  get sent() { return [...this.#sent]; }

  /** The misses, in order. */
  get missed() { return this.#session.failures.filter((one) => one instanceof Miss).map((miss) => this.#miss(miss)); }

  get #readings() { return this.#session.matcher.reading?.interactions ?? []; }

  /** What becomes of a request: `{passed}`, `{refused}` with an error, `{live}`, or `{replayed, response, failure}`. */
  ask(request) {
    if (this.isClosed) return { refused: new Error(`${this.name} was closed while this request was sent.`) };
    try {
      return this.#decided(request);
    } catch (error) {
      if (!this.#session.failures.includes(error)) this.#session.failures.push(error);
      return { refused: error instanceof Miss ? this.#miss(error) : withFile(error, this.name) };
    } finally {
      this.#warn();
      for (const wake of this.#waiting) wake();
    }
  }

  /** Refuses a call that cannot be recorded or replayed; the error is raised again when the cassette closes. */
  refuse(message) {
    const error = new Error(`${this.name}: ${message}`);
    this.#session.failures.push(error);
    return error;
  }

  #decided(request) {
    const decision = this.#session.ask(request);
    if (decision.passed) return { passed: true };
    this.#sent.push({ method: request.method, url: request.url, body: request.body.toString('utf8') });
    if (!decision.record) {
      this.#played.push(decision.replayed);
      return decision;
    }
    this.#store.beforeLiveCall();
    return { live: this.#liveCall(decision.record) };
  }

  #liveCall(record) {
    const call = {
      started: () => this.#session.asked,
      finish: (answer) => {
        if (!this.#live.delete(call)) return;
        try {
          const interaction = record(answer);
          if (interaction) this.#store.keep(this.#session, interaction);
        } catch (error) {
          if (!this.#session.failures.includes(error)) this.#session.failures.push(error);
        } finally {
          this.#warn();
        }
      },
    };
    this.#live.add(call);
    return call;
  }

  /** Waits until another request has started, the cassette is closed, or nothing came for too long [AFTER-4]. */
  async nextRequest(turns) {
    await new Promise((resolve) => {
      const timer = setTimeout(() => {
        if (turns.release()) this.#session.warnWaited();
        wake();
      }, LONGEST_WAIT_MS);
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      if (this.isClosed) wake();
    });
    if (this.isClosed) turns.release();
  }

  /** Closes the cassette and saves; raises the first miss again, if there was one. `failed`: the block ended with an error. */
  async close({ failed = false, cause } = {}) {
    if (this.isClosed) return;
    await this.#settle();
    this.isClosed = true;
    for (const wake of this.#waiting) wake();
    for (const call of [...this.#live]) call.stop?.();
    gate.leave(this);
    try {
      this.#store.save(this.#session, !failed);
    } catch (error) {
      throw withFile(error, this.name);
    } finally {
      this.#warn();
    }
    const [first] = this.#session.failures;
    if (first) throw this.#raised(first, cause);
  }

  async [Symbol.asyncDispose]() { await this.close(); }

  /** Lets arrive what the sockets have received: a client that has its answer may be ahead of the copy of it. */
  async #settle() {
    for (let quiet = 0, before = this.#progress; quiet < 4 && this.#live.size; quiet++) {
      await new Promise((resolve) => { setImmediate(resolve); });
      if (this.#progress !== before) [quiet, before] = [0, this.#progress];
    }
  }

  get #progress() { return [...this.#live].reduce((sum, call) => sum + 1 + (call.received?.() ?? 0), 0); }

  #raised(error, cause) {
    if (error instanceof Miss) return this.#miss(error, cause);
    if (error instanceof Refused) return new RecordingRefused(error.status, cause);
    return withFile(error, this.name);
  }

  #miss(miss, cause) {
    const { name: cassette, mode } = this;
    const { method, url } = miss.request ?? {};
    return new CassetteMiss(miss, { cassette, mode, method, url }, cause);
  }

  #warn() {
    const { warnings } = this.#session;
    for (const { kind, text } of warnings.slice(this.#shownWarnings)) {
      process.emitWarning(`${this.name}: ${text}`, { type: 'PromptechoWarning', code: `promptecho.${kind}` });
    }
    this.#shownWarnings = warnings.length;
  }

  /** The summary line. */
  get summary() {
    const { length: recorded } = this.recorded;
    return `promptecho: ${recorded} recorded, ${this.#played.length} replayed, ${this.missed.length} missed, `
      + `${this.unplayed.length} unplayed`;
  }
}

/** An interaction as the caller sees it. */
function shown({ request, response, failure }) {
  const { method, url, match_key: matchKey, matched_on: matchedOn, body } = request;
  return {
    request: { method, url, matchKey, matchedOn, body: plain(body) },
    ...(response && { response: { status: response.status, headers: Object.fromEntries(response.headers) } }),
    ...(failure && { failure: failure.kind }),
  };
}
