// [HEAD-8] to [HEAD-10]: the headers of a request that are stored and matched.
import { driftHeaders, headerLists } from './data.mjs';
import { asciiLower, compareCodePoints, sha256, trimBlank } from './text.mjs';

const DIGEST = /^sha256-[0-9a-f]{12}$/;
const UNKNOWN = 'unknown';
const drifting = new Set(driftHeaders);
const reserved = new Set(['redacted', 'challenges', 'cookies', 'framing'].flatMap((list) => headerLists[list]));

/** [HEAD-9]; `hidden`: names that the user redacts. */
export const isMatchable = (name, hidden = []) => !reserved.has(name) && !hidden.map(asciiLower).includes(name);

/** [HEAD-14], likewise. */
export const isKeepable = (name, hidden) => isMatchable(asciiLower(name), hidden);

/** The digest of a joined value, whose characters are its octets. */
const digestOf = (value) => `sha256-${sha256(Buffer.from(value, 'latin1')).slice(0, 12)}`;

/** The headers that were sent: a Map of name to joined value. */
export function sentHeaders(headers) {
  const sent = new Map();
  for (const [original, received] of headers) {
    const name = asciiLower(original);
    const value = trimBlank(received);
    sent.set(name, sent.has(name) ? `${sent.get(name)}, ${value}` : value);
  }
  return sent;
}

/** What is stored of them [HEAD-8]: a Map sorted by name. */
export function storedRequestHeaders(sent, redactor, matched = []) {
  const stored = [...sent].flatMap(([name, value]) => {
    if (matched.includes(name)) return [[name, digestOf(redactor.untaken(value))]];
    return drifting.has(name) ? [[name, redactor.text(value, `request.headers.${name}`)]] : [];
  });
  return new Map(stored.sort(([a], [b]) => compareCodePoints(a, b)));
}

/** The member `headers` of the hashed text of a request: each matched name and its digest or null. */
export const sentDigests = (sent, redactor, matched) =>
  new Map(matched.map((name) => [name, sent.has(name) ? digestOf(redactor.untaken(sent.get(name))) : null]));

/** That of a recording, made of what is stored [HEAD-10]. */
export const storedDigests = (stored, matched) => new Map(matched.map((name) => [name, keyedValue(stored.get(name))]));

const keyedValue = (value = null) =>
  (value === null || value === UNKNOWN || DIGEST.test(value) ? value : digestOf(value));

/** Stored headers with those of which a recording does not say whether they were sent [HEAD-10]. */
export function withUnknown(stored, matched, { matchedInFile = [], hasLists }) {
  const missing = matched.filter((name) =>
    !stored.has(name) && !matchedInFile.includes(name) && !(hasLists && drifting.has(name)));
  const all = [...stored, ...missing.map((name) => [name, UNKNOWN])];
  return new Map(all.sort(([a], [b]) => compareCodePoints(a, b)));
}

/** The names whose headers are drift [DRIFT-3], sorted. `request`: `{sent, headers}`. */
export function headerDrift(stored, request, matched = [], hasLists = false) {
  return [...drifting].filter((name) => {
    if (matched.includes(name)) return false;
    const recorded = stored.get(name);
    const incoming = request.headers.get(name);
    if (recorded === undefined && !hasLists) return false;
    if (recorded === undefined || incoming === undefined) return recorded !== incoming;
    return DIGEST.test(recorded) ? recorded !== digestOf(request.sent.get(name)) : recorded !== incoming;
  }).sort(compareCodePoints);
}
