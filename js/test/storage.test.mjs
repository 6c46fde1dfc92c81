// The cassette on disk: journals, the lock that Python takes, merge, links and permissions.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync,
  symlinkSync, writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import '../src/setup.mjs';
import { openCassette, useCassette } from '../src/index.mjs';
import { folder, json, post, upstream, warnings } from './support/upstream.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const PYTHON = process.env.PROMPTECHO_PYTHON ?? 'python3';

const echo = () => upstream((request, response, body) => json(response, { echo: JSON.parse(body).input }));
const ask = async (server, input) => (await post(`${server.url}/v1/responses`, { model: 'm', input })).json();

/** A process that prints lines: `{child, line()}`; `line()` waits for the next. */
function talking(command, ...args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => (await lines.next()).value };
}

/** Python, holding a lock of the specification by the means of its own standard library. */
const pythonHolding = (target) => talking(PYTHON, '-c', `
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(handle, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.readline()
`, target);

test('a save waits while a Python process holds the lock of the folder', async (t) => {
  const at = folder(t);
  const file = path.join(at, 'a.yaml');
  const server = await echo();
  t.after(server.stop);
  const python = pythonHolding(at);
  t.after(() => python.child.kill());
  assert.equal(await python.line(), 'locked');
  const node = talking(process.execPath, path.join(HERE, 'support', 'recording.mjs'), file, server.url, 'save');
  t.after(() => node.child.kill());
  assert.equal(await node.line(), 'recorded');
  assert.equal(await node.line(), 'saving');
  assert.equal(lockState(at), 'locked'); // a process starts and ends meanwhile: time enough for a save without a lock
  assert.ok(!existsSync(file));
  python.child.stdin.end('\n');
  assert.equal(await node.line(), 'saved');
  assert.ok(existsSync(file));
});

test('the lock of a folder refuses another holder, and frees it at the end', async (t) => {
  const at = folder(t);
  const { withFolderLock } = await import('../src/storage/lock.mjs');
  let during;
  withFolderLock(at, () => { during = lockState(at); });
  assert.equal(during, 'locked');
  assert.equal(lockState(at), 'free');
});

/** Whether a Python process can lock the folder: free or locked. */
function lockState(at) {
  const code = 'import fcntl, os, sys\ntry:\n fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)\n'
    + ' print("free")\nexcept BlockingIOError:\n print("locked")';
  return spawnSync(PYTHON, ['-c', code, at], { encoding: 'utf8' }).stdout.trim();
}

test('a session that is killed leaves its recordings in a journal, and the next one plays them', async (t) => {
  const at = folder(t);
  const file = path.join(at, 'a.yaml');
  const server = await echo();
  t.after(server.stop);
  const node = talking(process.execPath, path.join(HERE, 'support', 'recording.mjs'), file, server.url, 'wait');
  assert.equal(await node.line(), 'recorded');
  assert.deepEqual(readdirSync(at), ['a.yaml.partial']);
  const other = openCassette(file, { mode: 'once' }); // the journal is locked: left alone
  assert.equal(other.unplayed.length, 0);
  await other.close();
  node.child.kill('SIGKILL');
  await once(node.child, 'exit');
  assert.match(readFileSync(`${file}.partial`, 'utf8'), /^incomplete: true$[^]* {2}# end\n$/m);
  const calls = server.calls;
  await useCassette(file, async () => assert.deepEqual(await ask(server, 'a'), { echo: 'a' }));
  assert.equal(server.calls, calls);
  assert.deepEqual(readdirSync(at), ['a.yaml']);
});

test('mode none reads no journal, and warns of one that no session has locked', async (t) => {
  const at = folder(t);
  const file = path.join(at, 'a.yaml');
  const seen = warnings(t);
  writeFileSync(`${file}.partial`, 'this is not read');
  await openCassette(file, { mode: 'none' }).close();
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.equal(seen.filter((text) => text.includes('a.yaml.partial is not played in mode none')).length, 1);
  assert.equal(readFileSync(`${file}.partial`, 'utf8'), 'this is not read');
});

test('two sessions that record at once keep the recordings of both', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const server = await echo();
  t.after(server.stop);
  const node = talking(process.execPath, path.join(HERE, 'support', 'recording.mjs'), file, server.url, 'ask');
  t.after(() => node.child.kill());
  assert.equal(await node.line(), 'recorded');
  await useCassette(file, async () => { await ask(server, 'b'); });
  node.child.stdin.end('\n');
  assert.equal(await node.line(), 'saving');
  assert.equal(await node.line(), 'saved');
  await useCassette(file, { mode: 'none' }, async () => {
    for (const input of ['a', 'b']) assert.deepEqual(await ask(server, input), { echo: input });
  });
});

test('a cassette that is a link to another folder is not written, and no call is made', async (t) => {
  const [at, other] = [folder(t), folder(t)];
  const file = path.join(at, 'a.yaml');
  symlinkSync(path.join(other, 'b.yaml'), file);
  const server = await echo();
  t.after(server.stop);
  const raised = await useCassette(file, async () => { await ask(server, 'a'); }).catch((error) => error);
  assert.deepEqual([raised.code, server.calls], ['cassette.unwritable', 0]);
  assert.ok(lstatSync(file).isSymbolicLink());
  assert.deepEqual(readdirSync(other), []);
});

test('a link to a file of the folder stays a link', async (t) => {
  const at = folder(t);
  const server = await echo();
  t.after(server.stop);
  symlinkSync('b.yaml', path.join(at, 'a.yaml'));
  await useCassette(path.join(at, 'a.yaml'), async () => { await ask(server, 'a'); });
  assert.ok(lstatSync(path.join(at, 'a.yaml')).isSymbolicLink());
  assert.match(readFileSync(path.join(at, 'b.yaml'), 'utf8'), /^version: 2$/m);
});

test('a cassette keeps its permissions when it is replaced', async (t) => {
  const file = path.join(folder(t), 'a.yaml');
  const server = await echo();
  t.after(server.stop);
  await useCassette(file, async () => { await ask(server, 'a'); });
  chmodSync(file, 0o640);
  await useCassette(file, { mode: 'new_episodes' }, async () => { await ask(server, 'b'); });
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.equal(readFileSync(file, 'utf8').match(/- request:/g).length, 2);
});

test('something that is no regular file is not read', (t) => {
  const at = folder(t);
  mkdirSync(path.join(at, 'a.yaml'));
  assert.throws(() => openCassette(path.join(at, 'a.yaml')), { code: 'cassette.unreadable' });
});
