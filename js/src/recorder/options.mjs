// The options of a cassette, in camelCase, and the mode of a session for which nobody names one [MODE-8].
import { ciVariables } from '../core/data.mjs';
import { PromptechoError } from '../core/errors.mjs';
import { readMode, readOptions } from '../core/options.mjs';

const NAMES = [
  'matchOn', 'matchHost', 'matchHeaders', 'redactQuery', 'ignoreQuery', 'keepQuery', 'redactMembers', 'keepMembers',
  'redactPatterns', 'passthrough', 'redactHeaders', 'keepHeaders', 'onRecordError', 'onDrift', 'onExhausted', 'onSecret',
];
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What the test runners for Node set in the processes that run tests. */
const TEST_RUNS = ['NODE_TEST_CONTEXT', 'VITEST', 'JEST_WORKER_ID'];

const isTrue = (value) => !ciVariables.false_values.includes((value ?? '').trim().toLowerCase());

/** Whether this is a test run in a CI service. */
function isTestRunInCi(environ) {
  return TEST_RUNS.some((name) => environ[name]) && ciVariables.variables.some(({ name }) => isTrue(environ[name]));
}

/** The options as the core wants them: `{mode, options}`; refuses what does not exist. */
export function readUserOptions({ mode, ...given } = {}, environ = process.env) {
  const unknown = Object.keys(given).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new PromptechoError('option.unknown', `There is no option ${unknown}. Use one of: mode, ${NAMES.join(', ')}.`);
  }
  const options = Object.fromEntries(Object.entries(given)
    .filter(([, value]) => value !== undefined).map(([name, value]) => [snake(name), value]));
  readOptions(options);
  return { mode: readMode(mode ?? (isTestRunInCi(environ) ? 'none' : 'once'), environ), options };
}
