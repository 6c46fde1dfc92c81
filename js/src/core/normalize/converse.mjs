// [NORM-18]: Bedrock Converse.
import { isObject, isString } from '../json.mjs';
import { callBlock, resultBlock } from './content.mjs';
import { mediaBlock } from './media.mjs';
import { cleanedBlock, cleanedItems, cleanedObject, hasOnly, object, without, withoutHints } from './members.mjs';
import { at, move, moveByRows } from './moves.mjs';

const DOCUMENT_TYPES = {
  pdf: 'application/pdf',
  csv: 'text/csv',
  html: 'text/html',
  txt: 'text/plain',
  md: 'text/markdown',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

export function converseSteps(body) {
  if (Array.isArray(body.get('system'))) body.set('system', blocksOf(body.get('system')));
  if (Array.isArray(body.get('messages'))) {
    body.set('messages', body.get('messages').map((message) =>
      (isObject(message) && Array.isArray(message.get('content'))
        ? new Map(message).set('content', blocksOf(message.get('content'))) : message)));
  }
  moveChanged(body, ['toolConfig', 'tools'], 'tools', toolsOf);
  moveChanged(body, ['toolConfig', 'toolChoice'], 'tool_choice', choiceOf);
  moveByRows(body, 'converse');
}

function moveChanged(body, from, to, change) {
  const value = at(body, from);
  move(body, from, [to]);
  if (value !== undefined && body.get(to) === value) body.set(to, change(value));
}

const blocksOf = (blocks, withCalls = true) => cleanedItems(blocks, cleanedBlock)
  .map((block) => (isObject(block) && blockOf(block, withCalls)) || block);

function blockOf(block, withCalls) {
  if (block.size !== 1) return undefined;
  const [[member, inner]] = block;
  if (member === 'text') return isString(inner) ? object(['type', 'text'], ['text', inner]) : undefined;
  if (member === 'json') return object(['type', 'json'], ['json', inner]);
  if (!isObject(inner)) return undefined;
  if (member === 'toolUse') return withCalls ? callOf(inner) : undefined;
  if (member === 'toolResult') return withCalls ? resultOf(inner) : undefined;
  return ['image', 'document', 'video', 'audio'].includes(member) ? mediaOf(member, inner) : undefined;
}

function callOf(inner) {
  if (!isString(inner.get('toolUseId')) || inner.has('arguments')) return undefined;
  return callBlock(inner.get('toolUseId'), inner.get('name'), inner.get('input'),
    without(inner, 'toolUseId', 'name', 'input'));
}

function resultOf(inner) {
  if (!isString(inner.get('toolUseId')) || inner.has('is_error')) return undefined;
  const content = inner.get('content');
  const status = inner.get('status');
  const known = status === 'error' || status === 'success';
  return resultBlock(inner.get('toolUseId'), undefined, Array.isArray(content) ? blocksOf(content, false) : content,
    known ? object(['is_error', status === 'error']) : new Map(),
    without(inner, 'toolUseId', 'content', ...(known ? ['status'] : [])));
}

function mediaOf(type, inner) {
  const source = inner.get('source');
  const format = inner.get('format');
  if (!isObject(source) || !hasOnly(source, 'bytes') || !isString(format)) return undefined;
  return mediaBlock(type, mediaTypeOf(type, format), source.get('bytes'), without(inner, 'format', 'source'));
}

function mediaTypeOf(type, format) {
  if (type !== 'document') return `${type}/${format}`;
  return Object.hasOwn(DOCUMENT_TYPES, format) ? DOCUMENT_TYPES[format] : format;
}

const toolsOf = (tools) => (Array.isArray(tools) ? tools.map((tool) => toolOf(tool) ?? tool) : tools);

function toolOf(received) {
  const tool = isObject(received) ? cleanedObject(received) : new Map();
  const spec = hasOnly(tool, 'toolSpec') ? tool.get('toolSpec') : undefined;
  if (!isObject(spec) || !isString(spec.get('name')) || spec.has('parameters') || spec.has('type')) return undefined;
  const schema = spec.get('inputSchema');
  if (!isObject(schema) || !hasOnly(schema, 'json')) return spec;
  return new Map([...object(['name', spec.get('name')], ['parameters', schema.get('json')]),
    ...without(spec, 'name', 'inputSchema')]);
}

function choiceOf(choice) {
  const said = isObject(choice) ? withoutHints(choice) : new Map();
  if (said.size !== 1) return choice;
  const [[mode, inner]] = said;
  const isNamed = ['auto', 'any', 'tool'].includes(mode) && isObject(inner);
  if (!isNamed || inner.has('mode') || inner.has('type')) return choice;
  return new Map([['mode', mode], ...inner]);
}
