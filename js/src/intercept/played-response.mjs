// A recording as the response that a client reads [PLAY-1].

const WITHOUT_BODY = new Set([204, 205, 304]);

/** `how`: `{method, failure, readPast, cassette}`. */
export function playedResponse(response, how) {
  const { status, reason: statusText, headers: lines, turns, truncated } = response;
  const headers = new Headers();
  for (const [name, value] of lines) headers.append(name, value);
  const isEmpty = WITHOUT_BODY.has(status) || how.method === 'HEAD';
  const breaks = truncated || how.failure;
  // Without a length and without chunks the end of the connection would be the end of the body.
  if (breaks) headers.set('transfer-encoding', 'chunked');
  return new Response(isEmpty ? null : played(turns, breaks && how, how.cassette), { status, statusText, headers });
}

/** The chunks; each waits for the requests that it answers [AFTER-3]. `breaks`: how the body ends before its end. */
function played(turns, breaks, cassette) {
  let isCancelled = false;
  return new ReadableStream({
    async pull(controller) {
      while (turns.hasChunks && !turns.isReady && !isCancelled) await cassette.nextRequest(turns);
      if (isCancelled) return;
      const chunk = turns.take();
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
