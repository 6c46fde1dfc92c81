// [MISS-5]: the path of a difference in the caller's own JSON.
//
// Normalizing is a pure function [NORM-1], so where a value came from can be found by trial: mark a place of the
// caller's JSON that holds the same value, normalize the whole again, and see whether the mark comes out there.
import { canonicalText, guardedText } from './canonical.mjs';
import { isContainer, isObject, isString, writeJson } from './json.mjs';
import { canonicalOf } from './key.mjs';
import { child } from './paths.mjs';

const MARK = '\u{f0000}';
/** A step from a string to the JSON value that it encodes. */
const DECODE = Symbol('decode');

/** Differences with paths: those by steps in the canonical body get the path of their place. */
export function pathsOf(differences, request) {
  if (!differences.some(({ steps }) => steps)) return differences;
  const places = request.ownBody && new Places(request);
  const ownSteps = (steps) => (places ? places.stepsOf(steps) : steps).filter((step) => step !== DECODE);
  const pathOf = (steps) => (steps[0] === '__json__' ? steps.slice(1) : ownSteps(steps)).reduce(child, '') || 'body';
  return differences.map(({ steps, ...difference }) => (steps ? { path: pathOf(steps), ...difference } : difference));
}

class Places {
  constructor({ path, body, ownBody }) {
    Object.assign(this, { path, body, ownBody });
    this.own = [...places(ownBody, [])];
    this.byIdentity = new Map(this.own.map((place) => [place.value, place]));
    this.byText = new Map();
    for (const place of this.own) {
      const text = canonicalText(place.value);
      this.byText.set(text, [...this.byText.get(text) ?? [], place]);
    }
  }

  /** The steps in the caller's JSON of a place in the canonical body. */
  stepsOf(steps) {
    if (!steps.length) return [];
    return this.#untouched(steps) ?? this.#origin(steps) ?? [...this.stepsOf(steps.slice(0, -1)), steps.at(-1)];
  }

  /** Normalizing hands on what it does not change: within such an object all places are known. */
  #untouched(steps) {
    for (let end = steps.length; end > 0; end--) {
      const value = at(this.body, steps.slice(0, end));
      const place = typeof value === 'object' && value && this.byIdentity.get(value);
      if (place) return [...place.steps, ...steps.slice(end)];
    }
    return undefined;
  }

  /** Where a value came from, or undefined. */
  #origin(steps) {
    const value = at(this.body, steps);
    if (value === undefined) return undefined;
    return this.#whole(steps, value)
      ?? (isContainer(value) ? this.#byMember(steps, value) : this.#firstPart(steps, value));
  }

  #whole(steps, value) {
    return this.byText.get(canonicalText(value))?.find((place) => isMarked(this.#tried(place, steps), value))?.steps;
  }

  /** The first of several texts that a text was made of. */
  #firstPart(steps, value) {
    if (!isString(value)) return undefined;
    const parts = this.own
      .filter((place) => isString(place.value) && place.value !== '' && value.includes(place.value))
      .map((place) => ({ place, tried: this.#tried(place, steps) }))
      .filter(({ tried }) => isString(tried) && tried.includes(MARK))
      .sort((a, b) => a.tried.indexOf(MARK) - b.tried.indexOf(MARK));
    return parts[0]?.place.steps;
  }

  #byMember(steps, value) {
    for (const name of value.keys()) {
      const origin = this.#origin([...steps, name]);
      if (origin?.at(-1) === name) return origin.slice(0, -1);
    }
    return undefined;
  }

  /** What stands at `steps` when a place of the caller's JSON is marked. */
  #tried(place, steps) {
    return at(canonicalOf(this.path, changed(this.ownBody, place.steps)), steps);
  }
}

const at = (value, steps) => steps.reduce((inner, step) =>
  (isObject(inner) ? inner.get(step) : Array.isArray(inner) ? inner[step] : undefined), value);

/** Each value within a value, and within JSON texts in it, with its steps. */
function* places(value, steps) {
  if (steps.length) yield { value, steps };
  if (isContainer(value)) {
    for (const [step, inner] of value.entries()) yield* places(inner, [...steps, step]);
  } else if (isString(value)) {
    const inner = guardedText(value);
    if (inner !== undefined && !isString(inner)) yield* places(inner, [...steps, DECODE]);
  }
}

/** A copy with a mark at a place. */
function changed(value, [step, ...rest]) {
  if (step === undefined) return marked(value);
  if (step === DECODE) return writeJson(changed(guardedText(value), rest));
  if (Array.isArray(value)) return value.map((item, i) => (i === step ? changed(item, rest) : item));
  return new Map([...value].map(([name, item]) => [name, name === step ? changed(item, rest) : item]));
}

function marked(value) {
  if (Array.isArray(value)) return [...value, MARK];
  if (isObject(value)) return new Map([...value, [MARK, MARK]]);
  return isString(value) ? value + MARK : MARK;
}

const isMarked = (tried, value) => tried !== undefined && canonicalText(tried) === canonicalText(marked(value));
