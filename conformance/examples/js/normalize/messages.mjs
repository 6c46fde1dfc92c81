// [NORM-8], [NORM-11] and section 13.5: the list `messages`.
import { isObject, isString } from '../json.mjs';
import {
  callBlock, canonicalBlocks, canonicalContent, collapsed, isCall, isPlainText, isResult, resultBlock, textBlock,
} from './content.mjs';
import { canonicalImage } from './media.mjs';
import { first, hasOnly, object, without, withoutHints, withoutNulls } from './members.mjs';

const SYSTEM_ROLES = new Set(['system', 'developer']);

export function canonicalMessages(list) {
  const messages = list.flatMap((message) => (isObject(message) ? canonicalMessage(message) : [message]));
  return bindIds(messages);
}

/** One message as it is canonical: sometimes several. */
function canonicalMessage(received) {
  let message = withoutHints(withoutNulls(received));
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
  if (role !== 'tool' && role !== 'function') return !SYSTEM_ROLES.has(role);
  const content = message.get('content');
  return !message.has('tool_call_id') && Array.isArray(content) && canonicalBlocks(content).some(isResult);
}

/** `tool_calls` or `function_call` of an assistant's message as blocks behind its content. */
function withCallsInContent(message) {
  const member = message.has('tool_calls') ? 'tool_calls' : 'function_call';
  const received = message.get(member);
  const calls = member === 'tool_calls' ? callsOf(received) : functionCall(received);
  const before = contentBlocks(message.get('content'));
  if (!calls || !before || calls.includes(undefined)) {
    return message;
  }
  return without(message, member).set('content', [...before, ...calls]);
}

function contentBlocks(content) {
  if (content === undefined) return [];
  if (isString(content)) return [textBlock(content)];
  return Array.isArray(content) ? content : undefined;
}

const callsOf = (entries) => (Array.isArray(entries) && entries.length ? entries.map(callOfEntry) : undefined);

function callOfEntry(received) {
  if (!isObject(received)) return undefined;
  const entry = withoutHints(received);
  if (entry.get('type') === 'custom') return entry;
  if (entry.has('type') && entry.get('type') !== 'function') return undefined;
  const called = entry.get('function');
  if (!isObject(called)) return undefined;
  const inner = withoutHints(called);
  if ([...inner.keys()].some((name) => entry.has(name))) return undefined;
  return callBlock(entry.get('id'), inner.get('name'), inner.get('arguments'),
    without(entry, 'type', 'id', 'function'), without(inner, 'name', 'arguments'));
}

function functionCall(call) {
  if (!isObject(call)) return undefined;
  return [callBlock(undefined, call.get('name'), call.get('arguments'), without(call, 'name', 'arguments'))];
}

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

/** Gives calls and results the names of [NORM-11]. */
function bindIds(messages) {
  const calls = [], results = [];
  messages.forEach((message) => {
    const content = isObject(message) ? message.get('content') : undefined;
    if (Array.isArray(content)) content.forEach((block) => collect(block, calls, results));
  });
  const carried = new Set(results.map((result) => result.id).filter(isString));
  for (const result of results) result.call = callOfResult(result, calls, carried, results);
  const taken = new Set(results.filter((result) => !result.call && isString(result.id)).map((result) => result.id));
  nameCalls(calls, taken);

  const renamed = new Map();
  for (const { block, name } of calls) renamed.set(block, new Map(block).set('id', name));
  for (const { block, call } of results) renamed.set(block, call ? boundResult(block, call) : block);
  return messages.map((message) => replaceBlocks(message, renamed));
}

/** Notes calls and results with their place in the order in which they stand. */
function collect(block, calls, results) {
  const at = calls.length;
  if (isCall(block)) calls.push({ block, id: block.get('id') ?? undefined });
  else if (isResult(block)) results.push({ block, id: block.get('id') ?? undefined, before: at });
}

function callOfResult(result, calls, carried, results) {
  if (result.id !== undefined) return calls.find((call) => call.id === result.id);
  const name = result.block.get('name');
  if (!isString(name)) return undefined;
  const answered = new Set(results.map((other) => other.call).filter(Boolean));
  return calls.slice(0, result.before).find((call) =>
    call.block.get('name') === name && !carried.has(call.id) && !answered.has(call));
}

function nameCalls(calls, taken) {
  const byId = new Map();
  let number = 0;
  for (const call of calls) {
    if (call.id !== undefined && byId.has(call.id)) {
      call.name = byId.get(call.id);
      continue;
    }
    do number++; while (taken.has(`call_${number}`));
    call.name = `call_${number}`;
    if (call.id !== undefined) byId.set(call.id, call.name);
  }
}

function boundResult(block, call) {
  const own = block.get('name') === call.block.get('name') ? without(block, 'name') : new Map(block);
  return first(['type', 'id'], own.set('id', call.name));
}

function replaceBlocks(message, renamed) {
  if (!isObject(message) || !Array.isArray(message.get('content'))) return message;
  return new Map(message).set('content', message.get('content').map((block) => renamed.get(block) ?? block));
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

