import type { IncomingMessage } from 'node:http';
import { httpServer } from './servers.ts';

/** A request to a webhook. `json` is undefined if the body is none. */
export type Received = { method: string; path: string; body: string; json: { text: string; summary: unknown } };

/** The secret part of the URLs of `webhook`. */
export const TOKEN = 'T0kenOfAWebhook9';

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

/** A server that keeps what it gets. `env`: the variables that send messages and pings there. */
export async function webhook(status: (received: Received) => number = () => 200) {
  const received: Received[] = [];
  const { url } = await httpServer(async (request, response) => {
    const body = await bodyOf(request);
    const isJson = request.headers['content-type'] === 'application/json';
    const one = {
      method: request.method ?? '',
      path: request.url ?? '',
      body,
      json: isJson ? JSON.parse(body) : undefined,
    };
    received.push(one);
    response.writeHead(status(one), { location: `${url}/elsewhere` }).end();
  });
  const base = url.replace(/\/v2$/, '');
  const [notify, ping] = [`${base}/services/T0/B0/${TOKEN}`, `${base}/${TOKEN}`];
  return {
    received,
    env: { TELNYX_REASSIGN_NOTIFY: notify, TELNYX_REASSIGN_PING: ping },
    urls: { notify, ping },
    /** The pings by method and the end of their path. */
    pings: () =>
      received
        .filter(({ path }) => path.startsWith(`/${TOKEN}`))
        .map(({ method, path }) => `${method} ${path.slice(TOKEN.length + 1)}`),
    /** The lines for people, without what all of them begin with. */
    lines: () =>
      received
        .filter(({ path }) => path.startsWith('/services/'))
        .map(({ json }) => json.text.replace(/^telnyx-reassign (\S+ )?on \S+: /, '$1')),
    bodies: () =>
      received.filter(({ method, path }) => method === 'POST' && path.startsWith(`/${TOKEN}`)).map(({ body }) => body),
  };
}
