// A file in exact form is read where it is used; any other file as a whole. Both come to the same.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readCassette } from '../src/core/cassette-read.mjs';
import { writeCassette } from '../src/core/cassette-write.mjs';
import { lazyReading } from '../src/core/lazy-read.mjs';

const CASSETTES = fileURLToPath(new URL('../../examples/cassettes', import.meta.url));
const EXAMPLE = readFileSync(path.join(CASSETTES, 'example.yaml'), 'utf8');

test('an exact file has the interactions and the keys that it has when it is read as a whole', () => {
  for (const name of readdirSync(CASSETTES).filter((one) => one.endsWith('.yaml'))) {
    const bytes = readFileSync(path.join(CASSETTES, name));
    const { keys, ...lazy } = lazyReading(bytes);
    const whole = readCassette(bytes, { matching: true });
    assert.equal(writeCassette(lazy), writeCassette(whole));
    assert.deepEqual(keys, whole.interactions.map(({ request }) => request.match_key));
  }
});

test('a fault has the line that it has in the whole file, once its interaction is used', () => {
  const bytes = Buffer.from(EXAMPLE.replace(/^ {6}status: 200$/m, '      status: 99'));
  const line = bytes.toString().split('\n').indexOf('      status: 99') + 1;
  const { interactions } = lazyReading(bytes);
  for (const read of [() => [...interactions], () => readCassette(bytes)]) {
    assert.throws(read, { code: 'cassette.value', line });
  }
});

for (const [what, from, to] of [
  ['a string over two lines, which holds the first line of an interaction', /^( +)method: POST$/m,
    '$1method: POST\n$1x-note: "one\n  - request:\n      match_key: \\"0123456789abcdef\\""'],
  ['a comment', /^( +)method: POST$/m, '$1# by hand\n$1method: POST'],
  ['a user dialect, which must be registered', /^( +)method: POST$/m, '$1method: POST\n$1dialect: mine'],
  ['a recording without a key', /^ +match_key: .*\n/m, ''],
]) {
  test(`a file with ${what} is read as a whole`, () => {
    assert.ok(EXAMPLE.match(from));
    assert.equal(lazyReading(Buffer.from(EXAMPLE.replace(from, to))), undefined);
  });
}
