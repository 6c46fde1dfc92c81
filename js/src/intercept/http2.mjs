// node:http2. Its sessions write to the handle of a socket, past what `interception.mjs` sees.
//
// A client gets one end of a pair of streams. At the other end is a server in this process: it asks the cassette, and
// calls the real server only for what is live.
import diagnostics from 'node:diagnostics_channel';
import http2 from 'node:http2';
import { syncBuiltinESMExports } from 'node:module';
import { duplexPair, PassThrough } from 'node:stream';
import { reach } from './http2-upstream.mjs';
import { failureKind, playedError } from './failures.mjs';
import { LiveCall } from './live-call.mjs';
import { missResponse } from './miss-response.mjs';
import { OLDER } from './older-connections.mjs';
import { playedResponse } from './played-response.mjs';

/** Headers that HTTP/2 does not have. */
const CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

/** `current()`: the open cassette; `stopped(signal)`: waits until the client stops waiting. */
export function startHttp2(current, stopped) {
  const { connect } = http2;
  const ours = new WeakSet();
  http2.connect = function connectSeen(authority, options, listener) {
    if (typeof options === 'function') return connectSeen(authority, undefined, options);
    const [near, far] = duplexPair();
    const client = connect(authority, { ...options, createConnection: () => near }, listener);
    ours.add(client);
    let upstream;
    const toServer = () => {
      if (upstream && !upstream.closed && !upstream.destroyed) return upstream;
      upstream = reach(connect, authority, options);
      ours.add(upstream);
      return upstream.on('error', (error) => client.destroy(error));
    };
    const server = http2.performServerHandshake(far);
    server.on('error', () => {}); // the client has gone
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {}); // the client has gone
      // A client that goes while it sends: there is nobody to answer.
      serve({ stream, headers, client, toServer }, current, stopped).catch((error) => stream.destroy(error));
    });
    client.once('close', () => { server.destroy(); upstream?.close(); });
    return client;
  };
  syncBuiltinESMExports();
  // Newer versions of Node tell of each stream: one of a session that is older than this leads past the cassette.
  diagnostics.subscribe('http2.client.stream.created', ({ stream }) => {
    if (current() && !ours.has(stream.session)) stream.destroy(new Error(OLDER));
  });
}

async function serve(call, current, stopped) {
  const { stream, headers, client } = call;
  const cassette = current();
  // gRPC is not recorded, as in Python; its requests may last as long as their answers.
  if (!cassette || /^application\/grpc/.test(headers['content-type'] ?? '')) {
    stream.pipe(forward(call));
    return;
  }
  const request = await received(stream, headers);
  const decision = cassette.ask(request);
  if (decision.passed) forward(call).end(request.body);
  else if (decision.live) forward(call, decision.live).end(request.body);
  else if (decision.refused) await send(stream, missResponse(request, decision.refused));
  else if (decision.response) await send(stream, playedResponse(decision, request, cassette));
  else {
    const gone = new AbortController();
    stream.once('close', () => gone.abort());
    if (decision.failure.kind === 'cancelled') await stopped(gone.signal);
    if (!gone.signal.aborted) client.destroy(playedError(decision.failure.kind));
  }
}

const pairs = (headers) => Object.entries(headers).filter(([name]) => name[0] !== ':')
  .flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));

async function received(stream, headers) {
  const chunks = [];
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) chunks.push(chunk);
  const { ':method': method, ':scheme': scheme, ':authority': authority, ':path': path } = headers;
  return { method, url: `${scheme}://${authority}${path}`, headers: pairs(headers), body: Buffer.concat(chunks) };
}

/** A request to the real server, whose answer goes to the client; a live call gets a copy. */
function forward({ stream, headers, client, toServer }, live) {
  const session = toServer();
  const request = session.request({ ...headers }, { endStream: false });
  const copy = live && new LiveCall(live, request, failureKind, () => {});
  let trailers = {};
  request.on('trailers', (given) => { trailers = given; });
  request.on('error', (error) => {
    if (session.destroyed) client.destroy(error);
    else stream.close(request.rstCode || http2.constants.NGHTTP2_INTERNAL_ERROR);
  });
  stream.once('close', () => { if (!request.readableEnded) request.close(http2.constants.NGHTTP2_CANCEL); });
  request.once('response', (answer) => {
    if (stream.destroyed) return;
    stream.respond(answer, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    const body = new PassThrough();
    copy?.receive({ status: answer[':status'], statusText: '', headers: pairs(answer), body });
    request.on('data', (chunk) => { body.write(chunk); stream.write(chunk); });
    request.on('end', () => { body.end(); stream.end(); });
  });
  return request;
}

/** Sends a response of the web to a client, chunk by chunk. */
async function send(stream, response) {
  if (stream.destroyed) return;
  const headers = [...response.headers].filter(([name]) => !CONNECTION.has(name));
  const joined = {};
  for (const [name, value] of headers) joined[name] = name in joined ? [joined[name], value].flat() : value;
  stream.respond({ ':status': response.status, ...joined });
  const reader = response.body?.getReader();
  stream.once('close', () => reader?.cancel().catch(() => {}));
  try {
    for (let part = await reader?.read(); part && !part.done && !stream.destroyed; part = await reader.read()) stream.write(part.value);
    stream.end();
  } catch {
    stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
  }
}
