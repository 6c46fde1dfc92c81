// node:http2, as the SDK of Bedrock uses it, with a server on the loopback.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import '../src/setup.mjs';
import { openCassette, useCassette } from '../src/index.mjs';
import { folder } from './support/upstream.mjs';

async function upstream(answer) {
  const sessions = new Set();
  const state = { calls: 0 };
  const server = http2.createServer();
  server.on('session', (session) => { sessions.add(session); });
  server.on('stream', (stream, headers) => {
    state.calls += 1;
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk)).on('end', () => answer(stream, headers, Buffer.concat(chunks).toString()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  state.url = `http://127.0.0.1:${server.address().port}`;
  state.stop = async () => {
    for (const session of sessions) session.destroy();
    server.close();
    await once(server, 'close');
  };
  return state;
}

/** One call in a session of its own: `[status, body]`, or the code of its error. */
function call(url, body, headers = {}, onChunk = () => {}) {
  return new Promise((resolve) => {
    const session = http2.connect(url);
    const end = (result) => { session.destroy(); resolve(result); };
    session.on('error', (error) => end(error.code ?? error.message));
    const stream = session.request({ ':method': 'POST', ':path': '/model/m/converse', 'content-type': 'application/json', ...headers });
    let status;
    let text = '';
    stream.on('response', (answer) => { status = answer[':status']; });
    stream.on('data', (chunk) => { text += chunk; onChunk(String(chunk)); });
    stream.on('end', () => end([status, text])).on('error', (error) => end(error.code ?? error.message));
    stream.end(body);
  });
}

const BODY = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'hi' }] }] });

test('a call is recorded, and replayed after the server is gone', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const server = await upstream((stream, headers, body) => {
    stream.respond({ ':status': 200, 'content-type': 'application/json', 'x-amzn-requestid': 'r1' });
    stream.end(JSON.stringify({ length: body.length }));
  });
  const live = await useCassette(file, () => call(server.url, BODY));
  await server.stop();
  assert.deepEqual(live, [200, `{"length":${BODY.length}}`]);
  assert.match(readFileSync(file, 'utf8'), /x-amzn-requestid: r1/);
  assert.deepEqual(await useCassette(file, { mode: 'none' }, () => call(server.url, BODY)), live);
});

test('each event reaches the client while the server still sends', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  let finish;
  const server = await upstream((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
    stream.write('data: 1\n\n');
    finish = () => stream.end('data: 2\n\n');
  });
  const read = (whenFirst) => call(server.url, BODY, {}, (chunk) => { if (chunk === 'data: 1\n\n') whenFirst(); });
  const live = await useCassette(file, () => read(() => finish()));
  await server.stop();
  assert.deepEqual(live, [200, 'data: 1\n\ndata: 2\n\n']);
  assert.deepEqual(await useCassette(file, { mode: 'none' }, () => read(() => {})), live);
});

test('a miss is an answer, and no call is made', async (t) => {
  const server = await upstream((stream) => { stream.respond({ ':status': 200 }); stream.end(); });
  t.after(server.stop);
  const cassette = openCassette(path.join(folder(t), 'a.yaml'), { mode: 'none' });
  const [status, body] = await call(server.url, BODY);
  assert.equal(status, 400);
  assert.match(JSON.parse(body).message, /reason no-file/);
  await assert.rejects(cassette.close(), { name: 'CassetteMiss', reason: 'no-file' });
  assert.equal(server.calls, 0);
});

test('without a cassette calls go to the server, with their trailers', async (t) => {
  const server = await upstream((stream, headers, body) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(`echo ${body}`);
  });
  t.after(server.stop);
  const session = http2.connect(server.url);
  t.after(() => session.destroy());
  const stream = session.request({ ':method': 'POST', ':path': '/x' });
  stream.end('a');
  const trailers = once(stream, 'trailers');
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), 'echo a');
  assert.equal((await trailers)[0]['grpc-status'], '0');
});

test('a client that goes while it sends ends nothing but its call', async (t) => {
  const cassette = openCassette(path.join(folder(t), 'a.yaml'), { mode: 'none' });
  const session = http2.connect('http://127.0.0.1:5999');
  session.on('error', () => {});
  const stream = session.request({ ':method': 'POST', ':path': '/x' });
  stream.on('error', () => {});
  stream.write('a');
  await new Promise((resolve) => { setImmediate(resolve); });
  session.destroy();
  await once(session, 'close');
  await new Promise((resolve) => { setImmediate(resolve); });
  await cassette.close();
  assert.equal(cassette.missed.length, 0);
});

test('a refused connection is the failure that it was', async (t) => {
  const gone = await upstream(() => {});
  await gone.stop();
  assert.equal(await call(gone.url, BODY), 'ECONNREFUSED');
});
