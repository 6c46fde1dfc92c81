// The operations `replay` and `miss`: one whole session without a socket.
import { PromptechoError } from './errors.mjs';
import { Miss, Refused, Session } from './session.mjs';
import * as wire from './wire.mjs';

const NO_CALL = { drift: [], response: null };

function open({ cassette, journals = [], mode, options, environ }) {
  return new Session({
    cassette: cassette ? wire.readBytes(cassette) : null,
    journals: journals.map(wire.readBytes),
    mode,
    options,
    environ,
  });
}

export function replay(given) {
  const session = open(given);
  const results = [];
  const held = [];
  given.requests.forEach((asked, i) => {
    const reading = reads(session, asked);
    const step = () => {
      const { done, value } = reading.next();
      if (done) results[i] = value;
      return done;
    };
    if (!step()) held.push(step);
  });
  held.forEach((step) => step());
  const { file, journalsLeft } = session.close({
    well: (given.end ?? 'well') === 'well', meanwhile: given.meanwhile && wire.readBytes(given.meanwhile),
  });
  return {
    outcomes: results.map((result) => result.outcome),
    upstream_calls: session.upstreamCalls,
    drift: results.map((result) => result.drift),
    responses: results.map((result) => result.response),
    waited: results.map((result) => result.waited ?? []),
    file: file ? wire.writeBytes(file) : 'unchanged',
    journals_left: journalsLeft,
    warnings: session.warnings.map((warning) => warning.kind),
    messages: session.warnings.map((warning) => warning.text),
    raised: session.failures.length ? outcomeOf(session.failures[0]) : null,
  };
}

/** Asks for a request and reads its answer; stops once where the client reads on later. Returns the result. */
function* reads(session, { request, upstream, fails, client = 'read', held = false }) {
  const limit = client === 'read' ? Infinity : client.stop_after;
  let asked;
  try {
    asked = session.ask(wire.readRequest(request));
  } catch (error) {
    return { ...NO_CALL, outcome: outcomeOf(error), drift: error.drift ?? [] };
  }
  if (asked.record || asked.passed) session.upstreamCalls++;
  if (asked.passed) return { ...NO_CALL, outcome: { passed: true } };
  return asked.record ? yield* live(session, asked.record, { upstream, fails, client, limit, held })
    : yield* replayed(session, asked, { limit, held });
}

/** How many chunks the client reads at once, if it reads the others later; else -1. */
const readsFirst = (held) => (held === true ? 0 : held === false ? -1 : held);

function* replayed(session, { replayed: number, drift, response, failure, readPast }, { limit, held }) {
  if (!response) return { ...NO_CALL, outcome: { replayed: number }, drift, response: { failure: failure.kind } };
  const { truncated, chunks, after, turns, ...head } = response;
  const waited = [];
  const read = [];
  while (read.length < limit) {
    if (read.length === readsFirst(held)) yield;
    if (turns.hasChunks && !turns.isReady && turns.release()) {
      waited.push(read.length); // the only thread: nothing else could start [AFTER-4]
      session.warnWaited();
    }
    const chunk = turns.take();
    if (!chunk) break;
    read.push(chunk);
  }
  const stopped = limit !== Infinity;
  if (!stopped && failure) Object.assign(head, { failure: failure.kind });
  const ends = stopped ? 'stopped' : failure ? 'failed' : truncated ? 'truncated' : 'whole';
  if (ends === 'truncated') readPast();
  return { outcome: { replayed: number }, drift, waited, response: { ...head, chunks: read.map(wire.writeBytes), ends } };
}

function* live(session, record, { upstream, fails, client, limit, held }) {
  if (held === true) yield;
  if (!upstream) return failed(record, fails ?? 'connect');
  const chunks = upstream.chunks ?? (upstream.body ? [upstream.body] : []);
  const stopped = limit !== Infinity || fails === 'other';
  const taken = chunks.slice(0, limit);
  const starts = [session.asked];
  for (const i of taken.keys()) {
    if (held !== true && i === readsFirst(held)) yield;
    starts.push(session.asked);
  }
  try {
    const read = { ...upstream, body: undefined, chunks: taken, starts, breaks: upstream.breaks || stopped };
    const failure = stopped ? undefined : fails;
    record({ ...wire.readUpstream(read), failure, open: client.leaves_open });
  } catch (error) {
    return { ...NO_CALL, outcome: outcomeOf(error) };
  }
  return { ...NO_CALL, outcome: { live: upstream.status } };
}

function failed(record, kind) {
  try {
    record({ failure: kind === 'other' ? undefined : kind });
  } catch (error) {
    return { ...NO_CALL, outcome: outcomeOf(error) };
  }
  return { ...NO_CALL, outcome: { failed: kind } };
}

function outcomeOf(error) {
  if (error instanceof Miss) return { miss: error.reason };
  if (error instanceof Refused) return { refused: error.status };
  if (error instanceof PromptechoError) return { error: error.code };
  throw error;
}

export function miss({ before = [], request, mode = 'none', ...given }) {
  const session = open({ ...given, mode });
  for (const earlier of before) tryAsk(session, earlier);
  const found = tryAsk(session, request);
  if (!found) return { reason: null, nearest: null, differences: [], message: '' };
  const { reason, nearest, differences, message } = found;
  return { reason, nearest, differences: differences.map(side), message };
}

function tryAsk(session, request) {
  try {
    session.ask(wire.readRequest(request));
    return undefined;
  } catch (error) {
    if (error instanceof Miss) return error;
    throw error;
  }
}

const side = ({ path, recorded, incoming }) => ({
  path,
  ...(recorded !== undefined && { recorded: wire.plain(recorded) }),
  ...(incoming !== undefined && { incoming: wire.plain(incoming) }),
});
