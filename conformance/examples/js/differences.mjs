// [MISS-3]: where two requests differ.
import { canonicalText } from './canonical.mjs';
import { isObject } from './json.mjs';
import { compareCodePoints } from './text.mjs';

/** The places where two values differ: `{steps, recorded, incoming}`; a side that is absent is undefined. */
function valueDifferences(recorded, incoming, steps) {
  if (isObject(recorded) && isObject(incoming)) {
    return namesOf(recorded.keys(), incoming.keys())
      .flatMap((name) => valueDifferences(recorded.get(name), incoming.get(name), [...steps, name]));
  }
  if (Array.isArray(recorded) && Array.isArray(incoming)) {
    const indexes = [...Array(Math.max(recorded.length, incoming.length)).keys()];
    return indexes.flatMap((i) => valueDifferences(recorded[i], incoming[i], [...steps, i]));
  }
  const same = recorded !== undefined && incoming !== undefined && canonicalText(recorded) === canonicalText(incoming);
  return same ? [] : [{ steps, recorded, incoming }];
}

/** The names of the first, in their order, then those that only the second has. */
const namesOf = (first, second) => [...new Set([...first, ...second])];

/** The members of two bodies that are named, each where it is named. */
export function memberDifferences(recorded, recordedNames, incoming, incomingNames) {
  const own = new Set(recordedNames), theirs = new Set(incomingNames);
  return namesOf(recordedNames, incomingNames).flatMap((name) =>
    valueDifferences(
      own.has(name) ? recorded.get(name) : undefined, theirs.has(name) ? incoming.get(name) : undefined, [name]));
}

/** The differences of two key queries. */
export function queryDifferences(recorded, incoming) {
  const names = namesOf(recorded.map(([name]) => name), incoming.map(([name]) => name)).sort(compareCodePoints);
  return names.flatMap((name) => {
    const [a, b] = [recorded, incoming].map((query) => valuesOf(query, name));
    const same = canonicalText(a ?? null) === canonicalText(b ?? null);
    return same ? [] : [{ path: `?${name}`, recorded: a, incoming: b }];
  });
}

function valuesOf(query, name) {
  const values = query.filter(([other]) => other === name).map(([, value]) => value);
  return values.length > 1 ? values : values[0];
}
