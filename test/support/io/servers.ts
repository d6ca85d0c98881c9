import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { Answer } from '../../../src/core/api/response.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { createCleaner } from '../../../src/core/text/redact.ts';
import { createAgents } from '../../../src/io/http/agents.ts';
import { createTelnyxClient, type TelnyxClient } from '../../../src/io/http/client.ts';
import { createSharedConnections, type SharedConnections } from '../../../src/io/http/shared-connections.ts';
import { afterEveryTest } from '../after-test.ts';
import { makeEntry } from '../make.ts';

export const KEY = 'KEY0123456789_abcdefGHIJ';

const closing: (() => void)[] = [];

afterEveryTest(() => {
  for (const close of closing.splice(0)) close();
});

/** A listening server; `connections` counts all that were made. */
export type Listening = { url: string; connections: () => number; open: () => number };

async function listen(server: Server, scheme = 'http'): Promise<Listening> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    // The other end may have gone.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${scheme}://127.0.0.1:${port}/v2`, connections: () => connections, open: () => sockets.size };
}

/** A well-behaved HTTP server. */
export function httpServer(listener: RequestListener): Promise<Listening> {
  return listen(createServer(listener));
}

const tlsFile = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url));

/** The same over TLS, with a certificate of 127.0.0.1 and api.example.com. */
export function httpsServer(listener: RequestListener): Promise<Listening> {
  return listen(createHttpsServer({ key: tlsFile('key.pem'), cert: tlsFile('cert.pem') }, listener), 'https');
}

/** A server that handles each connection with this function. */
export function tcpServer(onConnection: (socket: Socket) => void): Promise<Listening> {
  return listen(createTcpServer(onConnection));
}

/** A server that answers the first bytes of each connection with these texts, 5 ms apart, and then `ends` it. */
export function rawServer(texts: (string | Buffer)[], ends: 'end' | 'destroy' | 'reset' | 'stay'): Promise<Listening> {
  return tcpServer((socket) => {
    socket.once('data', async () => {
      for (const text of texts) {
        socket.write(text);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      if (ends === 'end') socket.end();
      if (ends === 'destroy') socket.destroy();
      if (ends === 'reset') socket.resetAndDestroy();
    });
  });
}

/** A plan entry to send. */
export function entry(changes: Partial<PlanEntry> = {}): PlanEntry {
  return makeEntry({ profileTarget: '11111111-2222-4333-8444-555555555555', productTarget: 'A2P', ...changes });
}

type ClientOptions = { timeoutMs?: number; concurrency?: number; environment?: Record<string, string> };

/** A client of a base URL, whose connections are closed after the test. */
export function clientOf(baseUrl: string, options: ClientOptions = {}): TelnyxClient {
  const { timeoutMs = 5000, concurrency = 5, environment = {} } = options;
  const { http, https, destroy } = createAgents(baseUrl, concurrency, environment);
  closing.push(destroy);
  const clean = createCleaner(KEY);
  return createTelnyxClient({ baseUrl, key: KEY, timeoutMs, agents: { http, https }, clean, userAgent: 'test/1' });
}

/** Connections that several clients share, which trust the certificate of `httpsServer`; closed after the test. */
export function sharedConnections(baseUrl: string, environment: Record<string, string> = {}): SharedConnections {
  const connections = createSharedConnections(baseUrl, environment);
  connections.https.options.ca = tlsFile('cert.pem');
  closing.push(connections.destroy);
  return connections;
}

/** A client that sends only what may leave. */
export function fencedClient(baseUrl: string, connections: SharedConnections, mayLeave: () => boolean): TelnyxClient {
  const { inTurn } = connections;
  const clean = createCleaner(KEY);
  return createTelnyxClient({
    baseUrl,
    key: KEY,
    timeoutMs: 5000,
    agents: connections,
    clean,
    userAgent: 'test/1',
    mayLeave,
    inTurn,
  });
}

/** Sends one entry, or reads it. Returns the answer, and the events on the way in order. */
export async function sent(
  baseUrl: string,
  options: ClientOptions & { entry?: PlanEntry; by?: 'send' | 'read' } = {},
): Promise<{ answer: Answer; seen: string[] }> {
  const seen: string[] = [];
  const client = clientOf(baseUrl, options);
  const answer = await client[options.by ?? 'send'](options.entry ?? entry(), () => seen.push('left'));
  seen.push('answer');
  if (client.inFlight() !== 0) seen.push('still in flight');
  // Late events have arrived by now.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { answer, seen };
}
