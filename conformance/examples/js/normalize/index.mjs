// Section 13: a request body in any provider's shape as one canonical body.
import { commonSteps } from './common.mjs';
import { converseSteps } from './converse.mjs';
import { geminiSteps } from './gemini.mjs';
import { withoutHints, withoutNulls } from './members.mjs';
import { responsesSteps } from './responses.mjs';

const RESPONSES_MEMBERS = ['input', 'instructions', 'prompt', 'previous_response_id'];

/** [NORM-2] */
function dialectOf(path, body) {
  if (/:(generateContent|streamGenerateContent|countTokens)$/.test(path) || Array.isArray(body.get('contents'))) {
    return 'gemini';
  }
  if (/\/converse(-stream)?$/.test(path)) return 'converse';
  const isResponses = path.endsWith('/responses') || path.includes('/responses/');
  if (isResponses && RESPONSES_MEMBERS.some((name) => body.has(name))) return 'responses';
  return Array.isArray(body.get('messages')) ? 'messages' : 'generic';
}

/** The canonical body of a JSON object (a Map): `{dialect, body}`. What is given is not changed. */
export function normalize(path, received) {
  const dialect = dialectOf(path, received);
  const kept = withoutNulls(received);
  if (dialect === 'generic') return { dialect, body: kept };
  let body = withoutHints(kept);
  if (dialect === 'gemini') body = geminiSteps(body);
  if (dialect === 'responses') responsesSteps(body);
  const amazon = body.get('schemaVersion') === 'messages-v1';
  if (dialect === 'converse' || amazon) converseSteps(body);
  return { dialect, body: commonSteps(body) };
}
