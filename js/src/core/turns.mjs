// [AFTER-3], [RPC-7] to [RPC-9]: when the events of a played stream are handed out, and to which call each belongs.
import { playBody } from './body.mjs';
import { callNumbers, numbersIn, renumberedEvent } from './rpc.mjs';
import { dataParts } from './streams.mjs';

const ENDPOINT = /^event: *endpoint *$/m;

export class Turns {
  /** `calls`: those of the events that belong to one, from `streamCalls`; `started()`: how many requests have started. */
  constructor({ chunks, after, calls = new Map(), started }) {
    Object.assign(this, { chunks, after, calls, started });
    this.left = [...chunks.keys()];
    this.again = [];
    this.free = false;
  }

  /** Whether the next chunk does not wait. */
  get isReady() { return this.#next() !== undefined; }

  get hasChunks() { return this.left.length > 0; }

  /** The wait ends: no other request can start [AFTER-4]. */
  release() {
    if (this.free) return false;
    this.free = true;
    return true;
  }

  /** The next chunk, or undefined if there is none that may be handed out. */
  take() {
    const i = this.#next();
    if (i === undefined) return undefined;
    this.left = this.left.filter((other) => other !== i);
    if (!this.calls.has(i)) return this.chunks[i];
    if (!this.again.includes(i)) this.again = [...this.again, i].sort((a, b) => a - b);
    return this.calls.get(i).take();
  }

  #next() {
    let inOrder = true;
    const events = this.after?.length ?? this.chunks.length;
    return [...this.again, ...this.left].sort((a, b) => a - b).find((i) => {
      const call = this.calls.get(i);
      if (call) return call.isMade && this.#haveStarted(i, call.skipped);
      const isFirst = inOrder && this.#haveStarted(i, 0) && (i < events || i === this.left[0]);
      inOrder &&= isFirst;
      return isFirst;
    });
  }

  #haveStarted(i, skipped) {
    const { after } = this;
    return this.free || !after || this.started() + skipped >= after[Math.min(i, after.length - 1)];
  }
}

/** The events of a stream that belong to calls of the file: a Map of index to `EventCalls` [RPC-7]. */
export function streamCalls({ stream, stored, recordings, asks, at, storedUrl }) {
  const { framing, events } = stored;
  const found = new Map();
  if (stream.method !== 'GET' || !framing?.startsWith('sse') || !events?.length) return found;
  const hasEndpoint = ENDPOINT.test(events[0]);
  const url = hasEndpoint ? storedUrl(new URL(dataOf(events[0]), stream.url).href) : stream.url;
  const senders = recordings.filter((recording) => recording.url === url)
    .flatMap((recording) => callNumbers(recording.body, recording.body).map((own) => ({ ...own, recording })));
  events.forEach((event, i) => {
    const calls = numbersIn(event).map(({ kind, number }) => ({
      kind, number,
      senders: senders.filter((own) => own.kind === kind && own.number === number).map((own) => own.recording),
    })).filter((call) => call.senders.length);
    if (!calls.length) return;
    const last = (call) => Math.max(1, ...requestsOf(call, asks).map((ask) => ask.at));
    const answered = hasEndpoint ? at : Math.min(...calls.map(last)) - 1;
    found.set(i, new EventCalls({ stored, event, calls, asks, answered, stream }));
  });
  return found;
}

/** The calls of one event; each time that all of them are made, the event is handed out. */
class EventCalls {
  constructor(given) { Object.assign(this, given); }

  get #made() {
    return this.calls.map((call) => requestsOf(call, this.asks).find((ask) => ask.at > this.answered));
  }

  get isMade() { return this.#made.every(Boolean); }

  /** How many recordings between the stream and the call were not played [RPC-8]. */
  get skipped() {
    const last = Math.max(...this.#made.map((ask) => ask.recording.number));
    return Array.from({ length: Math.max(0, last - this.stream.number - 1) }, (_, i) => this.stream.number + 1 + i)
      .filter((number) => !this.asks.has(number)).length;
  }

  take() {
    const made = this.#made;
    const notes = { ids: new Map(), tokens: new Map() };
    this.calls.forEach(({ kind, number }, i) => {
      const { recording, body } = made[i];
      const own = callNumbers(recording.body, body).find((one) => one.kind === kind && one.number === number);
      if (own) notes[kind].set(number, own.incoming);
    });
    this.answered = Math.max(...made.map((ask) => ask.at));
    const events = [renumberedEvent(this.event, notes)];
    return Buffer.concat(playBody({ ...this.stored, events, tail: undefined }));
  }
}

/** The requests with a call, in order: `{at, body, recording}`. */
const requestsOf = ({ senders }, asks) => senders
  .flatMap((recording) => (asks.get(recording.number) ?? []).map((ask) => ({ ...ask, recording })))
  .sort((a, b) => a.at - b.at);

const dataOf = (event) => dataParts(event).map(({ text }) => text).join('\n');
