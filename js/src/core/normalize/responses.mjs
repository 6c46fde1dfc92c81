// [NORM-17]: OpenAI Responses.
import { isObject, isString } from '../json.mjs';
import { collapsed, textBlock } from './content.mjs';
import {
  cleanedBlock, cleanedItems, cleanedMessage, joined, object, renameIn, without, withoutNulls,
} from './members.mjs';
import { moveByRows } from './moves.mjs';

/** Whether `input` became `messages`. */
export function responsesSteps(body) {
  if (isString(body.get('instructions'))) renameIn(body, 'instructions', 'system');
  const input = body.get('input');
  const taken = !body.has('messages') && (isString(input) || Array.isArray(input));
  if (taken) {
    body.set('messages', isString(input)
      ? [object(['role', 'user'], ['content', input])]
      : messagesOf(input));
    body.delete('input');
  }
  moveByRows(body, 'responses');
  return taken;
}

function messagesOf(items) {
  const messages = [];
  let open; // the assistant's message that the next call joins
  for (const received of items) {
    const item = isObject(received) ? cleanedMessage(received) : received;
    const call = isObject(item) ? callOf(item) : undefined;
    if (call) {
      open ??= append(messages, object(['role', 'assistant'], ['content', []]));
      open.set('content', [...contentBlocks(open.get('content')), call]);
      continue;
    }
    const message = isObject(item) ? messageOf(item) : undefined;
    append(messages, message ?? (isObject(item) ? resultOf(item) : undefined) ?? item);
    open = message && joinable(message) ? message : undefined;
  }
  return messages;
}

function append(list, item) {
  list.push(item);
  return item;
}

const joinable = (message) => message.get('role') === 'assistant'
  && (isString(message.get('content')) || Array.isArray(message.get('content')));

/** The blocks of a content before a call: an empty text is none [NORM-8]. */
function contentBlocks(received) {
  const content = Array.isArray(received) ? collapsed(cleanedItems(received, cleanedBlock)) : received;
  if (content === '') return [];
  return isString(content) ? [textBlock(content)] : content;
}

function messageOf(item) {
  const type = item.get('type') ?? 'message';
  if (!item.has('role') || item.get('role') === null || type !== 'message') return undefined;
  const message = without(item, 'type');
  if (message.has('content')) message.set('content', textBlocks(message.get('content')));
  return message;
}

/** A content list with `input_text` and `output_text` as `text`; anything else as it is. */
function textBlocks(content) {
  if (!Array.isArray(content)) return content;
  return content.map((block) => (isObject(block) && /^(input|output)_text$/.test(block.get('type'))
    ? new Map(block).set('type', 'text') : block));
}

function callOf(item) {
  if (item.get('type') !== 'function_call' || !isString(item.get('call_id')) || !isString(item.get('name'))) {
    return undefined;
  }
  return blockOf('tool_call', item, [['name', item.get('name')]], 'name');
}

function resultOf(item) {
  if (item.get('type') !== 'function_call_output' || !isString(item.get('call_id')) || item.has('content')) {
    return undefined;
  }
  const block = blockOf('tool_result', item, [['content', textBlocks(item.get('output'))]], 'output');
  return block && object(['role', 'tool'], ['content', [block]]);
}

/** A call or result block: `call_id` is its `id`, the item's own `id` its `item_id`. */
function blockOf(type, item, members, ...used) {
  const head = object(['type', type], ['id', item.get('call_id')], ['item_id', item.get('id')], ...members);
  const block = joined(head, without(item, 'type', 'call_id', 'id', ...used));
  return block && withoutNulls(block);
}
