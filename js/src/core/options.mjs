// The settings of a session (section 3 of the protocol), and the options of a file [FILE-17] to [FILE-19].
import { PromptechoError } from './errors.mjs';
import { isPattern } from './passthrough.mjs';
import { isKeepable, isMatchable } from './request-headers.mjs';
import { asciiLower, codePointLength, compareCodePoints } from './text.mjs';

/** The options with a fixed set of values; the first is the default. */
export const CHOICES = {
  on_record_error: ['warn', 'raise', 'record'],
  on_drift: ['warn', 'ignore', 'raise'],
  on_exhausted: ['repeat', 'miss'],
  on_secret: ['redact', 'warn', 'raise'],
};
const NAME_LISTS = ['match_headers', 'redact_query', 'ignore_query', 'keep_query', 'redact_members', 'keep_members'];
/** The options of a file, in their order. */
export const FILE_OPTIONS = ['match_host', ...NAME_LISTS, 'redact_patterns'];
const LISTS = [...NAME_LISTS, 'redact_patterns', 'passthrough', 'redact_headers', 'keep_headers'];
/** Lists that no name stands in two of [FILE-19]. */
const APART = [['redact_query', 'ignore_query', 'keep_query'], ['redact_members', 'keep_members']];
export const MODES = ['once', 'none', 'new_episodes', 'all'];
const MAX_LENGTH = 512;

const bad = (name, value) => { throw new PromptechoError('option.value', `${name}: ${JSON.stringify(value)}`); };
const isStrings = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');

/** The options with their defaults; refuses names and values that do not exist. Names of lists are put in order. */
export function readOptions(given = {}) {
  const named = {};
  for (const [name, value] of Object.entries(given)) {
    if (!isValue(name, value)) bad(name, value);
    named[name] = NAME_LISTS.includes(name) ? sortedNames(value) : value;
  }
  const wrong = wrongTogether(named);
  if (wrong) bad(wrong, named[wrong]);
  const defaults = Object.fromEntries(Object.entries(CHOICES).map(([name, [first]]) => [name, first]));
  return { ...defaults, ...named };
}

function isValue(name, value) {
  if (name in CHOICES) return CHOICES[name].includes(value);
  if (name === 'match_on') return isMatchOn(value);
  if (name === 'match_host') return typeof value === 'boolean';
  if (name === 'passthrough') return isStrings(value) && value.every(isPattern);
  if (name === 'redact_patterns') return isStrings(value) && value.every(isRegex);
  if (NAME_LISTS.includes(name)) return isNameList(name, value);
  if (LISTS.includes(name)) return isStrings(value);
  const names = ['match_on', 'match_host', ...Object.keys(CHOICES), ...LISTS].join(', ');
  throw new PromptechoError('option.unknown', `${name}; there are ${names}`);
}

const QUOTED = /\\[^]|\[(?:\\[^]|[^\]\\])*\]/g; // escaped characters, and classes
const FLAGS = /\(\?[a-z-]+:/i;

/** Flags in a pattern are refused: V8 reads them from Node 23 on, and they cannot be written [MATCH-11]. */
function isRegex(pattern) {
  if (FLAGS.test(pattern.replace(QUOTED, ''))) return false;
  try {
    return Boolean(new RegExp(pattern));
  } catch {
    return false;
  }
}

/** [FILE-18], less the order and the case. */
const isNameList = (name, value) => isStrings(value) && value.every((item) => isListItem(item) &&
  (item !== '*' || name === 'keep_query'));
const isListItem = (item) => item !== '' && codePointLength(item) <= MAX_LENGTH;

export const sortedNames = (names) => [...new Set(names.map(asciiLower))].sort(compareCodePoints);

/** Whether a list can be written as this option. */
export const isOptionList = (name, value) => new Set(value).size === value.length
  && (name === 'redact_patterns' ? value.every(isListItem) : isNameList(name, value));

/** The option that does not go with the others [FILE-19], or undefined. */
export function wrongTogether(options) {
  const of = (name) => options[name] ?? [];
  for (const lists of APART) {
    const names = lists.flatMap(of);
    if (new Set(names).size < names.length) return lists.findLast((name) => of(name).length);
  }
  if (!of('keep_headers').every((name) => isKeepable(name, options.redact_headers))) return 'keep_headers';
  return of('match_headers').every((name) => isMatchable(name, options.redact_headers)) ? undefined : 'match_headers';
}

/** The options of a file, less the names that the caller gives in another list that is kept apart [MATCH-13]. */
export function lessCallersNames(ofFile, caller) {
  const isFree = (list) => (item) => !APART.find((lists) => lists.includes(list))
    ?.some((other) => other !== list && caller[other]?.includes(item));
  return Object.fromEntries(Object.entries(ofFile).map(([name, value]) =>
    [name, Array.isArray(value) ? value.filter(isFree(name)) : value]));
}

/** [MATCH-6]: the caller's options, and those of a file that the caller does not name. */
export function optionsInForce(caller, ofFile = {}) {
  const options = { ...ofFile, ...caller };
  const wrong = wrongTogether(options);
  if (wrong) bad(wrong, options[wrong]);
  return options;
}

/** The options that a file is written with [FILE-17], [MATCH-11]: only those that are not the default. */
export function writtenOptions(options) {
  const pairs = FILE_OPTIONS.map((name) => [name, name === 'redact_patterns'
    ? options[name]?.filter(isListItem) : options[name]]);
  return Object.fromEntries(pairs.filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value)));
}

/** [FILE-6] */
export function isMatchOn(value) {
  return isStrings(value) && value.length > 0 && new Set(value).size === value.length
    && value.every(isListItem) && (!value.includes('*') || value.length === 1);
}

/** [MODE-8] */
export function readMode(mode, environ = {}) {
  const chosen = environ.PROMPTECHO_MODE || mode;
  return MODES.includes(chosen) ? chosen : bad('mode', chosen);
}
