// Section 13.2: the steps that all dialects but `generic` share.
import { canonicalMembers } from '../data.mjs';
import { isObject } from '../json.mjs';
import { first, hasOnly, moveIn, object, renameIn } from './members.mjs';
import { canonicalMessages, gatherSystem } from './messages.mjs';
import { canonicalChoice, canonicalTools, toolMode } from './tools.mjs';

const RENAMED = [
  ['max_completion_tokens', 'max_tokens'], ['max_output_tokens', 'max_tokens'], ['maxOutputTokens', 'max_tokens'],
  ['think', 'thinking'], ['output_format', 'response_format'], ['format', 'response_format'], ['functions', 'tools'],
];
const CONTEXT = new Set(['previous_response_id', 'conversation', 'prompt', 'cached_content', 'cachedContent',
  'documents', 'container', 'connectors', 'mcp_servers', 'data_sources', 'search_parameters', 'web_search_options',
  'plugins', 'promptVariables']);

/** The common steps, from the second on, over a body that is ours to change. */
export function commonSteps(body) {
  if (Array.isArray(body.get('messages'))) body.set('messages', canonicalMessages(body.get('messages')));
  gatherSystem(body);
  rename(body);
  if (body.has('tools')) body.set('tools', canonicalTools(body.get('tools')));
  if (body.has('tool_choice')) body.set('tool_choice', canonicalChoice(body.get('tool_choice')));
  gatherContext(body);
  return first(canonicalMembers.body, body);
}

/** [NORM-13] */
function rename(body) {
  for (const [from, to] of RENAMED) renameIn(body, from, to);
  const call = body.get('function_call');
  if (!body.has('tool_choice')) {
    if (call === 'auto' || call === 'none') renameIn(body, 'function_call', 'tool_choice');
    else if (isObject(call) && hasOnly(call, 'name') && toolMode(call.get('name'))) {
      body.set('tool_choice', toolMode(call.get('name')));
      body.delete('function_call');
    }
  }
  moveIn(body, 'output_config', 'format', 'response_format');
}

/** [NORM-14] */
function gatherContext(body) {
  if (body.has('context')) return;
  const gathered = [...body].filter(([name]) => CONTEXT.has(name));
  if (!gathered.length) return;
  for (const [name] of gathered) body.delete(name);
  body.set('context', object(...gathered));
}
