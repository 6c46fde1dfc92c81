// Section 6.2: the parts of a URL, its key path and its host text. (Its query: query.mjs.)
import { asciiLower } from './text.mjs';

const UNESCAPED = new Set(Buffer.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@"));
const SLASH = 0x2f;
const PERCENT = 0x25;

/** The parts of an absolute URL, as they are written. */
export function splitUrl(url) {
  const [, head = '', authority, path, query, fragment] =
    /^((?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(url);
  return { head, authority, path, query: query?.slice(1), fragment };
}

export const hexPair = (octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;

/** The octet that `%` and two digits at `i` stand for, or undefined. */
export function escapedOctet(bytes, i) {
  const digits = bytes.subarray(i + 1, i + 3).toString('latin1');
  return bytes[i] === PERCENT && /^[0-9A-Fa-f]{2}$/.test(digits) ? parseInt(digits, 16) : undefined;
}

/** The key path [URL-1]. */
export function keyPath(url) {
  const bytes = Buffer.from(splitUrl(url).path || '/', 'utf8');
  let out = '';
  for (let i = 0; i < bytes.length; i++) {
    const escaped = escapedOctet(bytes, i);
    const octet = escaped ?? bytes[i];
    const plain = UNESCAPED.has(octet) || (octet === SLASH && escaped === undefined);
    out += plain ? String.fromCharCode(octet) : hexPair(octet);
    if (escaped !== undefined) i += 2;
  }
  return out;
}

const USUAL_PORTS = new Map([['http', '80'], ['https', '443']]);

/** The host in lower case without a dot at its end, and the port, undefined where nothing says it. */
export function hostAndPort(url) {
  const { head, authority } = splitUrl(url);
  const own = withoutUserinfo(authority);
  const [, host, written] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(own) ?? [undefined, own];
  const port = written ? written.replace(/^0+(?=[0-9])/, '') : USUAL_PORTS.get(asciiLower(head).replace('://', ''));
  return { host: asciiLower(host).replace(/\.$/, ''), port };
}

/** The host text [URL-9]. */
export function hostText(url) {
  const { host, port } = hostAndPort(url);
  return port === undefined ? host : `${host}:${port}`;
}

/** [URL-2] */
export const withoutUserinfo = (authority) => authority.slice(authority.lastIndexOf('@') + 1);
