// The commands, on files that a recorder wrote and on edited ones.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { main } from '../src/cli.mjs';
import { folder } from './support/upstream.mjs';

const EXAMPLE = readFileSync(new URL('../../examples/cassettes/example.yaml', import.meta.url), 'utf8');

function run(...given) {
  const [out, err] = [[], []];
  const status = main(given, (line) => out.push(line), (line) => err.push(line));
  return { status, out: out.join('\n'), err: err.join('\n') };
}

function written(t, text) {
  const file = path.join(folder(t), 'a.yaml');
  writeFileSync(file, text);
  return file;
}

test('a good file has no findings', (t) => {
  const file = written(t, EXAMPLE);
  assert.deepEqual(run('validate', file), { status: 0, out: `${file}: no findings`, err: '' });
});

test('an edited key and an edited checksum are found on their lines', (t) => {
  const [keyLine, sumLine] = ['match_key', 'checksum'].map((name) => EXAMPLE.split('\n').findIndex((line) => line.includes(`${name}:`)) + 1);
  const edited = EXAMPLE.replace(/match_key: "(.)/, (_, first) => `match_key: "${first === '0' ? '1' : '0'}`)
    .replace(/checksum: "(.)/, (_, first) => `checksum: "${first === '0' ? '1' : '0'}`);
  const file = written(t, edited);
  const { status, out } = run('validate', file);
  assert.equal(status, 1);
  assert.deepEqual(out.split('\n').map((line) => [line.slice(file.length + 1).split(':')[0], line.match(/\[(.*)\]$/)[1]]),
    [[String(keyLine), 'finding.key-mismatch'], [String(sumLine), 'finding.checksum']]);
});

test('fmt writes what a recorder writes, and --check only says so', (t) => {
  const file = written(t, EXAMPLE.replace('version: 2\n', 'version:   2\n'));
  assert.equal(run('validate', file).out, `${file}:1: a recorder would write this otherwise: run promptecho fmt [finding.format]`);
  assert.equal(run('fmt', '--check', file).status, 1);
  assert.notEqual(readFileSync(file, 'utf8'), EXAMPLE);
  assert.deepEqual(run('fmt', file), { status: 0, out: `${file}: formatted`, err: '' });
  assert.equal(readFileSync(file, 'utf8'), EXAMPLE);
});

test('a file that is refused is named with its line and its code', (t) => {
  const file = written(t, 'version: 2\nminor: 1\n');
  const { status, err } = run('validate', file);
  assert.equal(status, 1);
  assert.match(err, /a\.yaml:1: .*\[cassette\.truncated\]$/);
});

test('show prints one line for each recording', (t) => {
  const file = written(t, EXAMPLE);
  const { status, out } = run('show', file);
  assert.deepEqual([status, out.split('\n').length], [0, EXAMPLE.match(/^ {2}- request:$/gm).length]);
  assert.match(out, /a\.yaml: 1 {2}POST https:\/\/\S+ {2}[0-9a-f]{16} {2}200/);
});

test('a wrong command, an unknown option and a missing file end with 2', (t) => {
  assert.match(run('valid').err, /^There is no command valid\./);
  const results = [run(), run('valid'), run('validate'), run('fmt', '--chek', 'x'), run('show', path.join(folder(t), 'no.yaml'))];
  assert.deepEqual(results.map(({ status }) => status), [2, 2, 2, 2, 2]);
  assert.equal(run('--help').status, 0);
});
