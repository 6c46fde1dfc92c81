// Section 15.3: requests that are none of a cassette's business.
import { passthroughHosts } from './data.mjs';

const PATTERN = /^(\[[^\]/]*\]|[^:/[\]]+)(?::([0-9]+))?(\/.*)?$/s;
const USUAL_PORTS = { http: '80', https: '443' };

/** [PASS-2] */
export const isPattern = (pattern) => PATTERN.test(pattern);

/** [PASS-1, PASS-3] */
export function isPassed(url, added = []) {
  const parts = /^([A-Za-z]+):\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^:/?#]*)(?::([0-9]+))?([^?#]*)/.exec(url);
  if (!parts) return false;
  const [, scheme, host, port = USUAL_PORTS[scheme.toLowerCase()], path] = parts;
  return [...passthroughHosts, ...added].some((pattern) => {
    const [, wantedHost, wantedPort, wantedPath] = PATTERN.exec(pattern);
    return glob(wantedHost.toLowerCase(), host.toLowerCase().replace(/\.$/, ''))
      && (wantedPort === undefined || wantedPort === port)
      && (wantedPath === undefined || glob(wantedPath, path || '/'));
  });
}

function glob(pattern, text) {
  const pieces = pattern.split('*').map((piece) => piece.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${pieces.join('.*')}$`, 's').test(text);
}
