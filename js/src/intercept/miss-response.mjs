// A miss as an answer of the provider: an error that is thrown in its place would be wrapped and tried again.

const openai = (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: 'promptecho_miss' } });
const anthropic = (message) => ({ type: 'error', error: { type: 'invalid_request_error', message } });
const gemini = (message) => ({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } });
const plain = (message) => ({ message });
const text = (message) => ({ error: message });

/** The shape of an error, by the path of the request; that of OpenAI is what most others have taken over. */
const SHAPES = [
  [/\/v1\/messages(\/|$)|\/v1\/complete$/, anthropic],
  [/:(streamGenerateContent|generateContent|countTokens|embedContent|batchEmbedContents|predict)$/, gemini],
  [/\/model\/[^/]+\/(converse|invoke)/, plain],
  [/\/v[12]\/(chat|embed|rerank|classify)$/, plain],
  [/\/api\/(chat|generate|embed|embeddings)$/, text],
];

/** The answer to a request that was refused; SDKs take a 400 for final, and do not try again. */
export function missResponse({ url }, { message }) {
  const { pathname } = new URL(url);
  const [, shape = openai] = SHAPES.find(([pattern]) => pattern.test(pathname)) ?? [];
  const body = JSON.stringify(shape(message));
  return new Response(body, {
    status: 400,
    statusText: 'Bad Request',
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'x-should-retry': 'false',
      'x-amzn-errortype': 'ValidationException',
      'x-promptecho': 'miss',
    },
  });
}
