// The calls of one SDK for Node, and what it made of the answers: `ask.py` makes the same with the SDK for Python.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const QUESTION = [{ role: 'user', content: 'Say hi to the Wörld.' }];
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } } };

async function gathered(stream, textOf) {
  let text = '';
  for await (const event of stream) text += textOf(event) ?? '';
  return text;
}

const refused = (error) => ({ status: error.status, message: error.error?.error?.message ?? error.error?.message });

/** Each calls an API at a URL: `{plain, stream, tool, error}`. */
export const CLIENTS = {
  async openai(url) {
    const { chat: { completions } } = new OpenAI({ apiKey: 'sk-test', baseURL: `${url}/v1` });
    const create = (more) => completions.create({ model: 'gpt-test', messages: QUESTION, ...more });
    const tools = [{ type: 'function', function: { name: 'weather', parameters: PARAMETERS } }];
    const [choice] = (await create({ tools })).choices;
    return {
      plain: (await create({})).choices[0].message.content,
      stream: await gathered(await create({ stream: true }), (event) => event.choices[0].delta.content),
      tool: [choice.message.tool_calls[0].function.name, choice.message.tool_calls[0].function.arguments],
      error: await create({ model: 'missing' }).catch(refused),
    };
  },
  async anthropic(url) {
    const { messages } = new Anthropic({ apiKey: 'sk-ant-test', baseURL: url });
    const create = (more) => messages.create({ model: 'claude-test', max_tokens: 10, messages: QUESTION, ...more });
    const tools = [{ name: 'weather', input_schema: PARAMETERS }];
    const [block] = (await create({ tools })).content;
    return {
      plain: (await create({})).content[0].text,
      stream: await gathered(await create({ stream: true }), (event) => event.delta?.text),
      tool: [block.name, JSON.stringify(block.input)],
      error: await create({ model: 'missing' }).catch(refused),
    };
  },
};
