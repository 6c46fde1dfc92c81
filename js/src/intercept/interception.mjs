// Every HTTP request of the process, seen at its socket, so that clients that were made earlier are seen too.
//
// Nothing is patched before `start`. From then on the patches stay: a connection that a client keeps alive would
// otherwise lead past the next cassette. While no cassette is open, requests pass through.
import { HttpRequestInterceptor } from '@mswjs/interceptors/http';
import { current } from '../recorder/gate.mjs';
import { failureKind, playedError } from './failures.mjs';
import { startHttp2 } from './http2.mjs';
import { holdBackLateErrors } from './late-errors.mjs';
import { guardOlderConnections } from './older-connections.mjs';
import { LiveCall } from './live-call.mjs';
import { missResponse } from './miss-response.mjs';
import { playedResponse } from './played-response.mjs';

/** TLS inside a tunnel cannot be seen: its calls would be live, and nobody would know. */
const TUNNEL = 'promptecho cannot see calls through a proxy with CONNECT. Unset HTTPS_PROXY, or do not use a proxy agent, '
  + 'while a cassette is open.';
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
    startHttp2(current, stopped);
  },
};

async function onRequest({ request, requestId, initiator, controller }) {
  const cassette = current();
  if (!cassette) return;
  if (request.method === 'CONNECT') {
    controller.respondWith(missResponse({ url: 'http://proxy/' }, cassette.refuse(TUNNEL)));
    return;
  }
  const body = Buffer.from(await request.clone().arrayBuffer());
  const { method, url } = request;
  const decision = cassette.ask({ method, url, headers: [...request.headers], body });
  if (decision.passed) return;
  if (decision.live) live.set(requestId, new LiveCall(decision.live, initiator, failureKind, () => live.delete(requestId)));
  else if (decision.refused) controller.respondWith(missResponse(request, decision.refused));
  else await play(decision, cassette, request, controller);
}

async function play(decision, cassette, request, controller) {
  const { response, failure } = decision;
  if (!response) {
    if (failure.kind === 'cancelled') await stopped(request.signal);
    if (!request.signal.aborted) controller.errorWith(playedError(failure.kind));
    return;
  }
  controller.respondWith(playedResponse(decision, request, cassette));
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
