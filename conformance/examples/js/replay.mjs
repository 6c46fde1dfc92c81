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
    const started = start(session, asked);
    if (started.finish && asked.held) held.push(() => { results[i] = started.finish(); });
    else results[i] = started.finish ? started.finish() : started;
  });
  held.forEach((finish) => finish());
  const { file, journalsLeft } = session.close({
    well: (given.end ?? 'well') === 'well', meanwhile: given.meanwhile && wire.readBytes(given.meanwhile),
  });
  return {
    outcomes: results.map((result) => result.outcome),
    upstream_calls: session.upstreamCalls,
    drift: results.map((result) => result.drift),
    responses: results.map((result) => result.response),
    file: file ? wire.writeBytes(file) : 'unchanged',
    journals_left: journalsLeft,
    warnings: session.warnings.map((warning) => warning.kind),
    messages: session.warnings.map((warning) => warning.text),
    raised: session.failures.length ? outcomeOf(session.failures[0]) : null,
  };
}

/** Asks for a request: a result, or `{finish}` that reads the answer and gives it. */
function start(session, { request, upstream, fails, client = 'read' }) {
  const limit = client === 'read' ? Infinity : client.stop_after;
  let asked;
  try {
    asked = session.ask(wire.readRequest(request));
  } catch (error) {
    return { ...NO_CALL, outcome: outcomeOf(error), drift: error.drift ?? [] };
  }
  if (asked.record || asked.passed) session.upstreamCalls++;
  if (asked.passed) return { ...NO_CALL, outcome: { passed: true } };
  return { finish: () => (asked.record ? live(asked.record, { upstream, fails, client }, limit) : replayed(asked, limit)) };
}

function replayed({ replayed: number, drift, response, failure, readPast }, limit) {
  if (!response) return { outcome: { replayed: number }, drift, response: { failure: failure.kind } };
  const { truncated, chunks, ...head } = response;
  const stopped = limit !== Infinity;
  if (!stopped && failure) Object.assign(head, { failure: failure.kind });
  const ends = stopped ? 'stopped' : failure ? 'failed' : truncated ? 'truncated' : 'whole';
  if (ends === 'truncated') readPast();
  const read = chunks.slice(0, limit).map(wire.writeBytes);
  return { outcome: { replayed: number }, drift, response: { ...head, chunks: read, ends } };
}

function live(record, { upstream, fails, client }, limit) {
  if (!upstream) return failed(record, fails ?? 'connect');
  const chunks = upstream.chunks ?? (upstream.body ? [upstream.body] : []);
  const stopped = limit !== Infinity || fails === 'other';
  try {
    const read = { ...upstream, body: undefined, chunks: chunks.slice(0, limit), breaks: upstream.breaks || stopped };
    const failure = !stopped && fails !== 'other' ? fails : undefined;
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
