// [NORM-11], [NORM-24]: ids of calls are names bound in the conversation.
import { isObject, isString } from '../json.mjs';
import { isCall, isResult } from './content.mjs';
import { first, without } from './members.mjs';

const ITEM_CALLS = ['function_call', 'custom_tool_call', 'shell_call', 'local_shell_call', 'apply_patch_call',
  'computer_call'];
const ITEM_RESULTS = ITEM_CALLS.map((type) => `${type}_output`);

/** Gives calls and results the names of [NORM-11]. */
export function bindIds(messages) {
  const found = messages.flatMap((message) => (isObject(message) ? [...foundIn(message)] : []))
    .map((one, place) => ({ ...one, place }));
  const calls = found.filter(({ kind }) => kind === 'call');
  const results = found.filter(({ kind }) => kind === 'result');
  const carried = new Set(results.map(({ id }) => id).filter(isString));
  for (const result of results) result.call = callOfResult(result, calls, carried, results);
  const named = calls.filter((call) => call.isToolCall || carried.has(call.id));
  const kept = [...results.filter(({ call }) => !call), ...calls.filter((call) => !named.includes(call))];
  nameCalls(named, new Set(kept.map(({ id }) => id)));

  const renamed = new Map();
  for (const { object, member, name } of calls) if (name) renamed.set(object, withId(object, member, name));
  for (const result of results) if (result.call?.name) renamed.set(result.object, boundResult(result));
  return messages.map((message) => replaced(message, renamed));
}

/** The calls and results of a message or an item: `{kind, object, member, id, bare}`, by the table of [NORM-24]. */
function* foundIn(message) {
  const type = message.get('type');
  if (!message.has('role')) {
    if (ITEM_CALLS.includes(type)) yield reference('call', message, 'call_id');
    if (ITEM_RESULTS.includes(type)) yield reference('result', message, 'call_id');
  }
  const content = message.get('content');
  if (!Array.isArray(content)) return;
  const isAssistant = message.get('role') === 'assistant';
  for (const block of content.filter(isObject)) {
    const blockType = block.get('type');
    if (isCall(block)) yield { ...reference('call', block, 'id'), isToolCall: true };
    else if (isResult(block)) yield { ...reference('result', block, 'id'), isToolResult: true };
    else if (isAssistant && blockType === 'custom') yield reference('call', block, 'id');
    else if (isAssistant && blockType === 'mcp_tool_use') yield reference('call', block, 'id');
    else if (blockType === 'mcp_tool_result') yield reference('result', block, 'tool_use_id');
  }
}

function reference(kind, object, member) {
  const id = object.get(member);
  return { kind, object, member, id: isString(id) ? id : undefined };
}

function callOfResult(result, calls, carried, results) {
  if (result.id !== undefined) return calls.find((call) => call.id === result.id);
  const name = result.object.get('name');
  if (!result.isToolResult || !isString(name)) return undefined;
  const answered = new Set(results.map((other) => other.call).filter(Boolean));
  return calls.find((call) => call.isToolCall && call.place < result.place && call.object.get('name') === name
    && !carried.has(call.id) && !answered.has(call));
}

/** `taken`: ids that are not ours to give, since a result without a call, or a call that is not named, has them. */
function nameCalls(calls, taken) {
  const byId = new Map();
  let number = 0;
  for (const call of calls) {
    if (byId.has(call.id)) {
      call.name = byId.get(call.id);
      continue;
    }
    do number++; while (taken.has(`call_${number}`));
    call.name = `call_${number}`;
    if (call.id !== undefined) byId.set(call.id, call.name);
  }
}

/** A new id follows the type; one that was there keeps its place. */
function withId(object, member, name) {
  const own = new Map(object).set(member, name);
  return object.has(member) ? own : first(['type', member], own);
}

function boundResult({ object, member, call, isToolResult }) {
  if (!isToolResult) return new Map(object).set(member, call.name);
  const own = object.get('name') === call.object.get('name') ? without(object, 'name') : new Map(object);
  return first(['type', 'id'], own.set('id', call.name));
}

function replaced(message, renamed) {
  if (!isObject(message)) return message;
  const own = renamed.get(message) ?? message;
  if (!Array.isArray(own.get('content'))) return own;
  return new Map(own).set('content', own.get('content').map((block) => renamed.get(block) ?? block));
}
