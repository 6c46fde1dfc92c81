// The rules of matching without a cassette.
import { keyOf, readRequest } from '../core/key.mjs';
import { matchOn as matchLists } from '../core/data.mjs';
import { readOptions } from '../core/options.mjs';
import { Redactor, redactionRules } from '../core/redact.mjs';
import { plain } from '../core/wire.mjs';

const bytesOf = (body) => (typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body)
  : Buffer.from(JSON.stringify(body)));

function read(method, url, body, { headers = [], matchOn = matchLists.default }) {
  const options = readOptions({ match_on: matchOn });
  const redactor = new Redactor(redactionRules(options));
  return { options, request: readRequest({ method, url, headers, body: bytesOf(body) }, redactor, options) };
}

/** The `match_key` of a request: 16 hexadecimal digits [KEY-1]. `body`: octets, text or an object. */
export function fingerprint(method, url, body, given = {}) {
  const { options, request } = read(method, url, body, given);
  return keyOf(request, options).match_key;
}

/** The canonical body of a request, as it is stored. */
export const normalize = (method, url, body, given = {}) => plain(read(method, url, body, given).request.body);
