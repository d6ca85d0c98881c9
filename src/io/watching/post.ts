import type { IncomingMessage } from 'node:http';
import { got } from 'got';
import { createAgents } from '../http/agents.ts';
import { networkErrorText } from '../http/network-errors.ts';

/** A message to a webhook or a monitor. Without a body it is a GET. */
export type Message = { url: string; body?: { type: string; text: string } };

/** What became of it. `again`: another try may help. `why` never shows the URL. */
export type Posted = { ok: true } | { ok: false; again: boolean; why: string };

/** Answers after which another try may help. */
const isPassing = (status: number) => status === 408 || status === 429 || status >= 500;

function postedOf(status: number): Posted {
  if (status >= 200 && status < 300) return { ok: true };
  const note = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  return { ok: false, again: isPassing(status), why: `it answered HTTP ${status}${note}` };
}

/**
 * Sends messages to the host of one URL, without retries and redirects. Only the status of an answer is read. Nothing
 * throws: the URL is a secret, and errors of the HTTP library quote it.
 */
export function createPost(url: string, userAgent: string, environment: Record<string, string | undefined>) {
  let agents: ReturnType<typeof createAgents> | null = null;
  const client = got.extend({
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    headers: { 'user-agent': userAgent },
  });

  function open(message: Message) {
    agents ??= createAgents(url, 2, environment);
    const agent = { http: agents.http, https: agents.https };
    if (message.body === undefined) return client.stream.get(message.url, { agent });
    const { type, text } = message.body;
    return client.stream.post(message.url, { agent, body: text, headers: { 'content-type': type } });
  }

  return {
    /** `signal` ends a try that takes too long, and `why` says so. */
    post(message: Message, signal: AbortSignal): Promise<Posted> {
      return new Promise((resolve) => {
        let stream: ReturnType<typeof open>;
        try {
          stream = open(message);
        } catch (error) {
          // The proxy that the environment names is no URL. The text does not quote it.
          resolve({ ok: false, again: false, why: error instanceof Error ? error.message : 'it cannot be reached' });
          return;
        }
        const end = (posted: Posted) => {
          signal.removeEventListener('abort', onAbort);
          resolve(posted);
          stream.destroy();
        };
        const onAbort = () => end({ ok: false, again: true, why: 'no answer in time' });
        signal.addEventListener('abort', onAbort);
        stream.on('response', (response: IncomingMessage) => end(postedOf(response.statusCode ?? 0)));
        stream.on('error', (error: Error) => end({ ok: false, again: true, why: networkErrorText(error) }));
        stream.once('close', onAbort);
        if (signal.aborted) onAbort();
      });
    },
    close: () => agents?.destroy(),
  };
}
