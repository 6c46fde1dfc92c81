// A server on the loopback that answers as providers do, and counts the calls.
import http from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import './machine.mjs';

/** `answer(request, response, body)`; `stop()` shuts the server down. */
export async function upstream(answer) {
  const state = { calls: 0 };
  const server = http.createServer(async (request, response) => {
    state.calls += 1;
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    answer(request, response, Buffer.concat(chunks).toString('utf8'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  state.url = `http://127.0.0.1:${server.address().port}`;
  state.stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    for (let turn = 0; turn < 10; turn++) await nextTurn(); // clients see the end of idle connections
  };
  return state;
}

/** An answer in JSON. */
export function json(response, value, status = 200, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

/** A folder that is removed after the test. */
export function folder(t) {
  const made = mkdtempSync(path.join(tmpdir(), 'promptecho-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** The warnings of promptecho while the test runs. */
export function warnings(t) {
  const seen = [];
  const note = (warning) => { if (warning.name === 'PromptechoWarning') seen.push(`${warning.code} ${warning.message}`); };
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  return seen;
}

export const post = (url, value) => fetch(url, {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value),
});
