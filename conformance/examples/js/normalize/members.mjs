// Small changes of objects. None of these functions changes what it is given, save those named `...In`.
import { isObject } from '../json.mjs';

const HINTS = ['cache_control', 'cachePoint', 'prompt_cache_breakpoint'];

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

/** The objects of a list without hints; one that is thereby empty is dropped [NORM-4]. */
export function itemsWithoutHints(list) {
  return list.flatMap((item) => {
    if (!isObject(item)) return [item];
    const rest = withoutHints(item);
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

/** Moves `map[outer][inner]` to `map[to]`, where that is free; an object that is then empty goes. */
export function moveIn(map, outer, inner, to, change = (value) => value) {
  const holder = map.get(outer);
  const value = isObject(holder) ? holder.get(inner) : undefined;
  if (value === undefined || value === null || map.has(to)) return;
  map.set(to, change(value));
  const rest = without(holder, inner);
  if (rest.size) map.set(outer, rest);
  else map.delete(outer);
}

export const first = (names, rest) => new Map([
  ...names.filter((name) => rest.has(name)).map((name) => [name, rest.get(name)]),
  ...[...rest].filter(([name]) => !names.includes(name)),
]);
