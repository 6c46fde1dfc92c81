// [MATCH-2] to [MATCH-10]: names of `match_on`, and the places of the canonical body for which they stand.
import { canonicalMembers, chatPaths, matchOn as matchLists } from './data.mjs';
import { isObject } from './json.mjs';
import { isContextName } from './normalize/common.mjs';
import { snakeName } from './normalize/gemini-names.mjs';
import { steadyBody, withoutCallTokens } from './volatile.mjs';

const RESERVED = ['__raw_body_sha256__', '__multipart__', '__form__', '__json__'];
const CONTEXT = 'context.';
const OLD_NAMES = {
  function_call: 'tool_choice', instructions: 'system', systemInstruction: 'system', input: 'messages',
  contents: 'messages',
};

export const sameList = (a, b) => a.length === b.length && a.every((item, i) => item === b[i]);
export const reservedName = (body) => RESERVED.find((name) => body.has(name));

/** The names that go into the key [MATCH-5]. */
export function matchedOn(path, body, matchOn = matchLists.default, defaultList = matchLists.default) {
  const reserved = reservedName(body);
  if (reserved) return [reserved];
  const isDefault = sameList(matchOn, defaultList);
  if (sameList(matchOn, ['*']) || (isDefault && !body.has('messages'))) return [...steadyBody(path, body).keys()];
  const counted = withoutCallTokens(body);
  if (isDefault) return defaultNames(counted, matchOn);
  const places = unique(matchOn.flatMap(placesOf).filter((name) => isPlace(counted, name)));
  return places.includes('context') ? places.filter((name) => !name.startsWith(CONTEXT)) : places;
}

/** [MATCH-2], of a body with messages. */
function defaultNames(body, matchOn) {
  const present = matchOn.filter((name) => body.has(name));
  const ungathered = matchOn.includes('context') ? [...body.keys()].filter(isContextName) : [];
  return unique([...present, ...ungathered]);
}

const unique = (list) => [...new Set(list)];

/** All places for which a name of an explicit list may stand [MATCH-7], [MATCH-10]. */
export function placesOf(name) {
  if (name.startsWith(CONTEXT)) return [name];
  const names = unique([name, snakeName(name) ?? name]);
  return unique([
    ...names,
    ...names.flatMap(rowPlaces),
    ...names.flatMap((one) => (Object.hasOwn(OLD_NAMES, one) ? [OLD_NAMES[one]] : [])),
    ...names.filter(isContextName).map((one) => CONTEXT + one),
  ]);
}

const rowPlaces = (name) => chatPaths
  .filter(({ from }) => from === name || from.startsWith(`${name}.`))
  .map(({ to }) => (to.includes('.') && !to.startsWith(CONTEXT) ? to.split('.')[0] : to));

function isPlace(body, name) {
  if (!name.startsWith(CONTEXT)) return body.has(name);
  const context = body.get('context');
  return isObject(context) && context.has(name.slice(CONTEXT.length));
}

/** The value at a place of a canonical body, and the steps to it. */
export function valueAt(body, name) {
  if (!name.startsWith(CONTEXT)) return body.get(name);
  const context = body.get('context');
  return isObject(context) ? context.get(name.slice(CONTEXT.length)) : undefined;
}

export const stepsOf = (name) => (name.startsWith(CONTEXT) ? ['context', name.slice(CONTEXT.length)] : [name]);

/** The member `fields` of the hashed text [KEY-1]. */
export function fieldsOf(body, names) {
  const counted = withoutCallTokens(body);
  const fields = new Map();
  for (const name of names) {
    const value = valueAt(counted, name);
    if (value === undefined) continue;
    const [outer, inner] = stepsOf(name);
    fields.set(outer, inner === undefined ? value : new Map(fields.get(outer)).set(inner, value));
  }
  return fields;
}

const canonicalNames = new Set(canonicalMembers.body);

/** What is wrong with a caller's list, if nothing can have a name of it and no body had [MATCH-9]; or undefined. */
export function unknownName(matchOn, seen) {
  const isKnown = (name) => name === '*' || canonicalNames.has(name) || seen.has(name) || name.startsWith(CONTEXT)
    || placesOf(name).length > 1;
  const name = matchOn.find((one) => !isKnown(one));
  return name === undefined ? undefined
    : `match_on: no request has ${name}; the nearest name is ${nearestName(name, seen)}`;
}

function nearestName(name, seen) {
  const measured = unique([...canonicalNames, ...seen]).map((other) => [distance(name, other), other]);
  return measured.reduce((best, next) => (next[0] < best[0] ? next : best))[1];
}

/** The edit distance of two names. */
function distance(a, b) {
  let row = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
  }
  return row[b.length];
}
