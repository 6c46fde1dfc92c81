// [NORM-13]: members are moved by the rows of chat-paths.json.
import { chatPaths } from '../data.mjs';
import { isObject } from '../json.mjs';
import { renameIn } from './members.mjs';

const ROWS = chatPaths.map(({ dialect, from, to, values }) =>
  ({ dialect, from: from.split('.'), to: to.split('.'), values }));

/** Moves by the rows of a dialect, in their order; `allowed` may leave out a row. */
export function moveByRows(body, dialect, allowed = () => true) {
  for (const row of ROWS) {
    if (row.dialect === dialect && allowed(row)) move(body, row.from, row.to, row.values);
  }
}

/** Moves the value at `from` to `to`, where that is free; objects that are thereby empty are taken away. */
export function move(body, from, to, values) {
  const value = at(body, from);
  if (value === undefined || value === null || !isFree(body, to)) return;
  const pair = values?.find(([received]) => received === value);
  if (values && !pair) return;
  if (from.length === 1 && to.length === 1 && !values) {
    renameIn(body, from[0], to[0]);
    return;
  }
  remove(body, from);
  put(body, to, pair ? pair[1] : value);
}

/** The value at a list of names, or undefined. */
export const at = (value, names) =>
  names.reduce((inner, name) => (isObject(inner) ? inner.get(name) : undefined), value);

function isFree(map, [name, ...rest]) {
  const inner = map.get(name);
  if (inner === undefined) return true;
  return rest.length > 0 && isObject(inner) && isFree(inner, rest);
}

function remove(map, [name, ...rest]) {
  if (rest.length) {
    const inner = new Map(map.get(name));
    remove(inner, rest);
    if (inner.size) {
      map.set(name, inner);
      return;
    }
  }
  map.delete(name);
}

function put(map, [name, ...rest], value) {
  if (!rest.length) {
    map.set(name, value);
    return;
  }
  const inner = new Map(map.get(name));
  put(inner, rest, value);
  map.set(name, inner);
}
