// [RED-21]: secrets in URLs that stand in a text.
import { queryLists } from './data.mjs';
import { asciiLower, lenientUtf8 } from './text.mjs';
import { escapedOctet } from './url.mjs';

const SEPARATOR = String.raw`(?:[?&#]|\\u0026)(?:amp;)?`;
const NAME = String.raw`(?:[A-Za-z0-9._~$\[\]-]|%[0-9A-Fa-f]{2})+`;
const EQUALS = String.raw`(?:=|\\+u003[dD])`;
const EDGE = String.raw`(?:[A-Za-z0-9~_+/=@-]+|%[0-9A-Fa-f]{2}|\\+(?:/|u003[dD]))`;
const FIELD = new RegExp(`(${SEPARATOR})(${NAME})(${EQUALS})(${EDGE}(?:[.:!$*]*${EDGE})*)`, 'g');

const OUTSIDE = '\\0- \\x7f/?#"\'<>\\\\^`{|}()\\[\\]';
const USERINFO = new RegExp(`(://)([^${OUTSIDE}:@]*)(?:(:)([^${OUTSIDE}]*))?@`, 'g');

/** What each of these patterns needs. */
const MAY_HAVE = /[=@]|u003[dD]/;

/** A text without these secrets, and their number. `looksSecret` is the test of [RED-15]. */
export function withoutUrlSecrets(text, alsoAlways, looksSecret) {
  if (!MAY_HAVE.test(text)) return { out: text, count: 0 };
  let count = 0;
  const always = new Set([...queryLists.always, ...alsoAlways]);
  const isSecret = (name, value) => always.has(name)
    || (queryLists.maybe.includes(name) && looksSecret(meant(value)));
  const word = (part) => {
    const isFound = part !== undefined && part !== 'REDACTED' && looksSecret(meant(part));
    count += isFound;
    return isFound ? 'REDACTED' : part ?? '';
  };
  const out = text.replace(FIELD, (field, separator, name, equals, value) => {
    if (value === 'REDACTED' || !isSecret(asciiLower(decoded(name)), value)) return field;
    count += 1;
    return `${separator}${name}${equals}REDACTED`;
  }).replace(USERINFO, (_, start, user, colon, password) => `${start}${word(user)}${colon ?? ''}${word(password)}@`);
  return { out, count };
}

/** A value as the program means it; `+` stays. */
const meant = (written) => decoded(written.replace(/\\+(?:(\/)|u003[dD])/g, (_, slash) => slash ?? '='));

function decoded(text) {
  const bytes = Buffer.from(text, 'utf8');
  const out = [];
  for (let i = 0; i < bytes.length; i++) {
    const escaped = escapedOctet(bytes, i);
    out.push(escaped ?? bytes[i]);
    if (escaped !== undefined) i += 2;
  }
  return lenientUtf8(Buffer.from(out));
}
