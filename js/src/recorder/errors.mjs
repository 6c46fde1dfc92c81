// The errors that a user of the package meets.
import { PromptechoError } from '../core/errors.mjs';

export { PromptechoError };

/** A request that no recording answers, in a mode in which nothing is recorded. */
export class CassetteMiss extends Error {
  constructor({ message, reason, nearest, differences }, { cassette, mode, method, url }, cause) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CassetteMiss';
    Object.assign(this, { cassette, mode, method, url, reason, nearest, differences });
  }
}

/** A live answer that was not recorded, since `onRecordError` is `raise`. */
export class RecordingRefused extends Error {
  constructor(status, cause) {
    super(`The call ended with ${status} and was not recorded, since onRecordError is 'raise'.`,
      cause === undefined ? undefined : { cause });
    this.name = 'RecordingRefused';
    this.status = status;
  }
}

/** An error of the core with the file that it is about. */
export function withFile(error, file) {
  if (!(error instanceof PromptechoError) || error.file) return error;
  const place = error.line === undefined ? file : `${file}:${error.line}`;
  return Object.assign(new PromptechoError(error.code, `${place}: ${error.message} [${error.code}]`, error.line), { file });
}
