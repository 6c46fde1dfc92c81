// Section 13: a request body in any provider's shape as one canonical body.
import { canonicalMembers } from '../data.mjs';
import { isString } from '../json.mjs';
import { commonSteps } from './common.mjs';
import { converseSteps } from './converse.mjs';
import { geminiSteps } from './gemini.mjs';
import { hasOtherNames } from './gemini-names.mjs';
import { cleanedObject, first, withoutNulls } from './members.mjs';
import { responsesSteps } from './responses.mjs';

const RESPONSES_MEMBERS = ['input', 'instructions', 'prompt', 'previous_response_id'];

/** Whether a JSON-RPC call [RPC-1]. */
export const isRpcCall = (body) => body.get('jsonrpc') === '2.0' && isString(body.get('method'));

const isConversePath = (path) => /\/converse(-stream)?$/.test(path);

export const isResponsesPath = (path) => path.endsWith('/responses') || path.includes('/responses/');

/** [NORM-2] */
function dialectOf(path, body) {
  if (isRpcCall(body)) return 'jsonrpc';
  const elsewhere = isConversePath(path) || isResponsesPath(path);
  if (/:(generateContent|streamGenerateContent|countTokens)$/.test(path)) return 'gemini';
  if (Array.isArray(body.get('contents')) && !elsewhere) return 'gemini';
  if (isConversePath(path)) return 'converse';
  if (isResponsesPath(path) && RESPONSES_MEMBERS.some((name) => body.has(name))) return 'responses';
  return Array.isArray(body.get('messages')) ? 'messages' : 'generic';
}

/** The canonical body of a JSON object (a Map): `{dialect, body}`. What is given is not changed. */
export function normalize(path, received) {
  const dialect = dialectOf(path, received);
  if (dialect === 'generic' || dialect === 'jsonrpc') {
    return { dialect, body: first(canonicalMembers.body, withoutNulls(received)) };
  }
  return { dialect, body: chatBody(dialect, cleanedObject(received)) };
}

/** The canonical body in a chat dialect, of a body that is ours to change. [NORM-28] */
function chatBody(dialect, received) {
  const body = dialect === 'gemini' ? geminiSteps(received) : received;
  const absentStrict = dialect === 'responses' && responsesSteps(body) ? 'auto' : undefined;
  const amazon = body.get('schemaVersion') === 'messages-v1';
  if (dialect === 'converse' || amazon) converseSteps(body);
  const made = commonSteps(body, absentStrict);
  return dialect === 'gemini' && hasOtherNames(made) ? chatBody(dialect, made) : made; // [NORM-27]
}
