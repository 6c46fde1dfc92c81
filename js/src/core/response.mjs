// Sections 9 to 11 together: an answer from upstream as it is stored, and a stored one as it is played.
import { checksumOf, delaysOf, isComplete, playBody, redactStored, storeBody, storeCoded } from './body.mjs';
import { codingsOf, undoCodings } from './codings.mjs';
import { reasonPhrases } from './data.mjs';
import { endsNoLine, headerValue, mediaType, playHeaders, storeHeaders } from './headers.mjs';

const standardReason = (status) => reasonPhrases[status] ?? '';

/**
 * What is stored of an answer: `{status, reason, headers, stored, checksum}`; `reason` is null where it is not stored.
 * `stopped`: the end of the body was not read. `arrivals`: times of the bytes, where delays are recorded. `starts`: how
 * many requests had started when the head and each of the `parts` came.
 */
export function storeResponse(answer, redactor, options = {}) {
  const { status, reason = '', headers = [], bytes, stopped, arrivals, parts, starts } = answer;
  const codings = codingsOf(headers);
  const decoded = undoCodings(bytes, codings, stopped);
  const whole = decoded ? storeBody(decoded, mediaType(headers)) : storeCoded(bytes, mediaType(headers));
  const keptReason = reason !== '' && reason !== standardReason(status) && endsNoLine(reason) ? redactor.text(reason, 'response.reason') : null;
  const storedHeaders = storeHeaders(headers, redactor,
    { keepCoding: decoded === undefined, alsoHidden: options.redact_headers, alsoKept: options.keep_headers });
  const stored = redactStored(whole, redactor, options.talk);
  if (stopped && !isComplete(whole, bytes.length, headerValue(headers, 'content-length'))) stored.truncated = true;
  if (arrivals) {
    stored.delays_ms = delaysOf(playBody(whole), arrivals, decoded === undefined ? [] : codings);
  }
  const after = starts && !codings.length ? afterOf(whole, parts, starts) : undefined;
  if (after) stored.after = after;
  return { status, reason: keptReason, headers: storedHeaders, stored, checksum: checksumOf(stored) };
}

/** What a client gets [PLAY-1]: `{status, reason, headers, chunks, truncated}`. */
export function playResponse({ status, reason, headers = [], stored }, method) {
  const chunks = playBody(stored);
  const sized = !stored.streaming && !stored.truncated && status >= 200 && status !== 204 && status !== 304
    && method !== 'HEAD';
  const length = sized ? chunks.reduce((sum, chunk) => sum + chunk.length, 0) : undefined;
  return {
    status,
    reason: reason ?? standardReason(status),
    headers: playHeaders(headers, length),
    chunks,
    truncated: stored.truncated ?? false,
    ...(stored.after && { after: stored.after }),
  };
}

/**
 * [AFTER-2]: for each event, how many requests had started when its last octet came; undefined if that is the number
 * at the head for all of them. `starts` begins with the head.
 */
function afterOf(stored, parts, [head, ...starts]) {
  if (!stored.streaming || stored.binary) return undefined;
  const after = playBody(stored).slice(0, stored.events.length).map(((end) => (chunk) => {
    end += chunk.length;
    let received = 0;
    return starts[parts.findIndex((part) => (received += part.length) >= end)];
  })(0));
  return after.every((count) => count === head) ? undefined : after;
}
