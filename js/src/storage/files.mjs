// [SEC-7], [STORE-1], [STORE-10], [STORE-11]: the files of a cassette, opened and replaced with care.
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { PromptechoError } from '../core/errors.mjs';

const { O_RDONLY, O_RDWR, O_APPEND, O_NONBLOCK, O_NOFOLLOW, O_CREAT, O_EXCL, O_WRONLY } = fs.constants;
const MAX_OCTETS = 268435456;
const PERMISSIONS = 0o666; // less the umask

const fault = (code, file, reason) => new PromptechoError(code, `${file}: ${reason}`);

/** The octets of a regular file; undefined if there is none. */
export function readRegular(file) {
  const handle = opened(file, O_RDONLY);
  if (handle === undefined) return undefined;
  try {
    return readHandle(handle, file);
  } finally {
    fs.closeSync(handle);
  }
}

/** Opens a journal: no link, and the user's own; undefined if there is none. */
export function openOwn(file) {
  const handle = opened(file, O_RDWR | O_NOFOLLOW);
  if (handle === undefined) return undefined;
  if (process.getuid && fs.fstatSync(handle).uid !== process.getuid()) {
    fs.closeSync(handle);
    throw fault('cassette.unreadable', file, 'the file belongs to another user; remove the file');
  }
  return handle;
}

function opened(file, flags) {
  let handle;
  try {
    handle = fs.openSync(file, flags | O_NONBLOCK);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw fault('cassette.unreadable', file, error.message);
  }
  if (fs.fstatSync(handle).isFile()) return handle;
  fs.closeSync(handle);
  throw fault('cassette.unreadable', file, 'this is not a regular file');
}

/** The octets of an open file, no more than a cassette may have. */
export function readHandle(handle, file) {
  const { size } = fs.fstatSync(handle);
  if (size > MAX_OCTETS) throw fault('cassette.too-large', file, `more than ${MAX_OCTETS} octets: split the file`);
  const bytes = Buffer.alloc(size);
  let read = 0;
  for (let more; read < size && (more = fs.readSync(handle, bytes, read, size - read, read)); read += more);
  return bytes.subarray(0, read);
}

/** Where a cassette is written: the file itself, or the file that its link points to in the same folder or below it. */
export function writtenPlace(file) {
  const link = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!link?.isSymbolicLink()) return file;
  const target = path.resolve(path.dirname(file), fs.readlinkSync(file));
  const folder = fs.realpathSync(path.dirname(file)) + path.sep;
  const place = fs.existsSync(target) ? fs.realpathSync(target) : target;
  if (place.startsWith(folder)) return place;
  throw fault('cassette.unwritable', file, 'the file is a link to another folder; replace the link by a file');
}

/** Creates a file under a name that is free, with the permissions of the cassette where there is one. */
export function create(file, cassette, append = false) {
  const existing = fs.statSync(cassette, { throwIfNoEntry: false });
  const flags = O_CREAT | O_EXCL | O_NOFOLLOW | (append ? O_RDWR | O_APPEND : O_WRONLY);
  const handle = fs.openSync(file, flags, existing ? existing.mode & 0o777 : PERMISSIONS);
  if (existing) fs.fchmodSync(handle, existing.mode & 0o777);
  return handle;
}

const temporaryName = (file) => path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(8).toString('hex')}.tmp`);

/** Replaces a file as a whole: after a crash there is the old file or the new one. */
export function replace(file, bytes) {
  const temporary = temporaryName(file);
  const handle = create(temporary, file);
  try {
    try {
      writeAll(handle, bytes);
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(path.dirname(file));
}

/** Writes all octets: one call may write a part. */
export function writeAll(handle, bytes) {
  for (let done = 0; done < bytes.length;) done += fs.writeSync(handle, bytes, done);
}

function syncFolder(folder) {
  const handle = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** [STORE-14]: refuses a folder in which no file can be created, before a call costs money. */
export function checkFolder(file) {
  const probe = temporaryName(file);
  try {
    writtenPlace(file);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.closeSync(fs.openSync(probe, 'wx'));
    fs.rmSync(probe);
  } catch (error) {
    if (error instanceof PromptechoError) throw error;
    throw fault('cassette.unwritable', file, `${error.message}; check the disk space and the permissions`);
  }
}
