// [MATCH-4], [MATCH-8], [RPC-2]: what of a canonical body does not count.
import { volatileMembers } from './data.mjs';
import { isObject } from './json.mjs';
import { isResponsesPath, isRpcCall } from './normalize/index.mjs';

const { everywhere, beside_model: besideModel, conversations, chat_paths: chatEnds, model_paths: modelEnds } =
  volatileMembers;
const endsIn = (path, ends) => ends.some((end) => path.endsWith(end));

/** [MATCH-8] */
export function isConversation(path, body) {
  if (endsIn(path, modelEnds)) return true;
  if (isResponsesPath(path) && ['messages', 'system', 'context'].some((name) => body.has(name))) return true;
  const messages = body.get('messages');
  return Array.isArray(messages) && messages.length > 0 && (body.has('model') || endsIn(path, chatEnds));
}

/** The canonical body without its volatile members [MATCH-4]. */
export function steadyBody(path, body) {
  const talk = isConversation(path, body);
  const names = new Set([
    ...everywhere, ...(talk || body.has('model') ? besideModel : []), ...(talk ? conversations : []),
  ]);
  const counted = withoutCallTokens(body);
  return new Map([...counted].filter(([name]) => !names.has(name) && !(name === 'id' && isRpcCall(body))));
}

/** The canonical body without what is volatile in JSON-RPC calls [RPC-2], save the `id` of the body itself. */
export function withoutCallTokens(body) {
  if (isRpcCall(body)) return withoutTokens(body);
  if (!Array.isArray(body.get('__json__'))) return body;
  return new Map(body).set('__json__', body.get('__json__').map((item) => {
    if (!isObject(item) || !isRpcCall(item)) return item;
    return new Map([...withoutTokens(item)].filter(([name]) => name !== 'id'));
  }));
}

/** Members of `params._meta` that say who calls and how often, not what is asked [RPC-2]. */
const OF_META = ['progressToken', 'traceparent', 'tracestate', 'baggage', 'io.modelcontextprotocol/clientInfo'];
/** Members of `params` that are volatile in calls of one method [RPC-2]. */
const OF_PARAMS = new Map([['notifications/cancelled', 'requestId'], ['initialize', 'clientInfo']]);

function withoutTokens(call) {
  const params = call.get('params');
  if (!isObject(params)) return call;
  const kept = withoutMeta(without(params, OF_PARAMS.get(call.get('method'))));
  return kept === params ? call : replaced(call, 'params', kept);
}

function withoutMeta(params) {
  const meta = params.get('_meta');
  if (!isObject(meta)) return params;
  const kept = OF_META.reduce(without, meta);
  return kept === meta ? params : replaced(params, '_meta', kept);
}

function without(map, name) {
  return map.has(name) ? new Map([...map].filter(([other]) => other !== name)) : map;
}

/** With another object at a name, or without it where that is empty. */
const replaced = (map, name, inner) => (inner.size ? new Map(map).set(name, inner) : without(map, name));
