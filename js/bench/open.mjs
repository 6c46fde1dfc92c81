// What a cassette costs: `node bench/open.mjs [RECORDINGS]`. Milliseconds of CPU: the median of seven rounds.
//
// open: a session over a file of so many recordings. replay: one of its requests, without a client and a socket.
import { Session } from '../src/core/session.mjs';
import { writeCassette } from '../src/core/cassette-write.mjs';
import { listsVersion, matchOn } from '../src/core/data.mjs';
import { readRequest, keyOf } from '../src/core/key.mjs';
import { readOptions } from '../src/core/options.mjs';
import { Redactor, redactionRules } from '../src/core/redact.mjs';
import { storeResponse } from '../src/core/response.mjs';

const COUNT = Number(process.argv[2] ?? 1000);
const ROUNDS = 7;
const ASKED = Number(process.argv[3] ?? 200);

const options = readOptions({ match_on: matchOn.default });
const textOf = (i) => `Question ${i}: ${'what is the capital of a country, and why is it there? '.repeat(8)}`;

function request(i) {
  const body = JSON.stringify({ model: 'gpt-4o-mini', temperature: 0, messages: [
    { role: 'system', content: 'You answer with one word.' }, { role: 'user', content: textOf(i) },
  ] });
  return {
    method: 'POST', url: 'https://api.openai.com/v1/chat/completions',
    headers: [['content-type', 'application/json']], body: Buffer.from(body),
  };
}

function interaction(i) {
  const read = readRequest(request(i), new Redactor(redactionRules(options)), options);
  const { match_key: key, matched_on: names } = keyOf(read, options);
  const answer = {
    status: 200, headers: [['content-type', 'application/json'], ['x-request-id', `r${i}`]],
    bytes: Buffer.from(JSON.stringify({ id: `c${i}`, choices: [{ index: 0, message: { role: 'assistant', content: textOf(i) } }] })),
  };
  return {
    request: { method: read.method, url: read.url, match_key: key, matched_on: names, headers: read.headers, body: read.body },
    response: storeResponse(answer, new Redactor(redactionRules(options))), redacted: [],
  };
}

const cassette = Buffer.from(writeCassette({
  match_on: matchOn.default, options: {}, lists: listsVersion, incomplete: false,
  interactions: Array.from({ length: COUNT }, (_, i) => interaction(i)),
}));

function cpu(work) {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / 1000, result];
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const rounds = Array.from({ length: ROUNDS }, () => {
  const [open, session] = cpu(() => new Session({ cassette, mode: 'none', options: {}, environ: {} }));
  const [first] = cpu(() => session.ask(request(COUNT - 1)));
  const [replay] = cpu(() => { for (let i = 0; i < ASKED; i++) session.ask(request(i)); });
  return { open, first, replay: replay / ASKED };
});
for (const name of ['open', 'first', 'replay']) {
  console.log(`${name}: ${median(rounds.map((round) => round[name])).toFixed(2)} ms (${COUNT} recordings, ${cassette.length} octets)`);
}
