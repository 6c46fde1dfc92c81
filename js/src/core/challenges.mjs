// [HEAD-11]: challenges of authentication, less what could be a credential.
import { headerLists } from './data.mjs';
import { asciiLower } from './text.mjs';

const KEPT = new Set(headerLists.challenge_parameters.map(({ name }) => name));
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const END = '(?=[ \\t]*(?:,|$))';
const ITEM = new RegExp(`([ \\t,]*)(?:(${TOKEN})([ \\t]*=[ \\t]*)("(?:[^"\\\\]|\\\\[^])*"|${TOKEN})${END}`
  + `|(${TOKEN})(?:([ \\t]+)([A-Za-z0-9._~+/-]+=*)${END})?(?=[ \\t,]|$))([ \\t,]*)`, 'y');

/** A challenge with the word for each token68, and for each value of a parameter that is not kept. */
export function cleanChallenge(value) {
  let out = '';
  for (ITEM.lastIndex = 0; ITEM.lastIndex < value.length;) {
    const item = ITEM.exec(value);
    if (!item) return 'REDACTED';
    const [, before, name, equals, content, scheme, space, token68, after] = item;
    const middle = name === undefined
      ? scheme + (token68 === undefined ? '' : `${space}REDACTED`)
      : name + equals + (KEPT.has(asciiLower(name)) ? content : wordFor(content));
    out += before + middle + after;
  }
  return out;
}

function wordFor(content) {
  if (content === '""') return content;
  return content.startsWith('"') ? '"REDACTED"' : 'REDACTED';
}
