// [NORM-6], [NORM-8] and section 13.5: the list `messages`.
import { isObject, isString } from '../json.mjs';
import { bindIds } from './call-ids.mjs';
import {
  callBlock, canonicalBlocks, canonicalContent, collapsed, isPlainText, isResult, resultBlock, textBlock,
} from './content.mjs';
import { canonicalImage } from './media.mjs';
import { cleanedMessage, first, hasOnly, object, without } from './members.mjs';

const SYSTEM_ROLES = new Set(['system', 'developer']);

export function canonicalMessages(list) {
  const messages = list.flatMap((message) => (isObject(message) ? canonicalMessage(message) : [message]));
  return bindIds(messages);
}

/** One message as it is canonical: sometimes several. */
function canonicalMessage(received) {
  let message = cleanedMessage(received);
  if (!message.has('role') && message.has('type')) return [message];
  const role = message.get('role');
  if (message.has('content')) {
    message.set('content', canonicalContent(message.get('content'), holdsCalls(message)));
  }
  if (Array.isArray(message.get('images'))) message.set('images', message.get('images').map(canonicalImage));
  if (role === 'assistant') message = withCallsInContent(message);
  message = first(['role', 'content'], message);
  if (role === 'tool' || role === 'function') return toolMessages(message);
  return role === 'user' ? splitUser(message) : [message];
}

/** Whether blocks of the content can be calls and results: not in system text, nor in a result's own content. */
function holdsCalls(message) {
  const role = message.get('role');
  if (role !== 'tool') return role !== 'function' && !SYSTEM_ROLES.has(role);
  const content = message.get('content');
  return !message.has('tool_call_id') && Array.isArray(content) && canonicalBlocks(content).some(isResult);
}

/** `tool_calls` or `function_call` of an assistant's message as blocks behind its content. */
function withCallsInContent(message) {
  const member = message.has('tool_calls') ? 'tool_calls' : 'function_call';
  const received = message.get(member);
  const calls = member === 'tool_calls' ? callsOf(received) : functionCall(received, message.get('content'));
  const before = contentBlocks(message.get('content'));
  if (!calls || !before || calls.includes(undefined)) {
    return message;
  }
  return without(message, member).set('content', [...before, ...calls]);
}

function contentBlocks(content) {
  if (content === undefined || content === '') return [];
  if (isString(content)) return [textBlock(content)];
  return Array.isArray(content) ? content : undefined;
}

const callsOf = (entries) => (Array.isArray(entries) && entries.length ? entries.map(callOfEntry) : undefined);

function callOfEntry(entry) {
  if (!isObject(entry)) return undefined;
  if (entry.get('type') === 'custom') return entry;
  if (entry.has('type') && entry.get('type') !== 'function') return undefined;
  const inner = entry.get('function');
  if (!isObject(inner)) return undefined;
  if ([...inner.keys()].some((name) => entry.has(name))) return undefined;
  return callBlock(entry.get('id'), inner.get('name'), inner.get('arguments'),
    without(entry, 'type', 'id', 'function'), without(inner, 'name', 'arguments'));
}

function functionCall(call, content) {
  if (!isObject(call) || call.has('id') || call.has('type')) return undefined;
  if (Array.isArray(content) && content.some(isCallBlock)) return undefined;
  return [callBlock(undefined, call.get('name'), call.get('arguments'), without(call, 'name', 'arguments'))];
}

const isCallBlock = (block) => isObject(block) && ['tool_call', 'tool_use', 'custom'].includes(block.get('type'));

function toolMessages(message) {
  const content = message.get('content');
  const results = Array.isArray(content) ? content.filter(isResult) : [];
  if (message.get('role') === 'tool' && results.length && !message.has('tool_call_id')) {
    return hasOnly(message, 'role', 'content') && results.length === content.length
      ? results.map((result) => toolMessage([result]))
      : [message];
  }
  return [resultMessage(message) ?? message];
}

const toolMessage = (content) => object(['role', 'tool'], ['content', content]);

function resultMessage(message) {
  const isFunction = message.get('role') === 'function';
  if (message.has('id') || (message.has('name') && message.has('tool_name'))) return undefined;
  if (isFunction && !message.has('name')) return undefined;
  const name = message.get('name') ?? message.get('tool_name');
  if (name !== undefined && !isString(name)) return undefined;
  const result = resultBlock(message.get('tool_call_id'), name, message.get('content'));
  if (!result) return undefined;
  const rest = without(message, 'role', 'content', 'tool_call_id', 'name', 'tool_name');
  return new Map([...toolMessage([result]), ...rest]);
}

/** A user's message with results: each result a message of its own, in the order of the blocks. */
function splitUser(message) {
  const content = message.get('content');
  if (!hasOnly(message, 'role', 'content') || !Array.isArray(content) || !content.some(isResult)) return [message];
  const out = [];
  let run = [];
  const endRun = () => {
    if (run.length) out.push(object(['role', 'user'], ['content', collapsed(run)]));
    run = [];
  };
  for (const block of content) {
    if (!isResult(block)) { run.push(block); continue; }
    endRun();
    out.push(toolMessage([block]));
  }
  endRun();
  return out;
}

/** [NORM-6]: system text is the member `system` of the body. */
export function gatherSystem(body) {
  const system = body.get('system');
  const messages = body.get('messages');
  if (!Array.isArray(messages) && !Array.isArray(system)) return;
  if (system !== undefined && !isString(system) && !isObjectList(system)) {
    if (Array.isArray(system)) body.set('system', canonicalBlocks(system, false));
    return;
  }
  const run = Array.isArray(messages) ? leadingRun(messages) : [];
  const blocks = Array.isArray(system) ? canonicalBlocks(system, false) : undefined;
  if (blocks && !blocks.length) {
    body.set('system', blocks);
    return;
  }
  const own = system === undefined ? [] : partsOf(blocks ?? system);
  const parts = [...own, ...run.flatMap((message) => partsOf(message.get('content')))];
  if (!parts.length && system === undefined) return;
  body.set('system', parts.every(isString) ? parts.join('\n')
    : parts.map((part) => (isString(part) ? textBlock(part) : part)));
  if (run.length) body.set('messages', messages.slice(run.length));
}

const isObjectList = (value) => Array.isArray(value) && value.length > 0 && value.every(isObject);

function leadingRun(messages) {
  const end = messages.findIndex((message) => !isObject(message) || !hasOnly(message, 'role', 'content')
    || !SYSTEM_ROLES.has(message.get('role'))
    || !(isString(message.get('content')) || isObjectList(message.get('content'))));
  return end < 0 ? messages : messages.slice(0, end);
}

const partsOf = (content) =>
  (isString(content) ? [content] : content.map((block) => (isPlainText(block) ? block.get('text') : block)));

