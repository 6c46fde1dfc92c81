// Options that several cassettes share.
import path from 'node:path';
import { readUserOptions } from './options.mjs';
import { OpenCassette } from './open-cassette.mjs';

export class Recorder {
  /** `folder`: where the cassettes are; the other options are those of a cassette. */
  constructor({ folder = '.', ...options } = {}) {
    readUserOptions(options);
    Object.assign(this, { folder, options });
  }

  /** Opens a cassette of the folder; options that are given here win. */
  open(name, options = {}) {
    return new OpenCassette(path.join(this.folder, name), { ...this.options, ...options });
  }
}
