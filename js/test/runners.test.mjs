// A vitest project and a node:test file, as a user would have them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { folder, json, upstream } from './support/upstream.mjs';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const require = createRequire(import.meta.url);
const CI = ['CI', 'PROMPTECHO_MODE', 'NODE_TEST_CONTEXT', 'VITEST', 'NODE_OPTIONS'];

function project(t, files) {
  const at = folder(t);
  mkdirSync(path.join(at, 'node_modules'));
  symlinkSync(PACKAGE, path.join(at, 'node_modules', 'promptecho'));
  symlinkSync(path.dirname(require.resolve('vitest/package.json')), path.join(at, 'node_modules', 'vitest'));
  for (const [name, text] of Object.entries({ 'package.json': '{"type": "module"}', ...files })) writeFileSync(path.join(at, name), text);
  return at;
}

/** Runs Node in a project; the status and what was printed. */
function run(at, environ, ...given) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !CI.includes(name)));
  const child = spawn(process.execPath, given, { cwd: at, env: { ...env, ...environ } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { output += data; });
  return new Promise((resolve) => { child.on('close', (status) => resolve({ status, output })); });
}

const CALL = `
  const response = await fetch(process.env.UPSTREAM + '/v1/responses', { method: 'POST', body: '{"model": "m", "input": "x"}' });`;

async function recordThenReplay(t, at, file, ...command) {
  const server = await upstream((request, response) => json(response, { ok: true }));
  const first = await run(at, { UPSTREAM: server.url }, ...command);
  assert.equal(first.status, 1, first.output); // one test fails on purpose
  await server.stop();
  assert.match(readFileSync(path.join(at, file('is-ok')), 'utf8'), /^version: 2\n/);
  assert.doesNotMatch(readFileSync(path.join(at, file('is-ok')), 'utf8'), /incomplete/);
  assert.match(readFileSync(path.join(at, file('fails')), 'utf8'), /^incomplete: true$/m);
  const second = await run(at, { UPSTREAM: server.url, CI: 'true', ONLY: '1' }, ...command);
  assert.equal(second.status, 0, second.output);
  assert.equal(server.calls, 2);
  const missed = await run(at, { UPSTREAM: server.url, CI: 'true', MISS: '1' }, ...command);
  assert.equal(missed.status, 1);
  assert.match(missed.output, /CassetteMiss/);
  assert.match(missed.output, /reason no-file/);
  assert.ok(!existsSync(path.join(at, file('misses'))));
}

test('a project of vitest records, replays in CI, and fails at a miss', async (t) => {
  const at = project(t, {
    'vitest.config.mjs': "export default { test: { setupFiles: ['promptecho/setup'] } };",
    'chat.test.mjs': `
import { expect } from 'vitest';
import { test } from 'promptecho/vitest';
test('is ok', async ({ cassette }) => { ${CALL}
  expect(await response.json()).toEqual({ ok: true });
});
test.skipIf(process.env.ONLY || process.env.MISS)('fails', async ({ cassette }) => { ${CALL}
  await response.text();
  throw new Error('on purpose');
});
test.runIf(process.env.MISS)('misses', async ({ cassette }) => { ${CALL}
  expect(response.status).toBe(400);
});
`,
  });
  const program = path.join(path.dirname(require.resolve('vitest/package.json')), 'vitest.mjs');
  await recordThenReplay(t, at, (name) => `cassettes/chat/${name}.yaml`, program, 'run');
});

test('a file of node:test records, replays in CI, and fails at a miss', async (t) => {
  const at = project(t, {
    'chat.test.mjs': `
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cassette } from 'promptecho/node-test';
test('is ok', async (t) => { cassette(t); ${CALL}
  assert.deepEqual(await response.json(), { ok: true });
});
test('fails', { skip: Boolean(process.env.ONLY || process.env.MISS) }, async (t) => { cassette(t); ${CALL}
  await response.text();
  throw new Error('on purpose');
});
test('misses', { skip: !process.env.MISS }, async (t) => { cassette(t); ${CALL}
  assert.equal(response.status, 400);
});
`,
  });
  await recordThenReplay(t, at, (name) => `cassettes/chat/${name}.yaml`, '--import', 'promptecho/setup', '--test');
});
