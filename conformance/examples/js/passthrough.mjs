// Section 15.3: requests that are none of a cassette's business.
import { passthroughHosts } from './data.mjs';
import { asciiLower } from './text.mjs';
import { hostAndPort, splitUrl } from './url.mjs';

const PATTERN = /^(\[[^\]/]*\]|[^:/[\]]+)(?::([0-9]+))?(\/.*)?$/s;

/** [PASS-2] */
export const isPattern = (pattern) => PATTERN.test(pattern);

/** [PASS-1, PASS-3] */
export function isPassed(url, added = []) {
  const { host, port } = hostAndPort(url);
  const path = splitUrl(url).path || '/';
  return [...passthroughHosts, ...added].some((pattern) => {
    const [, wantedHost, wantedPort, wantedPath] = PATTERN.exec(pattern);
    return glob(asciiLower(wantedHost), host)
      && (wantedPort === undefined || wantedPort === port)
      && (wantedPath === undefined || glob(wantedPath, path));
  });
}

function glob(pattern, text) {
  const pieces = pattern.split('*').map((piece) => piece.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${pieces.join('.*')}$`, 's').test(text);
}
