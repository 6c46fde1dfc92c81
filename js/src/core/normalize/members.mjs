// Small changes of objects. None of these functions changes what it is given, save those named `...In`.
import { isObject } from '../json.mjs';

const HINTS = ['cache_control', 'cachePoint', 'prompt_cache_breakpoint'];

/** Objects whose members a rule puts beside those of the block or tool that holds them [NORM-3]. */
const INNER = new Set(['function', 'function_call', 'function_response', 'inline_data', 'file_data', 'file',
  'input_audio', 'image_url', 'audio_url', 'video_url', 'document_url', 'toolUse', 'toolResult', 'toolSpec']);

/** An object of name and value pairs; a pair whose value is undefined is left out. */
export const object = (...pairs) => new Map(pairs.filter(([, value]) => value !== undefined));

export const without = (map, ...names) => new Map([...map].filter(([name]) => !names.includes(name)));
export const withoutHints = (map) => without(map, ...HINTS);
export const withoutNulls = (map) => new Map([...map].filter(([, value]) => value !== null));
export const hasOnly = (map, ...names) => map.size === names.length && names.every((name) => map.has(name));

/** The objects beside each other, or undefined if a name would stand twice. */
export function joined(...maps) {
  const pairs = maps.flatMap((map) => [...map]);
  const out = new Map(pairs);
  return out.size === pairs.length ? out : undefined;
}

/**
 * An object and its inner objects without nulls and hints [NORM-3, NORM-4], and without empty lists of these names
 * [NORM-21].
 */
function cleaned(map, listNames = []) {
  const isNothing = (name, value) => value === null || HINTS.includes(name)
    || (listNames.includes(name) && Array.isArray(value) && !value.length);
  const kept = [...map].filter(([name, value]) => !isNothing(name, value));
  return new Map(kept.map(([name, value]) => [name, cleanedInner(name, value, listNames)]));
}

function cleanedInner(name, value, listNames) {
  if (INNER.has(name) && isObject(value)) return cleaned(value, listNames);
  if (name !== 'tool_calls' || !Array.isArray(value)) return value;
  return value.map((entry) => (isObject(entry) ? cleaned(entry, listNames) : entry));
}

/** Of a body, or a tool. */
export const cleanedObject = (map) => cleaned(map);
export const cleanedMessage = (message) => cleaned(message, ['tool_calls', 'annotations']);

export function cleanedBlock(block) {
  const out = cleaned(block, ['annotations']);
  if (out.get('type') === 'tool_result' && out.get('is_error') === false) out.delete('is_error');
  return out;
}

/** The items of a list, objects cleaned; one that is thereby empty is dropped [NORM-4]. */
export function cleanedItems(list, clean) {
  return list.flatMap((item) => {
    if (!isObject(item)) return [item];
    const rest = clean(item);
    return rest.size || !item.size ? [rest] : [];
  });
}

/** Renames a member in its place, where the new name is free. */
export function renameIn(map, from, to) {
  if (!map.has(from) || map.has(to)) return;
  const pairs = [...map];
  map.clear();
  for (const [name, value] of pairs) map.set(name === from ? to : name, value);
}

export const first = (names, rest) => new Map([
  ...names.filter((name) => rest.has(name)).map((name) => [name, rest.get(name)]),
  ...[...rest].filter(([name]) => !names.includes(name)),
]);
