// The options of a cassette, in camelCase, and the mode of a session for which nobody names one [MODE-8].
import { ciVariables } from '../core/data.mjs';
import { PromptechoError } from '../core/errors.mjs';
import { CHOICES, MODES, readMode, readOptions } from '../core/options.mjs';

const NAMES = [
  'matchOn', 'matchHost', 'matchHeaders', 'redactQuery', 'ignoreQuery', 'keepQuery', 'redactMembers', 'keepMembers',
  'redactPatterns', 'passthrough', 'redactHeaders', 'keepHeaders', 'onRecordError', 'onDrift', 'onExhausted', 'onSecret',
];
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const camel = (message) => message.replace(/^[a-z_]+/, (name) => name.replace(/_[a-z]/g, (part) => part[1].toUpperCase()));
const HELP = 'its value has the wrong type, or a name is in two lists that exclude each other';

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
  checkValues(options, given);
  const named = mode ?? (isTestRunInCi(environ) ? 'none' : 'once');
  const chosen = environ.PROMPTECHO_MODE || named;
  if (!MODES.includes(chosen)) {
    const from = environ.PROMPTECHO_MODE ? 'PROMPTECHO_MODE' : 'mode';
    refuse(`${from} is ${JSON.stringify(chosen)}. Use one of: ${MODES.join(', ')}.`);
  }
  return { mode: readMode(named, environ), options };
}

const refuse = (message) => { throw new PromptechoError('option.value', message); };

/** Refuses a value that an option does not have, by the name that the caller wrote. */
function checkValues(options, given) {
  for (const name of Object.keys(given)) {
    const values = CHOICES[snake(name)];
    if (values && given[name] !== undefined && !values.includes(given[name])) {
      refuse(`${name} is ${JSON.stringify(given[name])}. Use one of: ${values.join(', ')}.`);
    }
  }
  try {
    readOptions(options);
  } catch (error) {
    if (!(error instanceof PromptechoError)) throw error;
    refuse(`The option ${camel(error.message)} cannot be used: ${HELP}.`);
  }
}
