// Content codings [BODY-2].
import zlib from 'node:zlib';
import { asciiLower } from './text.mjs';

// [BODY-30]
const MAX_CODINGS = 4;
const LIMIT = { maxOutputLength: 32 * 1024 * 1024 };
const PARTIAL = { ...LIMIT, finishFlush: zlib.constants.Z_SYNC_FLUSH };
const PARTIAL_BROTLI = { ...LIMIT, finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH };

const DECODERS = {
  identity: (bytes) => bytes,
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflate,
  br: (bytes, cut) => zlib.brotliDecompressSync(bytes, cut ? PARTIAL_BROTLI : LIMIT),
  // Node has it from 22.15 on.
  ...(zlib.zstdDecompressSync && { zstd: (bytes) => zlib.zstdDecompressSync(bytes, LIMIT) }),
};

/** Node leaves out what follows the last member; here it is damage. */
function gunzip(bytes, cut) {
  const { buffer, engine } = zlib.gunzipSync(bytes, { ...(cut ? PARTIAL : LIMIT), info: true });
  if (engine.bytesWritten < bytes.length) throw new Error('what follows is no member');
  return buffer;
}

function inflate(bytes, cut) {
  try {
    return zlib.inflateSync(bytes, cut ? PARTIAL : LIMIT);
  } catch {
    return zlib.inflateRawSync(bytes, cut ? PARTIAL : LIMIT);
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
  if (!bytes.length) return bytes;
  if (codings.length > MAX_CODINGS) return undefined;
  try {
    return codings.reduceRight((data, coding) => (data.length ? DECODERS[coding](data, cut) : data), bytes);
  } catch {
    return undefined;
  }
}
