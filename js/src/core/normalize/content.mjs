// [NORM-5] and the blocks of [NORM-8]: content lists.
import { guardedText } from '../canonical.mjs';
import { isObject, isString } from '../json.mjs';
import { canonicalMedia } from './media.mjs';
import { cleanedBlock, cleanedItems, hasOnly, joined, object, without } from './members.mjs';

export const textBlock = (text) => object(['type', 'text'], ['text', text]);

export const isPlainText = (block) => isObject(block) && hasOnly(block, 'type', 'text')
  && block.get('type') === 'text' && isString(block.get('text'));

export const isCall = (block) => isObject(block) && block.get('type') === 'tool_call'
  && isString(block.get('name')) && isId(block.get('id')) && !block.has('input');

export const isResult = (block) => isObject(block) && block.get('type') === 'tool_result'
  && isId(block.get('id')) && !block.has('tool_use_id');

const isId = (value) => value === undefined || value === null || isString(value);

/** A call block, with or without arguments; undefined if a name would stand twice or is no string. */
export function callBlock(id, name, args, ...rest) {
  if (!isString(name) || !isId(id) || rest.some((map) => map.has('arguments'))) return undefined;
  const head = object(['type', 'tool_call'], ['id', id ?? undefined], ['name', name], ['arguments', decoded(args)]);
  return withoutId(head, rest);
}

/** A result block, with or without content; undefined if a name would stand twice or an id is no string. */
export function resultBlock(id, name, content, ...rest) {
  if (!isId(id)) return undefined;
  const head = object(['type', 'tool_result'], ['id', id ?? undefined], ['name', name], ['content', content]);
  return withoutId(head, rest);
}

/** `joined`, and no other member is named `id`, also where the block has none. */
const withoutId = (head, rest) => (rest.some((map) => map.has('id')) ? undefined : joined(head, ...rest));

/** Arguments in a string are the value that it encodes [NORM-10]. */
function decoded(args) {
  const value = isString(args) ? guardedText(args) : undefined;
  return value === undefined || value === null || isString(value) ? args : value;
}

/** A content member: a list made canonical, a list of one plain text block as its text. */
export function canonicalContent(content, withCalls = true) {
  if (!Array.isArray(content)) return content;
  return collapsed(canonicalBlocks(content, withCalls));
}

export const collapsed = (blocks) => (blocks.length === 1 && isPlainText(blocks[0]) ? blocks[0].get('text') : blocks);

export const canonicalBlocks = (blocks, withCalls = true) =>
  cleanedItems(blocks, cleanedBlock).map((block) => (isObject(block) ? canonicalBlock(block, withCalls) : block));

function canonicalBlock(block, withCalls) {
  const turned = (withCalls && (callOf(block) ?? resultOf(block))) || canonicalMedia(block);
  const source = turned.get('source');
  if (!isObject(source) || !Array.isArray(source.get('content'))) return turned;
  const inner = new Map(source).set('content', canonicalBlocks(source.get('content'), false));
  return new Map(turned).set('source', inner);
}

function callOf(block) {
  const member = { tool_use: 'input', tool_call: 'arguments' }[block.get('type')];
  if (!member || (block.has('input') && block.has('arguments'))) return undefined;
  return callBlock(block.get('id'), block.get('name'), block.get(member), without(block, 'type', 'id', 'name', member));
}

function resultOf(block) {
  if (block.get('type') !== 'tool_result' || (block.has('tool_use_id') && block.has('id'))) return undefined;
  const id = block.has('tool_use_id') ? 'tool_use_id' : 'id';
  const content = canonicalContent(block.get('content'), false);
  return resultBlock(block.get(id), block.get('name'), content, without(block, 'type', id, 'name', 'content'));
}
