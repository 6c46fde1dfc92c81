// Content codings [BODY-2].
import zlib from 'node:zlib';
import { asciiLower } from './text.mjs';

const PARTIAL = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
const PARTIAL_BROTLI = { finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH };

const DECODERS = {
  identity: (bytes) => bytes,
  gzip: (bytes, cut) => zlib.gunzipSync(bytes, cut ? PARTIAL : {}),
  'x-gzip': (bytes, cut) => DECODERS.gzip(bytes, cut),
  deflate: inflate,
  br: (bytes, cut) => zlib.brotliDecompressSync(bytes, cut ? PARTIAL_BROTLI : {}),
  // Node has it from 22.15 on.
  ...(zlib.zstdDecompressSync && { zstd: (bytes) => zlib.zstdDecompressSync(bytes) }),
};

function inflate(bytes, cut) {
  try {
    return zlib.inflateSync(bytes, cut ? PARTIAL : {});
  } catch {
    return zlib.inflateRawSync(bytes, cut ? PARTIAL : {});
  }
}

/** The codings of a message, in the order in which they were applied. */
export function codingsOf(headers) {
  return headers
    .filter(([name]) => asciiLower(name) === 'content-encoding')
    .flatMap(([, value]) => value.split(','))
    .map((coding) => asciiLower(coding.trim()))
    .filter(Boolean);
}

const NAMED = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'identity'];

/** The first coding of the specification that this runtime cannot undo, or undefined. */
export const lackingOf = (codings) => codings.find((coding) => NAMED.includes(coding) && !DECODERS[coding]);

/** The bytes with all codings undone; undefined if that cannot be. `cut`: the end is missing. */
export function undoCodings(bytes, codings, cut = false) {
  try {
    return codings.reduceRight((data, coding) => (data.length ? DECODERS[coding](data, cut) : data), bytes);
  } catch {
    return undefined;
  }
}
