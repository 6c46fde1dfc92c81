// `failure-kinds.json`, column node-fetch: the kind of an error of Node, and the error of a kind [FAIL-3], [FAIL-6].

const CODES = {
  connect: ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'],
  dns: ['ENOTFOUND', 'EAI_AGAIN'],
  tls: ['ERR_SSL_WRONG_VERSION_NUMBER', 'EPROTO', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_HAS_EXPIRED'],
  write: ['EPIPE'],
  'connect-timeout': ['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'],
  'read-timeout': ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
  'write-timeout': ['UND_ERR_HEADERS_TIMEOUT'],
  'pool-timeout': ['UND_ERR_CONNECT_TIMEOUT'],
  protocol: ['HPE_INVALID_CONSTANT'],
  reset: ['ECONNRESET'],
  closed: ['UND_ERR_SOCKET'],
  decode: ['Z_DATA_ERROR'],
  proxy: ['UND_ERR_ABORTED'],
  cancelled: ['UND_ERR_HEADERS_TIMEOUT'], // at the limit of [FAIL-4]
};
const TOLD_BY_CODE = Object.entries(CODES).filter(([kind]) => !['proxy', 'cancelled'].includes(kind));

/** The kind of an error, or undefined if nothing tells it [FAIL-6]. */
export function failureKind(error) {
  const { code = '', name } = error ?? {};
  if (name === 'AbortError' || code === 'UND_ERR_INFO' || code === 'UND_ERR_ABORTED') return 'cancelled';
  if (/^ERR_(SSL|TLS)_/.test(code)) return 'tls';
  if (/^HPE_/.test(code)) return 'protocol';
  return TOLD_BY_CODE.find(([, codes]) => codes.includes(code))?.[0];
}

/** What a client gets for a failure that was recorded. */
export function playedError(kind) {
  const [code] = CODES[kind];
  return Object.assign(new Error(`The recording of this call is a failure: ${kind}.`), { code });
}
