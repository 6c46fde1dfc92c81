// Section 9.5: AWS event streams.
import { strictUtf8 } from './text.mjs';
import { storable } from './yaml-write.mjs';

const PRELUDE = 12;
const CHECKSUM = 4;
const STRING_TYPE = 7;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const octet of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ octet) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

/** The events of a stream [AWS-1], or undefined if it is not within that framing. */
export function splitFrames(bytes) {
  const events = [];
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at);
    if (rest.length < PRELUDE + CHECKSUM) return undefined;
    const length = rest.readUInt32BE(0);
    if (length < PRELUDE + CHECKSUM || length > rest.length) return undefined;
    const event = readFrame(rest.subarray(0, length));
    if (!event) return undefined;
    events.push(event);
    at += length;
  }
  return events;
}

function readFrame(frame) {
  const end = frame.length - CHECKSUM;
  const headersEnd = PRELUDE + frame.readUInt32BE(4);
  if (headersEnd > end) return undefined;
  if (frame.readUInt32BE(8) !== crc32(frame.subarray(0, 8))) return undefined;
  if (frame.readUInt32BE(end) !== crc32(frame.subarray(0, end))) return undefined;
  const headers = readHeaders(frame.subarray(PRELUDE, headersEnd));
  const payload = strictUtf8(frame.subarray(headersEnd, end));
  return headers && payload !== undefined ? { headers, payload } : undefined;
}

function readHeaders(bytes) {
  const headers = new Map();
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 1 + bytes[at];
    if (nameEnd + 3 > bytes.length || bytes[nameEnd] !== STRING_TYPE) return undefined;
    const valueEnd = nameEnd + 3 + bytes.readUInt16BE(nameEnd + 1);
    if (valueEnd > bytes.length) return undefined;
    const name = strictUtf8(bytes.subarray(at + 1, nameEnd));
    const value = strictUtf8(bytes.subarray(nameEnd + 3, valueEnd));
    if (name === undefined || value === undefined || headers.has(name)) return undefined;
    if (!name || !storable(new Map([[name, value]]))) return undefined;
    headers.set(name, value);
    at = valueEnd;
  }
  return [...headers];
}

const sized = (size, value) => {
  const out = Buffer.alloc(size);
  out.writeUIntBE(value, 0, size);
  return out;
};

/** The frame of an event [AWS-2]. */
export function writeFrame({ headers, payload }) {
  const head = Buffer.concat(headers.flatMap(([name, value]) => [
    sized(1, Buffer.byteLength(name)), Buffer.from(name), sized(1, STRING_TYPE),
    sized(2, Buffer.byteLength(value)), Buffer.from(value),
  ]));
  const body = Buffer.from(payload);
  const lengths = Buffer.concat([sized(4, PRELUDE + head.length + body.length + CHECKSUM), sized(4, head.length)]);
  const frame = Buffer.concat([lengths, sized(4, crc32(lengths)), head, body]);
  return Buffer.concat([frame, sized(4, crc32(frame))]);
}
