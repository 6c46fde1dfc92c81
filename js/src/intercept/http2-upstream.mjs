// A real HTTP/2 session. Its socket is behind a pair of streams: a session that had the handle of an intercepted socket
// would wait forever.
import net from 'node:net';
import { duplexPair } from 'node:stream';
import tls from 'node:tls';

/** `connect`: that of node:http2, with what the caller gave to it. */
export function reach(connect, authority, options = {}) {
  const { protocol, hostname, port } = new URL(authority);
  const host = hostname.replace(/^\[|\]$/g, '');
  const isSecure = protocol === 'https:';
  const createConnection = (...given) => {
    if (options.createConnection) return behindPair(options.createConnection(...given));
    const near = behindPair(net.connect({ host, port: Number(port) || (isSecure ? 443 : 80) }));
    if (!isSecure) return near;
    const servername = net.isIP(host) ? undefined : host;
    return tls.connect({ servername, ALPNProtocols: ['h2'], ...options, socket: near });
  };
  return connect(authority, { ...options, createConnection });
}

function behindPair(socket) {
  const [near, far] = duplexPair();
  socket.on('error', (error) => near.destroy(error)).on('close', () => near.destroy());
  near.on('close', () => socket.destroy());
  far.on('error', () => socket.destroy());
  socket.pipe(far).pipe(socket);
  return near;
}
