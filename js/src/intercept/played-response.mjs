// A recording as the response that a client reads [PLAY-1].
import { setImmediate as nextTurn } from 'node:timers/promises';
import { missResponse } from './miss-response.mjs';

const WITHOUT_BODY = new Set([204, 205, 304]);
const CHUNKS_APART = 64; // [BODY-12]

/** The answer to a request that a recording answers; an error if `Response` has no such status or header. */
export function playedResponse({ response, failure, readPast }, request, cassette) {
  try {
    return built(response, { method: request.method, failure, readPast, cassette });
  } catch (error) {
    return missResponse(request, cassette.refuse(`this recording cannot be played: ${error.message}`));
  }
}

function built(response, how) {
  const { status, reason: statusText, headers: lines, turns, truncated } = response;
  const headers = new Headers();
  for (const [name, value] of lines) headers.append(name, value);
  const isEmpty = WITHOUT_BODY.has(status) || how.method === 'HEAD';
  const breaks = truncated || how.failure;
  // Without a length and without chunks the end of the connection would be the end of the body: a body that breaks off
  // would pass for a whole one, and undici 6 fails at a connection that an interceptor ends.
  if (!isEmpty && !headers.has('content-length')) headers.set('transfer-encoding', 'chunked');
  return new Response(isEmpty ? null : played(turns, breaks && how, how.cassette), { status, statusText, headers });
}

/** The chunks; each waits for the requests that it answers [AFTER-3]. `breaks`: how the body ends before its end. */
function played(turns, breaks, cassette) {
  let isCancelled = false;
  let taken = 0;
  return new ReadableStream({
    async pull(controller) {
      // A client reads what one turn of the event loop brings as one chunk.
      if (taken > 0 && taken < CHUNKS_APART) await nextTurn();
      while (turns.hasChunks && !turns.isReady && !isCancelled) await cassette.nextRequest(turns);
      if (isCancelled) return;
      const chunk = turns.take();
      taken += 1;
      if (chunk) controller.enqueue(new Uint8Array(chunk));
      else if (!breaks) controller.close();
      else {
        if (!breaks.failure) breaks.readPast();
        controller.error(new Error('The recording of this response ends here.'));
      }
    },
    cancel() { isCancelled = true; },
  }, { highWaterMark: 0 });
}
