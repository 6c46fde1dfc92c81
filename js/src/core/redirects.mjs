// [PASS-5]: where played responses send a client.

/** Host, port and path of a URL, or undefined. */
function placeOf(url, base) {
  try {
    const { protocol, hostname, port, pathname } = new URL(url, base);
    return `${hostname.replace(/\.$/, '')}:${port || (protocol === 'https:' ? 443 : 80)}${pathname}`;
  } catch {
    return undefined;
  }
}

export class Redirects {
  #places = new Set();

  note(url, { status, headers }) {
    if (status < 300 || status > 399) return;
    for (const [name, value] of headers) if (name === 'location') this.#places.add(placeOf(value, url));
  }

  /** Whether a response sent the client to this URL, or may have. */
  sentTo(url) { return this.#places.has(placeOf(url)) || this.#places.has(undefined); }
}
