// The public names of the package.
import { OpenCassette } from './recorder/open-cassette.mjs';
import { within } from './recorder/gate.mjs';

export { CassetteMiss, PromptechoError, RecordingRefused } from './recorder/errors.mjs';
export { fingerprint, normalize } from './recorder/fingerprint.mjs';
export { Recorder } from './recorder/recorder.mjs';

/** Opens a cassette. Close it with `await cassette.close()`, or declare it with `await using`. */
export const openCassette = (file, options) => new OpenCassette(file, options);

/** Runs a block with a cassette open, and returns what the block returns. */
export async function useCassette(file, ...rest) {
  const [options, block] = rest.length > 1 ? rest : [undefined, rest[0]];
  const cassette = new OpenCassette(file, options);
  let result;
  try {
    result = await within(cassette, () => block(cassette));
  } catch (cause) {
    await cassette.close({ failed: true, cause });
    throw cause;
  }
  await cassette.close();
  return result;
}
