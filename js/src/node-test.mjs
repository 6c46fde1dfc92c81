// The cassette of a test of node:test. It is closed after the test; a miss fails the test.
import { fileURLToPath } from 'node:url';
import { OpenCassette } from './recorder/open-cassette.mjs';
import { cassetteOf, claim } from './recorder/test-names.mjs';

const asPath = (file) => (file.startsWith('file:') ? fileURLToPath(file) : file);

/** `t`: the context of the test. `file`: where the cassette is, if not beside the test file. */
export function cassette(t, { file, ...options } = {}) {
  const name = t.fullName ?? t.name;
  const opened = new OpenCassette(claim(file ?? cassetteOf(asPath(t.filePath ?? process.argv[1]), name), name), options);
  t.after(() => opened.close({ failed: hasFailed(t) }));
  return opened;
}

/** Node 22 has `t.error` and `t.passed` where it knows in `after` how the test ended. */
const hasFailed = (t) => Boolean(t.error) || t.passed === false;
