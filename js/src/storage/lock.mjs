// [STORE-6.1], [STORE-4]: the locks that another product takes too. They leave no file behind.
//
// Node has no `flock`, and a lock of another kind would not exclude a Python session: koffi calls that of the C library.
import koffi from 'koffi';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';

const LOCK_EX = 2;
const LOCK_NB = 4;
const { EWOULDBLOCK, EINTR } = constants.errno;

const library = { linux: ['libc.so.6', 'libc.so'], darwin: ['libSystem.dylib'] };
let flock;

function loaded() {
  if (flock) return flock;
  const names = library[process.platform] ?? [];
  for (const name of names) {
    try {
      flock = koffi.load(name).func('int flock(int, int)');
      return flock;
    } catch {
      continue; // musl has another name
    }
  }
  throw new Error(`promptecho cannot lock a cassette on ${process.platform}: only mode none works there`);
}

function call(handle, operation) {
  const locked = loaded();
  while (locked(handle, operation) !== 0) {
    const code = koffi.errno();
    if (code === EWOULDBLOCK) return false;
    if (code !== EINTR) throw Object.assign(new Error(`flock failed with error ${code}`), { errno: code });
  }
  return true;
}

/** Locks an open file, unless another session has locked it. Closing the file unlocks it. */
export const tryLock = (handle) => call(handle, LOCK_EX | LOCK_NB);

/** Does the work while no other session works in the folder. Waits for the other session: it takes milliseconds. */
export function withFolderLock(folder, work) {
  const handle = openSync(folder, 'r');
  try {
    call(handle, LOCK_EX);
    return work();
  } finally {
    closeSync(handle);
  }
}
