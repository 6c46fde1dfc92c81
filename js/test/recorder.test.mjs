// A cassette from its opening to its close, with plain `fetch` and a server on the loopback.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import '../src/setup.mjs';
import { CassetteMiss, fingerprint, normalize, openCassette, PromptechoError, Recorder, useCassette } from '../src/index.mjs';
import { folder, json, post, upstream, warnings } from './support/upstream.mjs';

const question = (content) => ({ model: 'm', messages: [{ role: 'user', content }] });

test('what was recorded is replayed after the server is gone', async (t) => {
  const file = path.join(folder(t), 'new', 'a.yaml');
  const server = await upstream((request, response) => json(response, { id: 1, answer: 'Hi' }, 200, { 'x-request-id': 'r1' }));
  const ask = async () => {
    const response = await post(`${server.url}/v1/chat/completions`, question('hi'));
    return [response.status, response.headers.get('x-request-id'), await response.text()];
  };
  const live = await useCassette(file, ask);
  await server.stop();
  const replayed = await useCassette(file, { mode: 'none' }, async (cassette) => {
    const answer = await ask();
    assert.equal(cassette.summary, 'promptecho: 0 recorded, 1 replayed, 0 missed, 0 unplayed');
    return answer;
  });
  assert.deepEqual(live, [200, 'r1', '{"id":1,"answer":"Hi"}']);
  assert.deepEqual(replayed, live);
  assert.deepEqual(readdirSync(path.dirname(file)), ['a.yaml']);
});

test('a miss is an error answer with the difference, and is raised when the cassette closes', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const server = await upstream((request, response) => json(response, { ok: true }));
  t.after(server.stop);
  await useCassette(file, async () => (await post(`${server.url}/v1/messages`, question('cat'))).text());
  const cassette = openCassette(file, { mode: 'none' });
  const response = await post(`${server.url}/v1/messages`, question('dog'));
  const { type, error } = await response.json();
  assert.deepEqual([response.status, response.headers.get('x-should-retry'), type], [400, 'false', 'error']);
  assert.match(error.message, /messages\[0\]\.content: recorded "cat", incoming "dog"/);
  const miss = await cassette.close().catch((raised) => raised);
  assert.ok(miss instanceof CassetteMiss);
  assert.deepEqual([miss.reason, miss.mode, miss.method, miss.cassette], ['nearest', 'none', 'POST', file]);
  assert.equal(server.calls, 1);
});

test('a miss that the block made an error of is raised, with that error as its cause', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const own = new Error('the status was 400');
  const raised = await useCassette(file, { mode: 'none' }, async () => {
    const { status } = await fetch('http://127.0.0.1:5999/x');
    if (status === 400) throw own;
  }).catch((error) => error);
  assert.ok(raised instanceof CassetteMiss);
  assert.deepEqual([raised.reason, raised.cause], ['no-file', own]);
});

test('each chunk reaches the client while the server still sends', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  let finish;
  const server = await upstream((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    finish = () => response.end('data: 2\n\n');
  });
  t.after(server.stop);
  const read = async (whenFirst) => {
    const response = await post(`${server.url}/v1/responses`, { model: 'm', input: 'x', stream: true });
    const chunks = [];
    for await (const chunk of response.body) {
      chunks.push(Buffer.from(chunk).toString());
      if (chunks.length === 1) whenFirst();
    }
    return chunks;
  };
  assert.deepEqual(await useCassette(file, () => read(() => finish())), ['data: 1\n\n', 'data: 2\n\n']);
  assert.deepEqual(await useCassette(file, { mode: 'none' }, () => read(() => {})), ['data: 1\n\n', 'data: 2\n\n']);
});

test('a stream that breaks off is recorded, and breaks off again', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const seen = warnings(t);
  const server = await upstream((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n', () => response.destroy());
  });
  const read = async () => {
    const response = await post(`${server.url}/v1/responses`, { model: 'm', input: 'x', stream: true });
    let text = '';
    try {
      for await (const chunk of response.body) text += Buffer.from(chunk).toString();
    } catch (error) {
      return [text, error.name];
    }
    return [text, 'whole'];
  };
  const live = await useCassette(file, { onRecordError: 'record' }, read);
  await server.stop();
  assert.deepEqual(live, ['data: 1\n\n', 'TypeError']);
  assert.match(readFileSync(file, 'utf8'), /truncated: true/);
  assert.deepEqual(await useCassette(file, { mode: 'none' }, read), live);
  assert.deepEqual(seen, []);
});

test('a call that fails beside one that succeeds fails again', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const server = await upstream((request, response) => json(response, { ok: true }));
  const gone = await upstream(() => {});
  await gone.stop();
  const both = async () => {
    await (await post(`${server.url}/v1/responses`, { model: 'm', input: 'x' })).text();
    return post(`${gone.url}/v1/responses`, { model: 'm', input: 'y' }).catch((error) => [error.name, error.cause.code]);
  };
  const live = await useCassette(file, { onRecordError: 'record' }, both);
  await server.stop();
  assert.deepEqual(live, ['TypeError', 'ECONNREFUSED']);
  assert.match(readFileSync(file, 'utf8'), /failure:\n {6}kind: connect/);
  assert.deepEqual(await useCassette(file, { mode: 'none' }, both), live);
});

test('binary and compressed answers come back byte for byte', async (t) => {
  const { gzipSync } = await import('node:zlib');
  const file = path.join(folder(t), 'a.yaml');
  const server = await upstream((request, response) => {
    if (request.url === '/gzip') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync('{"a": 1}'));
    } else response.end(Buffer.from([0, 255, 254, 1]));
  });
  const both = async () => [
    await (await fetch(`${server.url}/gzip`)).text(),
    Buffer.from(await (await fetch(`${server.url}/audio`)).arrayBuffer()).toString('hex'),
  ];
  const live = await useCassette(file, both);
  await server.stop();
  assert.deepEqual(live, ['{"a": 1}', '00fffe01']);
  assert.deepEqual(await useCassette(file, { mode: 'none' }, both), live);
});

test('node:http is seen too', async (t) => {
  const http = await import('node:http');
  const file = path.join(folder(t), 'a.yaml');
  const server = await upstream((request, response, body) => json(response, { body }));
  const ask = () => new Promise((resolve, reject) => {
    const request = http.request(`${server.url}/v1/x?limit=2`, { method: 'POST' }, (response) => {
      let text = '';
      response.on('data', (chunk) => { text += chunk; }).on('end', () => resolve([response.statusCode, text])).on('error', reject);
    });
    request.on('error', reject).end('hello');
  });
  const live = await useCassette(file, ask);
  await server.stop();
  assert.deepEqual(live, [200, '{"body":"hello"}']);
  assert.deepEqual(await useCassette(file, { mode: 'none' }, ask), live);
});

test('two hundred calls at once each get their own answer, in the order in which they started', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const server = await upstream((request, response, body) => {
    const { input } = JSON.parse(body);
    setImmediate(() => json(response, { echo: input }));
  });
  const numbers = Array.from({ length: 200 }, (_, i) => i);
  const all = () => Promise.all(numbers.map(async (i) =>
    (await (await post(`${server.url}/v1/responses`, { model: 'm', input: `n${i}` })).json()).echo));
  const live = await useCassette(file, all);
  await server.stop();
  assert.deepEqual(live, numbers.map((i) => `n${i}`));
  assert.deepEqual(await useCassette(file, { mode: 'none' }, all), live);
});

test('a secret does not reach the file', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const server = await upstream((request, response) => json(response, { ok: true }));
  t.after(server.stop);
  const secret = `sk-${'a1B2'.repeat(12)}`;
  await useCassette(file, async () => {
    const response = await fetch(`${server.url}/v1/chat/completions?api_key=${secret}`, {
      method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(question(`my key is ${secret}`)),
    });
    await response.text();
  });
  const text = readFileSync(file, 'utf8');
  assert.match(text, /REDACTED/);
  assert.ok(!text.includes(secret));
});

test('a block that ends with an error leaves an incomplete file, which the next session completes', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const server = await upstream((request, response) => json(response, { ok: true }));
  t.after(server.stop);
  const own = new Error('stop');
  const raised = await useCassette(file, async () => {
    await (await post(`${server.url}/v1/responses`, { model: 'm', input: 'a' })).text();
    throw own;
  }).catch((error) => error);
  assert.equal(raised, own);
  assert.match(readFileSync(file, 'utf8'), /^incomplete: true$/m);
  await useCassette(file, async () => {
    for (const input of ['a', 'b']) await (await post(`${server.url}/v1/responses`, { model: 'm', input })).text();
  });
  assert.equal(server.calls, 2);
  assert.doesNotMatch(readFileSync(file, 'utf8'), /incomplete/);
});

test('a second cassette beside an open one is refused, and one inside its block is not', async (t) => {
  const at = folder(t);
  const first = openCassette(path.join(at, 'a.yaml'), { mode: 'none' });
  assert.throws(() => openCassette(path.join(at, 'b.yaml')), /a request could belong to either/);
  await first.close();
  await useCassette(path.join(at, 'a.yaml'), { mode: 'none' }, async () => {
    await useCassette(path.join(at, 'b.yaml'), { mode: 'none' }, async () => {});
  });
});

test('an option that does not exist, and a value that it does not have, are refused', (t) => {
  const file = path.join(folder(t), 'a.yaml');
  assert.throws(() => openCassette(file, { on_drift: 'raise' }), { code: 'option.unknown' });
  assert.throws(() => openCassette(file, { onDrift: 'stop' }), { code: 'option.value' });
  assert.throws(() => openCassette(file, { mode: 'onse' }), {
    code: 'option.value', message: /mode is "onse"\. Use one of: once, none, new_episodes, all\./,
  });
  assert.throws(() => openCassette(file, { redactQuery: ['a'], keepQuery: ['a'] }), {
    code: 'option.value', message: /The option \w+Query: \["a"\] cannot be used/,
  });
  assert.throws(() => new Recorder({ fold: 1 }), PromptechoError);
});

test('a file that is no cassette is named with its line, and is not changed', (t) => {
  const file = path.join(folder(t), 'a.yaml');
  writeFileSync(file, 'version: 3\nminor: 1\n...\n');
  assert.throws(() => openCassette(file), { code: 'cassette.version', file, message: new RegExp(`^${file}:1: `) });
  assert.equal(readFileSync(file, 'utf8'), 'version: 3\nminor: 1\n...\n');
});

test('PROMPTECHO_MODE overrides the mode, and a test run in CI does not record by default', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const before = { ...process.env };
  t.after(() => { process.env = before; });
  Object.assign(process.env, { CI: 'true', NODE_TEST_CONTEXT: 'child-v8' });
  delete process.env.PROMPTECHO_MODE;
  let cassette = openCassette(file);
  assert.equal(cassette.mode, 'none');
  await cassette.close();
  process.env.PROMPTECHO_MODE = 'new_episodes';
  cassette = openCassette(file, { mode: 'none' });
  assert.equal(cassette.mode, 'new_episodes');
  await cassette.close();
  assert.ok(!existsSync(file));
});

test('a fingerprint is that of the specification, and the body is canonical', () => {
  const body = {
    model: 'claude-opus-4-8', max_tokens: 100, stream: true,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Sum up https://h.example/?api_key=REDACTED for me.' }] }],
  };
  const url = 'https://api.anthropic.com/v1/messages?beta=true';
  const headers = [['content-type', 'application/json']];
  assert.equal(fingerprint('POST', url, body, { headers }), 'e9b93804701a8171');
  assert.deepEqual(normalize('POST', url, body, { headers }).messages,
    [{ role: 'user', content: 'Sum up https://h.example/?api_key=REDACTED for me.' }]);
});

test('a recording that Node has no response for is an error, and no crash', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const server = await upstream((request, response) => json(response, { ok: true }));
  t.after(server.stop);
  await useCassette(file, async () => { await (await post(`${server.url}/v1/responses`, { model: 'm', input: 'a' })).text(); });
  writeFileSync(file, readFileSync(file, 'utf8').replace('status: 200', 'status: 799'));
  const cassette = openCassette(file, { mode: 'none' });
  assert.equal((await post(`${server.url}/v1/responses`, { model: 'm', input: 'a' })).status, 400);
  await assert.rejects(cassette.close(), /this recording cannot be played/);
  assert.equal(server.calls, 1);
});
