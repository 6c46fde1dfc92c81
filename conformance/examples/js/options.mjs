// The settings of a session (section 3 of the protocol).
import { PromptechoError } from './errors.mjs';
import { isPattern } from './passthrough.mjs';

const CHOICES = {
  on_record_error: ['warn', 'raise', 'record'],
  on_drift: ['warn', 'ignore', 'raise'],
  on_exhausted: ['repeat', 'miss'],
  on_secret: ['redact', 'warn', 'raise'],
};
const LISTS = ['keep_query', 'passthrough', 'redact_headers', 'redact_members', 'redact_patterns'];
const MODES = ['once', 'none', 'new_episodes', 'all'];

const bad = (name, value) => { throw new PromptechoError('option.value', `${name}: ${JSON.stringify(value)}`); };
const isStrings = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');

/** The options with their defaults; refuses names and values that do not exist. */
export function readOptions(given = {}) {
  for (const [name, value] of Object.entries(given)) {
    if (name in CHOICES) {
      if (!CHOICES[name].includes(value)) bad(name, value);
    } else if (LISTS.includes(name)) {
      if (!isStrings(value)) bad(name, value);
      if (name === 'passthrough' && !value.every(isPattern)) bad(name, value);
    } else if (name === 'match_on') {
      if (!isMatchOn(value)) bad(name, value);
    } else {
      const names = ['match_on', ...Object.keys(CHOICES), ...LISTS].join(', ');
      throw new PromptechoError('option.unknown', `${name}; there are ${names}`);
    }
  }
  const defaults = Object.fromEntries(Object.entries(CHOICES).map(([name, [first]]) => [name, first]));
  return { ...defaults, ...given };
}

/** [FILE-6] */
export function isMatchOn(value) {
  return isStrings(value) && value.length > 0 && new Set(value).size === value.length
    && value.every((name) => name !== '' && [...name].length <= 512) && (!value.includes('*') || value.length === 1);
}

/** [MODE-8] */
export function readMode(mode, environ = {}) {
  const chosen = environ.PROMPTECHO_MODE || mode;
  return MODES.includes(chosen) ? chosen : bad('mode', chosen);
}
