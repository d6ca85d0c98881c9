import { connect } from 'node:tls';
import type { Answer } from '../../core/api/response.ts';
import { TLS_EXPECTED } from '../../core/attempt/lasting.ts';

const PROBE_TIMEOUT_MS = 2000;

/** Whether a server completes a TLS handshake, or refuses it in TLS. No key is sent, so it does not matter who it is. */
function speaksTls({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(port || 80), rejectUnauthorized: false });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => end(false));
    socket.once('secureConnect', () => end(true));
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => end(code.includes('_ALERT_')));
  });
}

/**
 * Returns a function that names the cause of a connection that was cut: a server that speaks TLS cuts off plain HTTP
 * without a word. It is asked once, before it has answered anything; with https it never is.
 */
export function createTlsProbe(baseUrl: string): (answer: Answer) => Answer | Promise<Answer> {
  const url = new URL(baseUrl);
  let isOpen = url.protocol === 'http:';
  let speaks: Promise<boolean> | null = null;
  return (answer) => {
    if (answer.kind === 'http') isOpen = false;
    if (!isOpen || answer.kind === 'http' || answer.code !== 'ECONNRESET') return answer;
    speaks ??= speaksTls(url);
    const named = { code: TLS_EXPECTED, message: 'it speaks TLS, and was called without', sent: false };
    return speaks.then((isTls) => (isTls ? { ...answer, ...named } : answer));
  };
}
