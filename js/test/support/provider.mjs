// What OpenAI and Anthropic answer, as a server on the loopback: a text, a stream, a tool call and an error.
import { json, upstream } from './upstream.mjs';

const WORDS = ['Hel', 'lo ', 'Wörld'];

const completion = (message, reason) => ({
  id: 'chatcmpl-1', object: 'chat.completion', created: 1700000000, model: 'gpt-test',
  choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: reason }],
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
});
const chunk = (delta, reason = null) => `data: ${JSON.stringify({
  id: 'chatcmpl-2', object: 'chat.completion.chunk', created: 1700000000, model: 'gpt-test',
  choices: [{ index: 0, delta, finish_reason: reason }],
})}\n\n`;
const calls = [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city": "Bern"}' } }];

const message = (content, reason) => ({
  id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-test', content, stop_reason: reason, stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 2 },
});
const event = (type, members) => `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;

function events(response, parts) {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const next = () => {
    const part = parts.shift();
    if (part === undefined) response.end();
    else response.write(part, () => setImmediate(next));
  };
  next();
}

function answerOpenai(response, { stream, tools, model }) {
  if (model === 'missing') {
    return json(response, { error: { message: 'no such model', type: 'invalid_request_error', param: null, code: 'model_not_found' } }, 404);
  }
  if (stream) {
    return events(response, [...WORDS.map((content) => chunk({ content })), chunk({}, 'stop'), 'data: [DONE]\n\n']);
  }
  return json(response, tools ? completion({ tool_calls: calls }, 'tool_calls') : completion({ content: 'Hi, Wörld' }, 'stop'));
}

function answerAnthropic(response, { stream, tools, model }) {
  if (model === 'missing') {
    return json(response, { type: 'error', error: { type: 'not_found_error', message: 'no such model' } }, 404);
  }
  if (!stream) {
    return json(response, tools ? message([{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } }], 'tool_use')
      : message([{ type: 'text', text: 'Hi, Wörld' }], 'end_turn'));
  }
  return events(response, [
    event('message_start', { message: message([], null) }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...WORDS.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } }),
    event('message_stop', {}),
  ]);
}

export const provider = () => upstream((request, response, body) =>
  (request.url.startsWith('/v1/messages') ? answerAnthropic : answerOpenai)(response, JSON.parse(body)));
