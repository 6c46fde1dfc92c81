// [MISS-3]: where two requests differ.
import { canonicalText } from './canonical.mjs';
import { isObject } from './json.mjs';
import { stepsOf, valueAt } from './match-names.mjs';
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
  return isSame(recorded, incoming) ? [] : [{ steps, recorded, incoming }];
}

function isSame(a, b) {
  return a === undefined || b === undefined ? a === b : canonicalText(a) === canonicalText(b);
}

/** The names of the first, in their order, then those that only the second has. */
const namesOf = (first, second) => [...new Set([...first, ...second])];

/** The places of two bodies that are named, each where it is named. */
export function memberDifferences(recorded, recordedNames, incoming, incomingNames) {
  return namesOf(recordedNames, incomingNames)
    .flatMap((name) => valueDifferences(valueAt(recorded, name), valueAt(incoming, name), stepsOf(name)));
}

export const hostDifferences = (recorded, incoming) =>
  (recorded === incoming ? [] : [{ path: 'url.host', recorded, incoming }]);

/** The differences of two key queries, with the values that are shown: of each `{query, shown}`. */
export function queryDifferences(recorded, incoming) {
  return namesOf(recorded.query.map(([name]) => name), incoming.query.map(([name]) => name))
    .sort(compareCodePoints)
    .filter((name) => !isSame(valuesOf(recorded.query, name), valuesOf(incoming.query, name)))
    .map((name) => ({
      path: `?${name}`, recorded: valuesOf(recorded.shown, name), incoming: valuesOf(incoming.shown, name),
    }));
}

function valuesOf(query, name) {
  const values = query.filter(([other]) => other === name).map(([, value]) => value);
  return values.length > 1 ? values : values[0];
}

/** The differences of the members `headers` of two hashed texts; null is absent. */
export function headersDifferences(recorded, incoming) {
  return [...incoming.keys()].sort(compareCodePoints)
    .map((name) => ({ path: `headers.${name}`, recorded: recorded.get(name), incoming: incoming.get(name) }))
    .filter((one) => one.recorded !== one.incoming)
    .map(({ path, ...of }) => ({ path, recorded: of.recorded ?? undefined, incoming: of.incoming ?? undefined }));
}
