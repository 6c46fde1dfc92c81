// [NORM-16]: Gemini.
import { isObject, isString } from '../json.mjs';
import { callBlock, resultBlock, textBlock } from './content.mjs';
import { mediaBlock } from './media.mjs';
import { hasOnly, moveIn, object, renameIn, without, withoutNulls } from './members.mjs';
import { snakeNames } from './gemini-names.mjs';

export function geminiSteps(received) {
  const body = snakeNames(received);
  systemOf(body);
  contentsOf(body);
  toolsOf(body);
  choiceOf(body);
  configOf(body);
  return body;
}

function systemOf(body) {
  const instruction = body.get('system_instruction');
  if (body.has('system')) return;
  if (isString(instruction)) renameIn(body, 'system_instruction', 'system');
  if (!isObject(instruction)) return;
  const blocks = blocksOf(instruction.get('parts'));
  const rest = without(instruction, 'parts');
  if (!blocks?.length || rest.size > 1 || (rest.size === 1 && !isString(rest.get('role')))) return;
  body.set('system', blocks);
  body.delete('system_instruction');
}

function contentsOf(body) {
  const contents = body.get('contents');
  if (body.has('messages') || !(isObject(contents) || Array.isArray(contents))) return;
  body.set('messages', [contents].flat()
    .map((item) => (isObject(item) && !item.has('content') ? messageOf(item) : item)));
  body.delete('contents');
}

function messageOf(item) {
  const message = new Map(item);
  if (message.get('role') === 'model') message.set('role', 'assistant');
  const blocks = blocksOf(message.get('parts'));
  if (!blocks) return message;
  message.delete('parts');
  return message.set('content', blocks);
}

/** The blocks of `parts`, a list or one object; undefined for anything else. */
function blocksOf(parts) {
  return isObject(parts) || Array.isArray(parts) ? [parts].flat().map(blockOf) : undefined;
}

function blockOf(received) {
  if (!isObject(received) || received.has('type')) return received;
  const part = snakeNames(received);
  return turned(part) ?? part;
}

const TURNED = {
  text: (text, rest) => (isString(text) ? new Map([...textBlock(text), ...rest]) : undefined),
  function_call: callOf,
  function_response: resultOf,
  inline_data: mediaOf,
};
const KEPT = ['file_data', 'executable_code', 'code_execution_result', 'tool_call', 'tool_response'];

function turned(part) {
  for (const [member, turn] of Object.entries(TURNED)) {
    if (part.has(member)) return turn(part.get(member), without(part, member));
  }
  const kept = KEPT.find((member) => part.has(member));
  return kept && isObject(part.get(kept)) ? new Map(part).set(kept, snakeNames(part.get(kept))) : undefined;
}

function callOf(received, rest) {
  if (!isObject(received)) return undefined;
  const call = snakeNames(received);
  if (call.has('type') || clash(call, rest)) return undefined;
  return callBlock(call.get('id'), call.get('name'), call.get('args'), without(call, 'id', 'name', 'args'), rest);
}

function resultOf(received, rest) {
  if (!isObject(received)) return undefined;
  const result = snakeNames(received);
  const response = result.get('response');
  if (result.has('type') || clash(result, rest)) return undefined;
  if (!isString(result.get('name'))) return undefined;
  const parts = result.has('parts') ? blocksOf(result.get('parts')) ?? result.get('parts') : undefined;
  return resultBlock(result.get('id'), result.get('name'), answerOf(response), object(['parts', parts]),
    without(result, 'id', 'name', 'parts', ...(isObject(response) ? ['response'] : [])), rest);
}

function answerOf(response) {
  if (!isObject(response)) return undefined;
  return hasOnly(response, 'output') && isString(response.get('output'))
    ? response.get('output') : [object(['type', 'json'], ['json', response])];
}

function mediaOf(received, rest) {
  if (!isObject(received)) return undefined;
  const inline = snakeNames(received);
  const mediaType = inline.get('mime_type');
  if (clash(inline, rest) || !isString(mediaType)) return undefined;
  const half = mediaType.split('/')[0];
  const type = ['image', 'audio', 'video'].includes(half) ? half : 'document';
  return mediaBlock(type, mediaType, inline.get('data'), without(inline, 'mime_type', 'data'), rest);
}

const clash = (inner, rest) => [...inner.keys()].some((name) => rest.has(name));

function toolsOf(body) {
  renameIn(body, 'functions', 'tools');
  const tools = body.get('tools');
  if (isObject(tools)) body.set('tools', toolsOfEntry(tools));
  else if (Array.isArray(tools) && tools.every(isObject)) body.set('tools', tools.flatMap(toolsOfEntry));
}

function toolsOfEntry(received) {
  const entry = snakeNames(received);
  const declared = entry.get('function_declarations');
  const good = Array.isArray(declared) && declared.length
    && declared.every((item) => isObject(item) && isString(item.get('name')));
  if (!good) return [entry];
  const rest = without(entry, 'function_declarations');
  return [...declared.map(declaredTool), ...(rest.size ? [rest] : [])];
}

function declaredTool(declaration) {
  const tool = withoutNulls(snakeNames(declaration));
  renameIn(tool, 'parameters_json_schema', 'parameters');
  return tool;
}

function choiceOf(body) {
  if (body.has('tool_choice') || !isObject(body.get('tool_config'))) return;
  const config = snakeNames(body.get('tool_config'));
  body.set('tool_config', config);
  if (isObject(config.get('function_calling_config'))) {
    moveIn(body, 'tool_config', 'function_calling_config', 'tool_choice', callingMode);
  }
}

function callingMode(received) {
  const config = snakeNames(received);
  const mode = { AUTO: 'auto', ANY: 'any', NONE: 'none' }[config.get('mode')];
  if (!mode) return config;
  const allowed = config.get('allowed_function_names');
  if (mode === 'any' && Array.isArray(allowed) && allowed.length === 1 && !config.has('name')) {
    return new Map([['mode', 'tool'], ['name', allowed[0]], ...without(config, 'mode', 'allowed_function_names')]);
  }
  return config.set('mode', mode);
}

const FORMAT_MEMBERS = {
  response_mime_type: 'mime_type', response_schema: 'schema', response_json_schema: 'json_schema',
};

function configOf(body) {
  if (!isObject(body.get('generation_config'))) return;
  const config = snakeNames(body.get('generation_config'));
  if (isObject(config.get('thinking_config'))) config.set('thinking_config', snakeNames(config.get('thinking_config')));
  body.set('generation_config', config);
  moveIn(body, 'generation_config', 'max_output_tokens', 'max_tokens');
  moveIn(body, 'generation_config', 'thinking_config', 'thinking');
  const format = object(...Object.entries(FORMAT_MEMBERS).map(([from, to]) => [to, config.get(from) ?? undefined]));
  if (format.size && !body.has('response_format')) {
    body.set('response_format', format);
    const isMoved = (name) => name in FORMAT_MEMBERS && config.get(name) !== null;
    const rest = new Map([...body.get('generation_config')].filter(([name]) => !isMoved(name)));
    if (rest.size) body.set('generation_config', rest);
    else body.delete('generation_config');
  }
}
