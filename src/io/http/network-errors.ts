import type { NetworkFailure } from '../../core/api/response.ts';
import { LEASE_TOO_SHORT } from '../../core/attempt/classify.ts';
import { isOfCertificate } from '../../core/attempt/lasting.ts';
import type { Redactor } from '../../core/text/redact.ts';

/** Words for the network errors that operators meet. The message of the library stands for any other. */
const NETWORK_ERRORS: Record<string, string> = {
  ETIMEDOUT: 'no complete answer in time',
  ECONNRESET: 'the connection was cut',
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name server did not answer',
  EPIPE: 'the connection was cut',
  EPROTO: 'no TLS connection came about',
  [LEASE_TOO_SHORT]: 'not sent: the lease of the account ends too soon',
};

type WithCode = Error & { code?: unknown };

/** A failure of a proxy, which the message names, or of the connection to it. */
export class ProxyError extends Error {
  readonly code: string;
  /** `proxy`: how messages name it. `error`: what its agent has thrown. */
  constructor(proxy: string, error: WithCode) {
    const refusal = /^Bad response: ([0-9]{3})$/.exec(error.message)?.[1];
    const code = typeof error.code === 'string' ? error.code : 'ERR_PROXY';
    const words = refusal === undefined ? (NETWORK_ERRORS[code] ?? error.message) : `it answered HTTP ${refusal}`;
    super(`${proxy}: ${words}${refusal === undefined ? ` (${code})` : ''}`);
    this.code = refusal === undefined ? code : `ERR_PROXY_${refusal}`;
  }
}

function codeOf(error: WithCode): string {
  if (typeof error.code !== 'string') return 'ERR_UNKNOWN';
  // got has its own code for a body that ends too early.
  return error.code === 'ERR_READING_RESPONSE_STREAM' ? 'ECONNRESET' : error.code;
}

/** The failure in an error of the HTTP library, which keeps the error of the connection as its cause. */
export function failureOf(error: Error, clean: Redactor): Pick<NetworkFailure, 'code' | 'message' | 'proxy'> {
  const { cause } = error;
  if (cause instanceof ProxyError) return { code: clean(cause.code), message: clean(cause.message, true), proxy: true };
  const code = clean(codeOf(error));
  return { code, message: NETWORK_ERRORS[code] ?? clean(error.message, true) };
}

/** Words for the codes of which there are many. The library has a message for each, which may quote what was received. */
function wordsOf(code: string): string | undefined {
  if (isOfCertificate(code)) return 'its certificate is not accepted';
  return code.startsWith('HPE_') ? 'the answer is no HTTP' : NETWORK_ERRORS[code];
}

/** The same in words that quote nothing of the library's message: it may hold the URL. */
export function networkErrorText(error: Error): string {
  if (error.cause instanceof ProxyError) return error.cause.message;
  const code = codeOf(error);
  const words = wordsOf(code);
  return words === undefined ? code : `${words} (${code})`;
}

/** The failure of a request that was not answered in time. */
export const TIMED_OUT = { code: 'ETIMEDOUT', message: NETWORK_ERRORS.ETIMEDOUT as string };
