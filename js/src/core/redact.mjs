// Section 12: secrets are taken out before anything is stored or matched.
import { canonicalText, guardedText } from './canonical.mjs';
import { headerLists, redactMembers, secretPatterns } from './data.mjs';
import { PromptechoError } from './errors.mjs';
import { isObject, isString } from './json.mjs';
import { environLiterals, spelled } from './literals.mjs';
import { looksSecret } from './looks-secret.mjs';
import { below, CONVERSATION, EVERYWHERE, NOWHERE, placeOfObject } from './member-places.mjs';
import { besideOpaque, isOpaque } from './opaque-members.mjs';
import { child } from './paths.mjs';
import { asciiLower, codePointLength, strictUtf8 } from './text.mjs';
import { withoutUrlSecrets } from './text-urls.mjs';

export const REDACTED = 'REDACTED';

/** Ends of escapes: of JSON text, and of a URL. */
const ESCAPES = [String.raw`\\[bfnrt]`, String.raw`\\u[0-9A-Fa-f]{4}`, '%[0-9A-Fa-f]{2}'];

const XML_VALUE = new RegExp(`<(${redactMembers.xml_elements.join('|')})>([^<]+)</\\1>`, 'g');
const MEMBER = /("((?:[^"\\]|\\[^])*)"[ \t\n\r]*:[ \t\n\r]*)"((?:[^"\\]|\\[^])+)"/g;
const MAYBE = new Set(redactMembers.maybe);
const PATTERNS = secretPatterns.map(compiled);
const CREDENTIAL_HEADERS = new Set(headerLists.redacted);

/** What is looked for: options by the names of section 3 of the protocol, `environ` an object. */
export function redactionRules(options = {}, environ = {}) {
  const lower = (names = []) => new Set(names.map(asciiLower));
  const added = (options.redact_patterns ?? []).map((pattern, i) => ({ name: `user-${i + 1}`, pattern }));
  const patterns = [...PATTERNS, ...added.map((p) => ({ ...p, regex: compile(p.pattern) }))];
  const environment = environLiterals(environ, (text) => looksSecret(text, (value) => patternIn(patterns, value)));
  return {
    onSecret: options.on_secret ?? 'redact',
    names: lower(redactMembers.names), own: lower(options.redact_members), kept: lower(options.keep_members),
    urlNames: (options.redact_query ?? []).map(asciiLower),
    patterns, environment, literals: spelled(environment), taken: [], takenSpelled: [],
  };
}

/** The rules of a session in which an answer has told these values [RED-16]. */
export function knowing(rules, values) {
  const taken = [...rules.taken, ...values.map((text) => ({ text, source: '' }))];
  return { ...rules, taken, takenSpelled: spelled(taken), literals: spelled([...taken, ...rules.environment]) };
}

/** Redacts by rules, and keeps the places where it changed or found something. */
export class Redactor {
  constructor(rules) {
    this.rules = rules;
    this.places = [];
    this.warned = [];
    this.found = [];
    this.named = [];
    this.told = [];
    this.hidden = []; // names and values, of what is replaced for its name
  }

  /** What it has kept so far; to be set again where what was redacted is not used. */
  get notes() {
    const { places, warned, found, named, told, hidden } = this;
    return Object.fromEntries(Object.entries({ places, warned, found, named, told, hidden }).map(([name, kept]) => [name, [...kept]]));
  }

  set notes(notes) { Object.assign(this, notes); }

  /** A text at a place, by [RED-6], [RED-5] and [RED-21]. */
  text(text, place) { return this.#reported(text, place, this.#secretsOut(text)); }

  /** The URL of a request, by [RED-6] and [RED-5]. */
  address(text, place) { return this.#reported(text, place, this.#shapesOut(text)); }

  #reported(text, place, { out, hits }) {
    if (hits.length) this.#report(place, hits);
    const stored = this.rules.onSecret === 'redact' ? out : this.untaken(text);
    if (stored !== text) {
      this.tellRemoved(text, stored);
      this.#mark(place);
      if (!hits.length) this.#name(place);
    }
    return stored;
  }

  /** A text without the values of [RED-16]. */
  untaken(text) {
    return this.rules.takenSpelled.reduce((out, { text: value }) => out.replaceAll(value, REDACTED), text);
  }

  /** Octets that are hashed, likewise [RED-19]. */
  untakenBytes(bytes) {
    return this.rules.taken.length ? Buffer.from(this.untaken(bytes.toString('latin1')), 'latin1') : bytes;
  }

  /** What makes the value of a query field a secret [URL-8]: names of patterns. */
  valueHits(value) {
    return [
      ...this.rules.patterns.filter((pattern) => matches(pattern, value)).map(({ name }) => name),
      ...(this.#urlSecretsOut(value).count ? ['url'] : []),
    ];
  }

  /** The variables of the environment whose values stand in the value of a query field [URL-8]. */
  environHits(value) {
    return spelled(this.rules.environment).filter(({ text }) => value.includes(text)).map(({ source }) => source);
  }

  /** Notes a query value that was taken out, under each `on_secret`. */
  reportValue(hits, place) {
    this.#report(place, hits);
    this.#mark(place);
  }

  /** Whether a value looks secret [RED-15]. */
  looksSecret(value) {
    return looksSecret(value, (text) => patternIn(this.rules.patterns, text));
  }

  /** A text without its secrets, of which nothing is noted. */
  silently(text) { return this.#secretsOut(text).out; }

  /** A text that is not a JSON tree [RED-13]. `talk`: whether it is of a conversation. */
  lexical(text, place, talk = false) {
    const before = talk ? besideOpaque(text, (part) => this.text(part, place)) : this.text(text, place);
    return this.#members(before, place, (name) => this.rules.own.has(name));
  }

  /** A body that is stored as a text, or hashed. */
  bodyText(text, place, talk) {
    const before = this.lexical(text, place, talk);
    if (talk) return before;
    const named = isJsonDocument(before) ? this.#members(before, place, (name, value) => this.#counts(name, value))
      : before;
    return named.replace(XML_VALUE, (_, name, value) => `<${name}>${this.#replaced(value, place)}</${name}>`);
  }

  #members(text, place, isSecret) {
    return text.replace(MEMBER, (whole, start, name, value) =>
      (isSecret(asciiLower(name), value) ? `${start}"${this.#replaced(value, place)}"` : whole));
  }

  /** Bytes: text by [RED-13], others octet by octet [RED-12]. */
  bytes(bytes, place, talk) {
    const text = strictUtf8(bytes);
    return text === undefined
      ? Buffer.from(this.text(bytes.toString('latin1'), place), 'latin1')
      : Buffer.from(this.lexical(text, place, talk), 'utf8');
  }

  /** The value of a member of a form [RED-4], else a text [RED-13]. */
  formValue(name, text, place) {
    if (text === '' || !this.#counts(asciiLower(name), text)) return this.lexical(text, place);
    this.hidden.push([name, text]);
    return this.#replaced(text, place);
  }

  /** A JSON value [RED-4] to [RED-7], [RED-17]. `talk`: whether it is of a conversation. */
  tree(value, prefix, talk = false) {
    return this.#tree(value, { prefix, path: '', spot: talk ? CONVERSATION : EVERYWHERE, talk });
  }

  #tree(value, at) {
    if (isString(value)) return this.#string(value, placeOf(at.prefix, at.path));
    if (Array.isArray(value)) return value.map((item, i) => this.#tree(item, inner(at, i)));
    if (!isObject(value)) return value;
    const here = { ...at, spot: placeOfObject(at.spot, value) };
    return new Map([...value].map(([name, item]) => [name, this.#member(name, item, value, inner(here, name))]));
  }

  #member(name, value, object, at) {
    if (!isString(value) || value === '') return this.#tree(value, at);
    if (this.#isSecret(asciiLower(name), value, at.spot)) {
      this.hidden.push([name, value]);
      return this.#replaced(value, placeOf(at.prefix, at.path));
    }
    return at.talk && isOpaque(name, value, object) ? value : this.#tree(value, at);
  }

  #string(text, place) {
    const out = this.text(text, place);
    if (out[0] !== '{' && out[0] !== '[') return out;
    const value = guardedText(out);
    if (value === undefined) return out;
    const nested = new Redactor(this.rules);
    const redacted = nested.#tree(value, { prefix: '', path: '', spot: NOWHERE, talk: false });
    if (nested.found.length) this.#report(place, nested.found);
    if (!nested.places.length) return out;
    this.#mark(place);
    return canonicalText(redacted);
  }

  /** Whether a name that counts makes a value secret [RED-4]; `name` in lower case. */
  #counts(name, value) {
    const { names, own, kept } = this.rules;
    if (own.has(name)) return true;
    if (kept.has(name)) return false;
    return names.has(name) || (MAYBE.has(name) && (isLong(value) || this.looksSecret(value)));
  }

  #isSecret(name, value, { counts }) {
    if (this.rules.own.has(name)) return true;
    if (!counts || this.rules.kept.has(name)) return false;
    if (counts === 'secret' || this.#counts(name, value)) return true;
    return counts === 'header' && (CREDENTIAL_HEADERS.has(name) || this.looksSecret(value));
  }

  /** The word that stands for a value, which is noted. */
  #replaced(value, place) {
    if (value !== REDACTED) {
      this.#mark(place);
      this.#name(place);
      this.#tell(value);
    }
    return REDACTED;
  }

  /** The parts of a text of an answer that stand as the word in what is stored [RED-16]. */
  tellRemoved(before, after) {
    for (const value of before === after ? [] : removed(before, after)) this.#tell(value);
  }

  #tell(value) {
    if (this.looksSecret(value) && this.silently(value) !== REDACTED) this.told.push(value);
  }

  #secretsOut(text) {
    const { out, hits } = this.#shapesOut(text);
    const urls = this.#urlSecretsOut(out);
    return { out: urls.out, hits: urls.count ? [...hits, 'url'] : hits };
  }

  #urlSecretsOut(text) {
    return withoutUrlSecrets(text, this.rules.urlNames, (value) => this.looksSecret(value));
  }

  #shapesOut(text) {
    const hits = [];
    let out = text;
    for (const { text: literal, source } of this.rules.literals) {
      if (!out.includes(literal)) continue;
      if (source) hits.push(source);
      out = out.replaceAll(literal, REDACTED);
    }
    for (const pattern of this.rules.patterns) {
      const { name, literal, regex } = pattern;
      if (literal !== undefined && !out.includes(literal)) continue;
      const next = literal === undefined ? out.replace(regex, REDACTED) : withoutShape(pattern, out);
      if (next === out) continue;
      hits.push(name);
      out = next;
    }
    return { out, hits };
  }

  #name(place) {
    if (!this.named.includes(place)) this.named.push(place);
  }

  #mark(place) {
    if (!this.places.includes(place)) this.places.push(place);
  }

  #report(place, hits) {
    if (this.rules.onSecret === 'raise') throw new PromptechoError('secret.found', `${place}: ${hits.join(', ')}`);
    this.found.push(...hits);
    if (!this.warned.includes(place)) this.warned.push(place);
  }
}

function matches(pattern, text) {
  const { literal, regex } = pattern;
  if (literal !== undefined) return text.includes(literal) && nextMatch(pattern, text, 0) !== null;
  regex.lastIndex = 0;
  return regex.test(text);
}

/** A row of the list, with its rules for what stands beside a match [RED-20] as look-arounds. */
function compiled(row) {
  const left = `(?:(?<![${row.base64 ? '+/' : ''}A-Za-z0-9_-])${ESCAPES.map((escape) => `|(?<=${escape})`).join('')})`;
  const source = `${row.anywhere ? '' : left}(?:${row.pattern})${row.whole ? '(?![A-Za-z0-9_-])' : ''}`;
  return { ...row, regex: compile(source), needs: (row.needs ?? []).map((need) => new RegExp(need)) };
}

/** The next match that counts, from a place in a text. */
function nextMatch({ regex, needs }, text, start) {
  regex.lastIndex = start;
  for (let match = regex.exec(text); match; match = regex.exec(text)) {
    if (needs.every((need) => need.test(match[0]))) return match;
    regex.lastIndex = match.index + 1;
  }
  return null;
}

function withoutShape(pattern, text) {
  let out = '', end = 0;
  for (let match = nextMatch(pattern, text, 0); match; match = nextMatch(pattern, text, end)) {
    out += text.slice(end, match.index) + REDACTED;
    end = match.index + match[0].length;
  }
  return out + text.slice(end);
}

/** What `REDACTED` stands for in a text, as far as it can be told. */
function removed(before, after) {
  const [first, ...pieces] = after.split(REDACTED);
  const last = pieces.pop();
  if (last === undefined || !before.startsWith(first) || !before.endsWith(last)) return [];
  const end = before.length - last.length;
  const found = [];
  let at = first.length;
  for (const piece of pieces) {
    const start = piece ? before.indexOf(piece, at) : -1;
    if (start < 0 || start + piece.length > end) return found;
    found.push(before.slice(at, start));
    at = start + piece.length;
  }
  return [...found, before.slice(at, end)];
}

const patternIn = (patterns, text) => patterns.some((pattern) => matches(pattern, text));

const isLong = (value) => codePointLength(value) >= redactMembers.maybe_length && !/\s/.test(value);

/** Whether a text is a JSON object or array as a whole, and no message of JSON-RPC [RED-13]. */
function isJsonDocument(text) {
  if (text.includes('"jsonrpc"') || !/^\uFEFF?[ \t\n\r]*[[{]/.test(text)) return false;
  try {
    return typeof JSON.parse(text.replace(/^\uFEFF/, '')) === 'object';
  } catch {
    return false;
  }
}

const inner = (at, step) => ({ ...at, path: child(at.path, step), spot: below(at.spot, step) });
const placeOf = (prefix, path) => (path === '' || path[0] === '[' ? prefix + path : `${prefix}.${path}`);

/** A pattern over code points; one that only the older syntax accepts is over code units. */
function compile(pattern) {
  try {
    return new RegExp(pattern, 'gu');
  } catch {
    return new RegExp(pattern, 'g');
  }
}
