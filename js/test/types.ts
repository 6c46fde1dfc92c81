// What a user writes in TypeScript; `tsc` checks it, nothing runs it.
import { test as nodeTest } from 'node:test';
import { CassetteMiss, fingerprint, openCassette, Recorder, useCassette, type Mode } from 'promptecho';
import { cassette } from 'promptecho/node-test';
import 'promptecho/setup';
import { test } from 'promptecho/vitest';

const mode: Mode = 'none';
const count: number = await useCassette('a.yaml', { mode, onDrift: 'raise' }, async (c) => c.played.length);
const text: string = await useCassette('a.yaml', (c) => c.summary);
// @ts-expect-error: no such mode
openCassette('a.yaml', { mode: 'onse' });
// @ts-expect-error: the options of Python are in snake_case, these are not
openCassette('a.yaml', { on_drift: 'raise' });
await openCassette('a.yaml').close({ failed: true });
const key: string = fingerprint('POST', 'https://h.example/v1/chat/completions', { model: 'm' });
new Recorder({ folder: 'cassettes', mode: 'once' }).open('a.yaml');
nodeTest('x', (t) => { cassette(t, { mode: 'none' }).unplayed.at(0)?.request.body; });
test('y', async ({ cassette: c }) => { c.missed.map((miss: CassetteMiss) => miss.reason === 'no-file'); });
test.extend({ cassetteOptions: { mode: 'none' } });
export { count, key, text };
