// Where the cassette of a test is: a folder beside the test file, with a name made of the test's.
import path from 'node:path';
import { PromptechoError } from '../core/errors.mjs';

const MAX_LENGTH = 100;

/** A name that every file system takes. */
export function fileName(test) {
  const name = test.normalize('NFKD').replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, MAX_LENGTH);
  if (name) return `${name}.yaml`;
  throw new PromptechoError('option.value', `The test name ${JSON.stringify(test)} has no letter and no digit for a file name. `
    + 'Rename the test, or use useCassette with a path.');
}

/** The cassette of a test: `cassettes/FILE/NAME.yaml` beside the file, without the endings of the file. */
export function cassetteOf(testFile, test) {
  const base = path.basename(testFile).replace(/\.[cm]?[jt]sx?$/, '').replace(/[._-](test|spec)$/, '');
  return path.join(path.dirname(testFile), 'cassettes', base, fileName(test));
}

const owners = new Map();

/** Refuses one cassette for two tests: each would be asked for the calls of the other. */
export function claim(file, test) {
  const owner = owners.get(file);
  if (owner !== undefined && owner !== test) {
    throw new Error(`The tests ${JSON.stringify(owner)} and ${JSON.stringify(test)} have the same cassette, ${file}. Rename one.`);
  }
  owners.set(file, test);
  return file;
}
