// [NORM-16]: Gemini.
import { isObject, isString } from '../json.mjs';
import { callBlock, resultBlock, textBlock } from './content.mjs';
import { mediaBlock } from './media.mjs';
import { lowerTypes } from './gemini-schema.mjs';
import {
  cleanedBlock, cleanedItems, cleanedMessage, hasOnly, object, renameIn, without, withoutNulls,
} from './members.mjs';
import { snakeNames } from './gemini-names.mjs';
import { moveByRows } from './moves.mjs';

export function geminiSteps(received) {
  const body = snakeNames(received);
  systemOf(body);
  contentsOf(body);
  toolsOf(body);
  configsOf(body);
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
  body.set('messages', [contents].flat().map((item) => (isObject(item) ? messageOf(cleanedMessage(item)) : item)));
  body.delete('contents');
}

function messageOf(message) {
  if (message.has('content')) return message;
  if (message.get('role') === 'model') message.set('role', 'assistant');
  if (!message.has('role') && message.has('parts')) message.set('role', 'user');
  const blocks = blocksOf(message.get('parts'));
  if (!blocks) return message;
  message.delete('parts');
  return message.set('content', blocks);
}

/** The blocks of `parts`, a list or one object; undefined for anything else. */
function blocksOf(parts) {
  if (!isObject(parts) && !Array.isArray(parts)) return undefined;
  return cleanedItems([parts].flat(), cleanedPart).map(blockOf);
}

/** A part without nulls and hints, under its snake names, and so its inner objects. */
function cleanedPart(received) {
  if (received.has('type') && received.get('type') !== null) return cleanedBlock(received);
  const part = snakeNames(withoutNulls(received));
  for (const member of INNER) if (isObject(part.get(member))) part.set(member, snakeNames(part.get(member)));
  return cleanedBlock(part);
}

const blockOf = (part) => (isObject(part) && !part.has('type') && turned(part)) || part;

const TURNED = {
  text: (text, rest) => (isString(text) ? new Map([...textBlock(text), ...rest]) : undefined),
  function_call: callOf,
  function_response: resultOf,
  inline_data: mediaOf,
};
const INNER = ['function_call', 'function_response', 'inline_data', 'file_data', 'executable_code',
  'code_execution_result', 'tool_call', 'tool_response'];

/** The block of a part by the first member that it has of the table; undefined if it stays. */
function turned(part) {
  const found = Object.entries(TURNED).find(([member]) => part.has(member));
  return found && found[1](part.get(found[0]), without(part, found[0]));
}

function callOf(call, rest) {
  if (!isObject(call) || call.has('type') || clash(call, rest)) return undefined;
  return callBlock(call.get('id'), call.get('name'), call.get('args'), without(call, 'id', 'name', 'args'), rest);
}

function resultOf(result, rest) {
  if (!isObject(result) || result.has('type') || clash(result, rest)) return undefined;
  if (result.has('content') || rest.has('content')) return undefined;
  const response = result.get('response');
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

function mediaOf(inline, rest) {
  if (!isObject(inline)) return undefined;
  const mediaType = inline.get('mime_type');
  if (clash(inline, rest) || !isString(mediaType)) return undefined;
  const half = mediaType.split('/')[0];
  const type = ['image', 'audio', 'video'].includes(half) ? half : 'document';
  return mediaBlock(type, mediaType, inline.get('data'), without(inline, 'mime_type', 'data'), rest);
}

const clash = (inner, rest) => [...inner.keys()].some((name) => rest.has(name));

const isObjectList = (value) => Array.isArray(value) && value.length > 0 && value.every(isObject);

function toolsOf(body) {
  renameIn(body, 'functions', 'tools');
  const tools = body.get('tools');
  if (isObject(tools)) body.set('tools', toolsOfEntry(tools));
  else if (Array.isArray(tools) && tools.every(isObject)) body.set('tools', tools.flatMap(toolsOfEntry));
}

function toolsOfEntry(received) {
  const entry = snakeTool(received);
  const declared = entry.get('function_declarations');
  const isDeclared = (item) => isString(item.get('name')) && !isObjectList(snakeNames(item).get('function_declarations'));
  const good = isObjectList(declared) && declared.every(isDeclared);
  if (!good) return [entry];
  const rest = without(entry, 'function_declarations');
  return [...declared.map(declaredTool), ...(rest.size ? [rest] : [])];
}

/** A tool and its object `function` under snake names. */
function snakeTool(received) {
  const tool = snakeNames(received);
  return isObject(tool.get('function')) ? tool.set('function', snakeNames(tool.get('function'))) : tool;
}

function declaredTool(declaration) {
  const tool = withoutNulls(snakeTool(declaration));
  renameIn(tool, 'parameters_json_schema', 'parameters');
  for (const name of ['parameters', 'response']) if (tool.has(name)) tool.set(name, lowerTypes(tool.get(name)));
  return tool;
}

/** Members of the settings under snake names, to where the rows move them. */
function configsOf(body) {
  setSnakeConfigs(body);
  const had = (name) => body.has(name);
  const [hadChoice, hadFormat] = ['tool_choice', 'response_format'].map(had);
  moveByRows(body, 'gemini', ({ to }) => !(hadFormat && to[0] === 'response_format'));
  setSnakeConfigs(body); // what was moved has made room for the other spelling
  if (!hadChoice && isObject(body.get('tool_choice'))) body.set('tool_choice', callingMode(body.get('tool_choice')));
  const format = body.get('response_format');
  if (!hadFormat && isObject(format) && format.has('schema')) {
    body.set('response_format', new Map(format).set('schema', lowerTypes(format.get('schema'))));
  }
}

function setSnakeConfigs(body) {
  setSnake(body, 'tool_config', ['function_calling_config', 'retrieval_config']);
  setSnake(body, 'generation_config', ['thinking_config', 'speech_config', 'image_config']);
}

function setSnake(body, name, inner) {
  if (!isObject(body.get(name))) return;
  const config = snakeNames(body.get(name));
  for (const member of inner) if (isObject(config.get(member))) config.set(member, snakeNames(config.get(member)));
  body.set(name, config);
}

function callingMode(config) {
  const mode = { AUTO: 'auto', ANY: 'any', NONE: 'none' }[config.get('mode')];
  if (!mode) return config;
  const allowed = config.get('allowed_function_names');
  if (mode === 'any' && Array.isArray(allowed) && allowed.length === 1 && !config.has('name')) {
    return new Map([['mode', 'tool'], ['name', allowed[0]], ...without(config, 'mode', 'allowed_function_names')]);
  }
  return new Map(config).set('mode', mode);
}
