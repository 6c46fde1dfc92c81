// One cassette, two languages: recorded with the SDK of one, replayed with the SDK of the other, the server gone.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import '../../src/setup.mjs';
import { useCassette } from '../../src/index.mjs';
import { CLIENTS } from '../support/clients.mjs';
import { provider } from '../support/provider.mjs';
import { folder } from '../support/upstream.mjs';

const PYTHON = process.env.PROMPTECHO_PYTHON ?? 'python3';
const ASK = fileURLToPath(new URL('../support/ask.py', import.meta.url));
const EXPECTED = {
  plain: 'Hi, Wörld', stream: 'Hello Wörld', error: { status: 404, message: 'no such model' },
};
const TOOL = { openai: ['weather', '{"city": "Bern"}'], anthropic: ['weather', '{"city":"Bern"}'] };

async function inPython(...given) {
  const { stdout } = await promisify(execFile)(PYTHON, [ASK, ...given]);
  return JSON.parse(stdout);
}

const inNode = (file, mode, sdk, url) => useCassette(file, { mode, onRecordError: 'record' }, () => CLIENTS[sdk](url));

for (const sdk of Object.keys(CLIENTS)) {
  const expected = { ...EXPECTED, tool: TOOL[sdk] };
  const LANGUAGES = { Node: inNode, Python: inPython };
  for (const [recorder, record] of Object.entries(LANGUAGES)) {
    test(`${sdk}: what ${recorder} records, Node and Python replay`, async (t) => {
      const file = path.join(folder(t), 'a.yaml');
      const server = await provider();
      const recorded = await record(file, 'once', sdk, server.url);
      await server.stop();
      assert.deepEqual(recorded, expected);
      for (const replay of Object.values(LANGUAGES)) {
        assert.deepEqual(await replay(file, 'none', sdk, server.url), expected);
      }
    });
  }
}
