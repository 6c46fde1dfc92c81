// Section 13.2: the steps that all chat dialects share.
import { canonicalMembers, contextMembers } from '../data.mjs';
import { isObject, isString } from '../json.mjs';
import { first, hasOnly, object, renameIn } from './members.mjs';
import { canonicalMessages, gatherSystem } from './messages.mjs';
import { at, moveByRows } from './moves.mjs';
import { canonicalChoice, canonicalTools, toolMode } from './tools.mjs';

const CONTEXT = new Set(contextMembers.members.map(({ name }) => name));
const BRINGS_TOOLS = ['prompt', 'agent_id', 'assistant_id', 'conversation'];

/** Members that the next pass would move to the place of `tools` or `tool_choice` [NORM-22]. */
const WAITING = [['functions'], ['function_call'], ['tool_config', 'function_calling_config'], ['toolConfig', 'tools'],
  ['toolConfig', 'toolChoice']];

/** Whether a member belongs into `context` [NORM-14]. */
export const isContextName = (name) =>
  CONTEXT.has(name) || contextMembers.prefixes.some(({ prefix }) => name.startsWith(prefix));

/** The common steps, from the second on, over a body that is ours to change. `absentStrict`: see [NORM-25]. */
export function commonSteps(body, absentStrict) {
  if (Array.isArray(body.get('messages'))) body.set('messages', canonicalMessages(body.get('messages')));
  gatherSystem(body);
  moveByRows(body, '*');
  renameFunctionCall(body);
  if (body.has('tools')) body.set('tools', canonicalTools(body.get('tools'), absentStrict));
  if (body.has('tool_choice')) body.set('tool_choice', canonicalChoice(body.get('tool_choice')));
  gatherContext(body);
  dropIdleTools(body);
  return first(canonicalMembers.body, body);
}

/** The last step of [NORM-13]. */
function renameFunctionCall(body) {
  const call = body.get('function_call');
  if (body.has('tool_choice')) return;
  if (call === 'auto' || call === 'none') renameIn(body, 'function_call', 'tool_choice');
  else if (isObject(call) && hasOnly(call, 'name') && toolMode(call.get('name'))) {
    body.set('tool_choice', toolMode(call.get('name')));
    body.delete('function_call');
  }
}

/** [NORM-14] */
function gatherContext(body) {
  const context = body.get('context') ?? new Map();
  if (!isObject(context)) return;
  const gathered = [...body].filter(([name]) => isContextName(name) && !context.has(name));
  if (!gathered.length) return;
  for (const [name] of gathered) body.delete(name);
  body.set('context', new Map([...context, ...gathered.map(([name, value]) => [name, gatheredValue(name, value)])]));
}

const gatheredValue = (name, value) =>
  (name === 'conversation' && isString(value) ? object(['id', value]) : value);

/** [NORM-22] */
function dropIdleTools(body) {
  const tools = body.get('tools');
  const choice = body.get('tool_choice');
  if (!Array.isArray(tools) || WAITING.some((names) => (at(body, names) ?? null) !== null)) return;
  const isAuto = isObject(choice) && hasOnly(choice, 'mode') && choice.get('mode') === 'auto';
  if (tools.length && isAuto) body.delete('tool_choice');
  const context = body.get('context');
  const broughtElsewhere = BRINGS_TOOLS.some((name) => body.has(name) || (isObject(context) && context.has(name)));
  if (!tools.length && !broughtElsewhere) body.delete('tools');
}
