// Section 16: one cassette on disk, from the opening of a session to its save.
import { closeSync, realpathSync, rmSync, existsSync } from 'node:fs';
import path from 'node:path';
import { PromptechoError } from '../core/errors.mjs';
import { interactionText } from '../core/cassette-write.mjs';
import { checkFolder, readRegular, replace, writtenPlace } from './files.mjs';
import { deadJournals, Journal, namesLeftBehind } from './journal.mjs';
import { withFolderLock } from './lock.mjs';

const MAX_OCTETS = 268435456;

export class Store {
  #dead = [];
  #isChecked = false;

  /** Opens a cassette for a session of this mode; takes the locks of its dead journals, if it may write. */
  constructor(file, mode) {
    this.file = path.resolve(file);
    const folder = path.dirname(this.file);
    this.place = existsSync(folder) ? path.join(realpathSync(folder), path.basename(this.file)) : this.file;
    this.bytes = readRegular(this.file) ?? null;
    this.mayWrite = mode !== 'none';
    if (this.mayWrite) this.#dead = deadJournals(this.place);
    this.journal = new Journal(this.place);
    const left = this.mayWrite ? [] : namesLeftBehind(this.place);
    this.journalNames = this.mayWrite ? this.#dead.map(({ name }) => name) : left;
    this.journals = this.mayWrite ? this.#dead.map(({ bytes }) => bytes) : left.map(() => Buffer.alloc(0));
  }

  /** Refuses a live call whose recording could not be saved [STORE-14]. */
  beforeLiveCall() {
    if (!this.#isChecked) checkFolder(this.file);
    this.#isChecked = true;
  }

  keep(session, interaction) { this.journal.add(() => session.journalHead, interactionText(interaction)); }

  /** Ends the session and writes what it made; the journals stay if that fails [STORE-8]. */
  save(session, well) {
    if (!this.mayWrite) {
      session.close({ well });
      return;
    }
    try {
      const { removed } = existsSync(path.dirname(this.file))
        ? withFolderLock(realpathSync(path.dirname(this.file)), () => this.#saveLocked(session, well))
        : session.close({ well });
      this.#dead.forEach(({ name }, i) => { if (removed[i]) rmSync(name, { force: true }); });
      this.journal.remove();
    } finally {
      this.release();
    }
  }

  #saveLocked(session, well) {
    const now = readRegular(this.file);
    const isSame = now === undefined ? this.bytes === null : Boolean(this.bytes?.equals(now));
    const ended = session.close({ well, meanwhile: isSame ? undefined : now });
    if (!ended.file) return ended;
    if (ended.file.length > MAX_OCTETS) {
      throw new PromptechoError('cassette.too-large', `${this.file}: more than ${MAX_OCTETS} octets: record fewer calls`);
    }
    try {
      replace(writtenPlace(this.file), ended.file);
    } catch (error) {
      throw this.#unwritable(error);
    }
    return ended;
  }

  #unwritable(error) {
    const where = this.journal.isWhole ? `the new recordings are in ${this.journal.name}` : 'the new recordings are lost';
    return new PromptechoError('cassette.unwritable', `${this.file}: ${error.message}; ${where}`);
  }

  /** Unlocks all journals and leaves them on disk. */
  release() {
    this.journal.release();
    for (const { handle } of this.#dead.splice(0)) closeSync(handle);
  }
}
