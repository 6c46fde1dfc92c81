// Every HTTP request of the process, seen at its socket, so that clients that were made earlier are seen too.
//
// Nothing is patched before `start`. From then on the patches stay: a connection that a client keeps alive would
// otherwise lead past the next cassette. While no cassette is open, requests pass through.
import { HttpRequestInterceptor } from '@mswjs/interceptors/http';
import { current } from '../recorder/gate.mjs';
import { failureKind, playedError } from './failures.mjs';
import { holdBackLateErrors } from './late-errors.mjs';
import { guardOlderConnections } from './older-connections.mjs';
import { LiveCall } from './live-call.mjs';
import { missResponse } from './miss-response.mjs';
import { playedResponse } from './played-response.mjs';

const LONGEST_CANCELLED_MS = 60000; // [FAIL-4]

const live = new Map();
let started = false;

export const interception = {
  start() {
    if (started) return;
    started = true;
    guardOlderConnections(() => Boolean(current()));
    holdBackLateErrors();
    const interceptor = new HttpRequestInterceptor();
    interceptor.on('request', onRequest);
    interceptor.on('response', onResponse);
    interceptor.apply();
  },
};

async function onRequest({ request, requestId, initiator, controller }) {
  const cassette = current();
  if (!cassette) return;
  const body = Buffer.from(await request.clone().arrayBuffer());
  const { method, url } = request;
  const decision = cassette.ask({ method, url, headers: [...request.headers], body });
  if (decision.passed) return;
  if (decision.live) live.set(requestId, new LiveCall(decision.live, initiator, failureKind, () => live.delete(requestId)));
  else if (decision.refused) controller.respondWith(missResponse(request, decision.refused));
  else await play(decision, cassette, request, controller);
}

async function play({ response, failure, readPast }, cassette, request, controller) {
  if (!response) {
    if (failure.kind === 'cancelled') await stopped(request.signal);
    if (!request.signal.aborted) controller.errorWith(playedError(failure.kind));
    return;
  }
  let answer;
  try {
    answer = playedResponse(response, { method: request.method, failure, readPast, cassette });
  } catch (error) {
    answer = missResponse(request, new Error(`${cassette.name}: this recording cannot be played: ${error.message}`));
  }
  controller.respondWith(answer);
}

/** Waits until the client stops waiting, as it did when the call was recorded. */
function stopped(signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LONGEST_CANCELLED_MS);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

// Not async: the library would hold the response back from the client until a promise is done.
function onResponse({ response, requestId, responseType }) {
  if (responseType === 'original' && response.status >= 200) live.get(requestId)?.receive(response);
}
