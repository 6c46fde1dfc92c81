// Connections that clients keep alive: none leads past a cassette, and none ends the process.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { folder, json, upstream } from './support/upstream.mjs';

const PACKAGE = JSON.stringify(fileURLToPath(new URL('../src/index.mjs', import.meta.url)));

/** Runs a module of its own; its standard output. */
function run(code) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

test('nothing is patched by the import, before a cassette is asked for', () => {
  const names = "[globalThis.fetch, http.request, http.get, net.connect, net.Socket.prototype.connect, tls.connect]";
  assert.equal(run(`
    import http from 'node:http'; import net from 'node:net'; import tls from 'node:tls';
    const before = ${names};
    await import(${PACKAGE});
    console.log(before.every((one, i) => one === ${names}[i]));
  `), 'true\n');
});

test('a client that aborts a replayed stream does not end the process', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  assert.equal(run(`
    import { useCassette } from ${PACKAGE};
    import { provider } from ${JSON.stringify(fileURLToPath(new URL('support/provider.mjs', import.meta.url)))};
    const server = await provider();
    const body = JSON.stringify({ model: 'gpt-test', stream: true, messages: [{ role: 'user', content: 'x' }] });
    const read = async () => {
      const stop = new AbortController();
      const { body: stream } = await fetch(server.url + '/v1/chat/completions', { method: 'POST', body, signal: stop.signal });
      const decoder = new TextDecoder();
      for await (const chunk of stream) {
        if (!decoder.decode(chunk).includes('[DONE]')) continue;
        stop.abort(); // as the SDK of OpenAI does at this event
        break;
      }
    };
    const stopped = (error) => { if (error.name !== 'AbortError') throw error; };
    await useCassette(${JSON.stringify(file)}, () => read().catch(stopped));
    await server.stop();
    await useCassette(${JSON.stringify(file)}, { mode: 'none' }, () => read().catch(stopped));
    await new Promise((resolve) => setTimeout(resolve, 100));
    console.log('alive');
  `), 'alive\n');
});

test('a connection of fetch that is older than the cassette is not used', async (t) => {
  const { openCassette } = await import('../src/index.mjs');
  const server = await upstream((request, response) => json(response, { live: true }));
  t.after(server.stop);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const get = () => new Promise((resolve) => {
    http.get(server.url, { agent }, (response) => response.resume().on('end', () => resolve(response.statusCode)))
      .on('error', (error) => resolve(error.message));
  });
  assert.equal(await (await fetch(server.url)).text(), '{"live":true}');
  assert.equal(await get(), 200);
  await new Promise((resolve) => { setImmediate(resolve); }); // both connections are idle now
  const { calls } = server;
  const cassette = openCassette(path.join(folder(t), 'a.yaml'), { mode: 'none' });
  const answers = [await get(), await fetch(server.url).then(({ status }) => status, ({ cause }) => cause.message)];
  for (const answer of answers) assert.match(String(answer), /^400$|promptecho\/setup/);
  await cassette.close().catch(() => {});
  assert.equal(server.calls, calls);
});

test('a tunnel through a proxy is refused while a cassette is open', async (t) => {
  const { openCassette } = await import('../src/index.mjs');
  const proxy = await upstream(() => {});
  t.after(proxy.stop);
  const { port } = new URL(proxy.url);
  const cassette = openCassette(path.join(folder(t), 'a.yaml'));
  const status = await new Promise((resolve, reject) => {
    http.request({ host: '127.0.0.1', port, method: 'CONNECT', path: 'api.example:443' })
      .on('connect', ({ statusCode }, socket) => { socket.destroy(); resolve(statusCode); })
      .on('error', reject).end();
  });
  assert.equal(status, 400);
  await assert.rejects(cassette.close(), /cannot see calls through a proxy with CONNECT/);
});
