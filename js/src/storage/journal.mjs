// [STORE-2] to [STORE-5]: the journal of a session that is alive, and those of sessions that died.
import * as fs from 'node:fs';
import path from 'node:path';
import { create, openOwn, readHandle, writeAll } from './files.mjs';
import { tryLock } from './lock.mjs';

const RECORD_END = '  # end\n';
const MAX_SLOTS = 100000;
const nameOf = (cassette, slot) => `${cassette}.${slot === 1 ? '' : `${slot}.`}partial`;

/** The journal of this session: created with its first recording, and locked until it is closed. */
export class Journal {
  #handle;
  #isLost = false;

  constructor(cassette) { this.cassette = cassette; }

  /** Whether the journal holds all that was added. */
  get isWhole() { return this.#handle !== undefined && !this.#isLost; }

  /** Appends an interaction; `head()` is the text before the first. A journal that cannot be written is given up. */
  add(head, text) {
    if (this.#isLost) return;
    try {
      if (this.#handle === undefined) this.#create(head());
      writeAll(this.#handle, Buffer.from(text + RECORD_END));
    } catch {
      this.#isLost = true;
    }
  }

  #create(head) {
    fs.mkdirSync(path.dirname(this.cassette), { recursive: true });
    for (let slot = 1; slot < MAX_SLOTS; slot++) {
      const name = nameOf(this.cassette, slot);
      const handle = createFree(name, this.cassette);
      if (handle === undefined) continue;
      if (tryLock(handle) && isOpenFile(name, handle)) {
        Object.assign(this, { name });
        this.#handle = handle;
        writeAll(handle, Buffer.from(head));
        return;
      }
      fs.closeSync(handle);
    }
    throw new Error('no name for a journal is free');
  }

  remove() {
    if (this.#handle !== undefined) fs.rmSync(this.name, { force: true });
    this.release();
  }

  release() {
    if (this.#handle !== undefined) fs.closeSync(this.#handle);
    this.#handle = undefined;
  }
}

function createFree(name, cassette) {
  try {
    return create(name, cassette, true);
  } catch (error) {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  }
}

/** Whether a file has not been removed, or replaced, between its opening and its lock. */
function isOpenFile(name, handle) {
  const [there, open] = [fs.lstatSync(name, { throwIfNoEntry: false }), fs.fstatSync(handle)];
  return there?.ino === open.ino && there?.dev === open.dev;
}

/** The journals beside a cassette that no session has locked: `{name, handle, bytes}`, locked now. */
export function deadJournals(cassette) {
  return namesBeside(cassette).flatMap((name) => {
    const handle = openOwn(name);
    if (handle === undefined) return [];
    if (tryLock(handle) && isOpenFile(name, handle)) return [{ name, handle, bytes: readHandle(handle, name) }];
    fs.closeSync(handle);
    return [];
  });
}

/** The names of the journals that no session has locked; none is read [STORE-12]. */
export function namesLeftBehind(cassette) {
  return namesBeside(cassette).filter((name) => {
    let handle;
    try {
      handle = openOwn(name);
      return handle !== undefined && tryLock(handle);
    } catch {
      return true; // a link, a pipe, the file of another user, a system without locks
    } finally {
      if (handle !== undefined) fs.closeSync(handle);
    }
  });
}

function namesBeside(cassette) {
  const folder = path.dirname(cassette);
  const base = path.basename(cassette);
  if (!fs.existsSync(folder)) return [];
  const slotOf = (name) => (name.startsWith(`${base}.`)
    ? /^(?:([1-9][0-9]*)\.)?partial$/.exec(name.slice(base.length + 1)) : null);
  return fs.readdirSync(folder)
    .flatMap((name) => { const found = slotOf(name); return found ? [{ name, slot: Number(found[1] ?? 1) }] : []; })
    .sort((a, b) => a.slot - b.slot)
    .map(({ name }) => path.join(folder, name));
}
