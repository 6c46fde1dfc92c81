// Section 12: secrets are taken out before anything is stored or matched.
import { canonicalText, guardedText } from './canonical.mjs';
import { envSecrets, redactMembers, secretPatterns } from './data.mjs';
import { PromptechoError } from './errors.mjs';
import { isObject, isString } from './json.mjs';
import { looksSecret } from './looks-secret.mjs';
import { child } from './paths.mjs';
import { asciiLower, asciiUpper, codePointLength, compareCodePoints, strictUtf8 } from './text.mjs';

export const REDACTED = 'REDACTED';

const XML_VALUE = new RegExp(`<(${redactMembers.xml_elements.join('|')})>[^<]+</\\1>`, 'g');

/** What is looked for: options by the names of section 3 of the protocol, `environ` an object. */
export function redactionRules(options = {}, environ = {}) {
  const kept = new Set((options.keep_members ?? []).map(asciiLower));
  const members = [...redactMembers.names, ...(options.redact_members ?? [])].map(asciiLower)
    .filter((name) => !kept.has(name));
  const added = (options.redact_patterns ?? []).map((pattern, i) => ({ name: `user-${i + 1}`, pattern }));
  return {
    onSecret: options.on_secret ?? 'redact',
    members: new Set(members),
    quotedMember: quotedMember(members),
    patterns: [...secretPatterns, ...added].map((p) => ({ ...p, regex: compile(p.pattern) })),
    literals: literalsOf(environ),
  };
}

/** Redacts by rules, and keeps the places where it changed or found something. */
export class Redactor {
  constructor(rules) {
    this.rules = rules;
    this.places = [];
    this.warned = [];
    this.found = [];
  }

  /** A text at a place, by [RED-6] and [RED-5]. */
  text(text, place) {
    const { out, hits } = this.#secretsOut(text);
    if (hits.length) this.#report(place, hits);
    if (this.rules.onSecret !== 'redact') return text;
    if (out !== text) this.#mark(place);
    return out;
  }

  /** What makes the value of a query field a secret [URL-8]: names of patterns, and literals if it would be shown. */
  valueHits(value, isShown) {
    return [
      ...(isShown && this.rules.literals.some((literal) => value.includes(literal)) ? ['literal'] : []),
      ...this.rules.patterns.filter((pattern) => matches(pattern, value)).map(({ name }) => name),
    ];
  }

  /** Notes a query value that was taken out, under each `on_secret`. */
  reportValue(hits, place) {
    this.#report(place, hits);
    this.#mark(place);
  }

  /** Whether a value looks secret [RED-15]. */
  looksSecret(value) {
    return looksSecret(value, (text) => this.rules.patterns.some((pattern) => matches(pattern, text)));
  }

  /** A text without its secrets, of which nothing is noted. */
  silently(text) { return this.#secretsOut(text).out; }

  /** A text that is not a JSON tree [RED-13]. */
  lexical(text, place) {
    const before = this.text(text, place);
    const after = before
      .replace(this.rules.quotedMember, (_, start) => `${start}"${REDACTED}"`)
      .replace(XML_VALUE, (_, name) => `<${name}>${REDACTED}</${name}>`);
    if (after !== before) this.#mark(place);
    return after;
  }

  /** Bytes: text by [RED-13], others octet by octet [RED-12]. */
  bytes(bytes, place) {
    const text = strictUtf8(bytes);
    return text === undefined
      ? Buffer.from(this.text(bytes.toString('latin1'), place), 'latin1')
      : Buffer.from(this.lexical(text, place), 'utf8');
  }

  /** The value of a member of a form [RED-4], else a text [RED-13]. */
  formValue(name, text, place) {
    if (!this.#named(name) || text === '') return this.lexical(text, place);
    if (text !== REDACTED) this.#mark(place);
    return REDACTED;
  }

  /** A JSON value [RED-4] to [RED-7]. `prefix` and the path of a string make its place. */
  tree(value, prefix, path = '') {
    if (isString(value)) return this.#treeString(value, placeOf(prefix, path));
    if (Array.isArray(value)) return value.map((item, i) => this.tree(item, prefix, child(path, i)));
    if (!isObject(value)) return value;
    const out = new Map();
    for (const [name, item] of value) {
      const at = child(path, name);
      if (isString(item) && item !== '' && this.#named(name)) {
        if (item !== REDACTED) this.#mark(placeOf(prefix, at));
        out.set(name, REDACTED);
      } else {
        out.set(name, this.tree(item, prefix, at));
      }
    }
    return out;
  }

  #treeString(text, place) {
    const out = this.text(text, place);
    if (out[0] !== '{' && out[0] !== '[') return out;
    const inner = guardedText(out);
    if (inner === undefined) return out;
    const nested = new Redactor(this.rules);
    const redacted = nested.tree(inner, '');
    if (nested.found.length) this.#report(place, nested.found);
    if (!nested.places.length) return out;
    this.#mark(place);
    return canonicalText(redacted);
  }

  #named(name) {
    return this.rules.members.has(asciiLower(name));
  }

  #secretsOut(text) {
    const hits = [];
    let out = text;
    for (const literal of this.rules.literals) {
      if (!out.includes(literal)) continue;
      hits.push('literal');
      out = out.replaceAll(literal, REDACTED);
    }
    for (const { name, literal, regex } of this.rules.patterns) {
      if (literal !== undefined && !out.includes(literal)) continue;
      const next = out.replace(regex, REDACTED);
      if (next === out) continue;
      hits.push(name);
      out = next;
    }
    return { out, hits };
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

function matches({ literal, regex }, text) {
  regex.lastIndex = 0;
  return (literal === undefined || text.includes(literal)) && regex.test(text);
}

const placeOf = (prefix, path) => (path === '' || path[0] === '[' ? prefix + path : `${prefix}.${path}`);

/** The first lexical rule of [RED-13]: a quoted name and a quoted value. */
function quotedMember(names) {
  const choice = names.map((name) => name.replace(/[^A-Za-z0-9_]/gu, '\\$&')).join('|');
  return new RegExp(`("(?:${choice})"[ \\t\\n\\r]*:[ \\t\\n\\r]*)"(?:[^"\\\\]|\\\\[^])+"`, 'gi');
}

/** A pattern over code points; one that only the older syntax accepts is over code units. */
function compile(pattern) {
  try {
    return new RegExp(pattern, 'gu');
  } catch {
    return new RegExp(pattern, 'g');
  }
}

/** The secrets in environment variables [RED-8], in the order of [RED-6]. */
function literalsOf(environ) {
  const values = Object.entries(environ)
    .filter(([name]) => envSecrets.suffixes.some((suffix) => asciiUpper(name).endsWith(suffix)))
    .map(([, value]) => value)
    .filter((value) => codePointLength(value) >= envSecrets.min_length && !/\s/.test(value));
  return [...new Set(values)].sort((a, b) => codePointLength(b) - codePointLength(a) || compareCodePoints(a, b));
}
