// Section 15.3: requests that are none of a cassette's business.
import { guarded } from './canonical.mjs';
import { codingsOf, undoCodings } from './codings.mjs';
import { passthrough } from './data.mjs';
import { mediaType } from './headers.mjs';
import { isObject } from './json.mjs';
import { asciiLower, asciiUpper } from './text.mjs';
import { hostAndPort, splitUrl } from './url.mjs';

const PATTERN = /^(\[[^\]/]*\]|[^:/[\]]+)(?::([0-9]+))?(\/.*)?$/s;

/** [PASS-2] */
export const isPattern = (pattern) => PATTERN.test(pattern);

/** [PASS-1, PASS-3] */
export function isPassed(url, added = []) {
  const { host, port } = hostAndPort(url);
  const path = splitUrl(url).path || '/';
  return [...passthrough.hosts, ...added].some((pattern) => {
    const [, wantedHost, wantedPort, wantedPath] = PATTERN.exec(pattern);
    return glob(asciiLower(wantedHost), host)
      && (wantedPort === undefined || wantedPort === port)
      && (wantedPath === undefined || glob(wantedPath, path));
  });
}

/** [PASS-4] */
export function isTelemetry({ method, url, headers, body }) {
  const path = splitUrl(url).path;
  const rows = passthrough.telemetry.filter((row) => row.method === asciiUpper(method) && glob(row.path, path));
  if (!rows.length) return false;
  const value = guarded(undoCodings(body, codingsOf(headers)) ?? body);
  return rows.some(({ types, members }) => types.includes(mediaType(headers))
    || (isObject(value) && members.some((name) => value.has(name))));
}

/** [MISS-11] */
export function looksLikeTelemetry({ url, headers }) {
  const { segments, types } = passthrough.looks;
  return types.includes(mediaType(headers))
    || asciiLower(splitUrl(url).path).split('/').some((segment) => segments.includes(segment));
}

const globs = new Map();

function glob(pattern, text) {
  if (!globs.has(pattern)) {
    const pieces = pattern.split('*').map((piece) => piece.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
    globs.set(pattern, new RegExp(`^${pieces.join('.*')}$`, 's'));
  }
  return globs.get(pattern).test(text);
}
