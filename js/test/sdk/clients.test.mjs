// Each client records, its server is shut down, and it replays; a miss ends at once and is an error of the client.
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import '../../src/setup.mjs';
import { useCassette } from '../../src/index.mjs';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { createOpenAI } from '@ai-sdk/openai';
import { GoogleGenAI } from '@google/genai';
import { Mistral } from '@mistralai/mistralai';
import { generateText, streamText } from 'ai';
import axios from 'axios';
import got from 'got';
import { request } from 'undici';
import { provider } from '../support/provider.mjs';
import { folder, json, upstream } from '../support/upstream.mjs';

const body = (content) => ({ model: 'gpt-test', messages: [{ role: 'user', content }] });
const textOf = ({ choices: [{ message: { content } }] }) => content;
const chat = '/v1/chat/completions';

const gemini = () => upstream((_, response) => json(response, {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hi, Wörld' }] }, finishReason: 'STOP', index: 0 }],
}));

async function bedrock() {
  const server = http2.createServer();
  const sessions = new Set();
  const state = { calls: 0 };
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream) => {
    state.calls += 1;
    stream.resume().on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      stream.end(JSON.stringify({
        output: { message: { role: 'assistant', content: [{ text: 'Hi, Wörld' }] } }, stopReason: 'end_turn',
        usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 }, metrics: { latencyMs: 1 },
      }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  state.url = `http://127.0.0.1:${server.address().port}`;
  state.stop = async () => {
    for (const session of sessions) session.destroy();
    server.close();
    await once(server, 'close');
  };
  return state;
}

const ai = (url) => createOpenAI({ apiKey: 'sk-test', baseURL: `${url}/v1` }).chat('gpt-test');

/** Each `[server, ask]`; `ask(url, question)` gives the text of the answer. */
const CLIENTS = {
  axios: [provider, async (url, question) => textOf((await axios.post(url + chat, body(question))).data)],
  got: [provider, async (url, question) => textOf(await got.post(url + chat, { json: body(question) }).json())],
  undici: [provider, async (url, question) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await request(url + chat, { method: 'POST', headers, body: JSON.stringify(body(question)) });
    const value = await answer.body.json();
    if (answer.statusCode >= 400) throw new Error(value.error.message);
    return textOf(value);
  }],
  'ai, generateText': [provider, async (url, prompt) => (await generateText({ model: ai(url), prompt })).text],
  'ai, streamText': [provider, async (url, prompt) => {
    let text = '';
    let failure;
    const { textStream } = streamText({ model: ai(url), prompt, onError: ({ error }) => { failure = error; } });
    for await (const part of textStream) text += part;
    if (failure) throw failure;
    return text;
  }],
  '@google/genai': [gemini, async (url, contents) => {
    const client = new GoogleGenAI({ apiKey: 'test', httpOptions: { baseUrl: url } });
    return (await client.models.generateContent({ model: 'm', contents })).text;
  }],
  '@mistralai/mistralai': [provider, async (url, question) =>
    textOf(await new Mistral({ apiKey: 'test', serverURL: url }).chat.complete(body(question)))],
  '@aws-sdk/client-bedrock-runtime': [bedrock, async (endpoint, text) => {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new BedrockRuntimeClient({ region: 'us-east-1', endpoint, credentials });
    const messages = [{ role: 'user', content: [{ text }] }];
    const { output } = await client.send(new ConverseCommand({ modelId: 'm', messages }));
    return output.message.content[0].text;
  }],
};

for (const [name, [serve, ask]] of Object.entries(CLIENTS)) {
  test(`${name} records and replays, and a miss is its error`, async (t) => {
    const file = path.join(folder(t), 'a.yaml');
    const server = await serve();
    const live = await useCassette(file, () => ask(server.url, 'hi'));
    await server.stop();
    assert.match(live, /Wörld/);
    assert.equal(await useCassette(file, { mode: 'none' }, () => ask(server.url, 'hi')), live);
    const miss = await useCassette(file, { mode: 'none' }, async (cassette) => {
      await assert.rejects(ask(server.url, 'other'));
      assert.equal(cassette.missed.length, 1); // it was not tried again
    }).catch((error) => error);
    assert.deepEqual([miss.name, miss.reason], ['CassetteMiss', 'nearest'], miss.stack);
    assert.equal(server.calls, 1);
  });
}
