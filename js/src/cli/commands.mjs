// The commands, each a function of files: it prints lines and returns the exit status.
import { readCassette } from '../core/cassette-read.mjs';
import { writeCassette } from '../core/cassette-write.mjs';
import { PromptechoError } from '../core/errors.mjs';
import { printable } from '../core/printable.mjs';
import { withFreshDigests } from '../core/request-digests.mjs';
import { readRegular, replace, writtenPlace } from '../storage/files.mjs';
import { withFolderLock } from '../storage/lock.mjs';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { findings } from './findings.mjs';

const UNREADABLE = new Set(['cassette.unreadable', 'cassette.unwritable']);

/** The octets and the reading of a file. */
function opened(file) {
  const bytes = readRegular(file);
  if (!bytes) throw new PromptechoError('cassette.unreadable', `${file}: there is no such file; check the path`);
  return { bytes, reading: readCassette(bytes) };
}

/** Runs `work` for each file; the highest exit status. */
function forEach(files, work, complain) {
  const statuses = files.map((file) => {
    try {
      return work(file);
    } catch (error) {
      if (!(error instanceof PromptechoError)) throw error;
      const place = UNREADABLE.has(error.code) ? '' : `${file}:${error.line ?? 1}: `;
      complain(printable(`${place}${error.message} [${error.code}]`));
      return UNREADABLE.has(error.code) ? 2 : 1;
    }
  });
  return Math.max(...statuses);
}

function validate(files, options, print, complain) {
  return forEach(files, (file) => {
    const found = findings(opened(file));
    for (const { line, text, code } of found) print(printable(`${file}:${line}: ${text} [${code}]`));
    if (!found.length) print(printable(`${file}: no findings`));
    return found.length ? 1 : 0;
  }, complain);
}

function show(files, options, print, complain) {
  return forEach(files, (file) => {
    const { reading: { interactions } } = opened(file);
    interactions.forEach(({ request: { method, url, match_key: key }, response, failure }, i) => {
      const end = [response && String(response.status), failure?.kind].filter(Boolean).join(' ');
      print(printable(`${file}: ${i + 1}  ${method} ${url}  ${key}  ${end}`));
    });
    return 0;
  }, complain);
}

function fmt(files, options, print, complain) {
  const onlyChecks = options.includes('--check');
  return forEach(files, (file) => {
    const work = () => {
      const { bytes, reading } = opened(file);
      if (reading.format === '2.0') {
        throw new PromptechoError('cassette.version', 'fmt writes format 2.1; the command migrate of the Python package upgrades the file');
      }
      const text = Buffer.from(writeCassette(withFreshDigests(reading)));
      if (text.equals(bytes)) return 0;
      print(printable(`${file}: ${onlyChecks ? 'fmt would change this file' : 'formatted'}`));
      if (!onlyChecks) replace(writtenPlace(path.resolve(file)), text);
      return onlyChecks ? 1 : 0;
    };
    return onlyChecks ? work() : withFolderLock(realpathSync(path.dirname(path.resolve(file))), work);
  }, complain);
}

export const COMMANDS = {
  validate: { run: validate, options: [] },
  show: { run: show, options: [] },
  fmt: { run: fmt, options: ['--check'] },
};
