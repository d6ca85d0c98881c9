import { createServer as createProxy, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import {
  entry,
  fencedClient,
  httpServer,
  httpsServer,
  type Listening,
  sharedConnections,
  tcpServer,
} from '../../support/io/servers.ts';

const GOOD = '{"data":{"id":"1","messaging_profile_id":null,"messaging_product":"A2P"}}';

const textOf = (answer: Answer) => (answer.kind === 'http' ? String(answer.status) : `${answer.code} ${answer.sent}`);

/** A server that counts requests by their method; each is answered after `waitMs`. */
async function counting(open: typeof httpServer, waitMs = 0) {
  const seen: string[] = [];
  const server = await open((request, response) => {
    seen.push(request.method ?? '');
    request.resume().on('end', () => setTimeout(() => response.end(GOOD), waitMs));
  });
  return { ...server, seen };
}

/** An HTTP proxy that connects to a server, whatever host was asked for, after `waitMs`. */
async function proxyTo(target: Listening, waitMs: number) {
  const proxy = createProxy();
  proxy.on('connect', (_request, socket: Socket) => {
    setTimeout(() => {
      const through = connect(Number(new URL(target.url).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        through.pipe(socket).pipe(through);
      });
      for (const end of [through, socket]) end.on('error', () => socket.destroy());
    }, waitMs);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const close = () => {
    proxy.close();
    proxy.closeAllConnections();
  };
  return { environment: { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }, close };
}

/** A client and what it was answered, in short. `set` decides whether a request may leave. */
function client(server: Listening, connections = sharedConnections(server.url)) {
  let may = true;
  const calls: string[] = [];
  const fenced = fencedClient(server.url, connections, () => {
    calls.push('asked');
    return may;
  });
  const send = async (by: 'send' | 'read' = 'send') =>
    textOf(await fenced[by](entry(), () => calls.push('left'))).concat(` ${calls.splice(0).join(' ')}`);
  const set = (value: boolean) => {
    may = value;
  };
  return { ...fenced, sendOne: send, set };
}

describe.each([
  ['http', httpServer],
  ['https', httpsServer],
] as const)('a fenced request over %s', (_scheme, open) => {
  it('is written in one piece, on fresh and on kept connections, and asks once', async () => {
    const server = await counting(open);
    const { sendOne } = client(server);
    for (const by of ['send', 'send', 'read', 'send'] as const) expect(await sendOne(by)).toBe('200 asked left');
    expect(server.seen).toEqual(['PATCH', 'PATCH', 'GET', 'PATCH']);
    expect(server.connections()).toBe(1);
  });

  it('does not leave when it may not, on fresh and on kept connections', async () => {
    const server = await counting(open);
    const { sendOne, set, inFlight } = client(server);
    set(false);
    expect(await sendOne()).toBe('ERR_LEASE false asked');
    set(true);
    expect(await sendOne()).toBe('200 asked left');
    set(false);
    expect(await sendOne()).toBe('ERR_LEASE false asked');
    expect(await sendOne('read')).toBe('ERR_LEASE false asked');
    set(true);
    expect(await sendOne('read')).toBe('200 asked left');
    expect(server.seen).toEqual(['PATCH', 'GET']);
    expect(inFlight()).toBe(0);
  });
});

it('is refused if the lease has become short while TLS was negotiated, behind a proxy too', async () => {
  const server = await counting(httpsServer);
  const proxy = await proxyTo(server, 50);
  const url = 'https://api.example.com/v2';
  const connections = sharedConnections(url, proxy.environment);
  const fenced = client({ ...server, url }, connections);
  setTimeout(() => fenced.set(false), 10);
  expect(await fenced.sendOne()).toBe('ERR_LEASE false asked');
  fenced.set(true);
  expect(await fenced.sendOne()).toBe('200 asked left');
  expect(await fenced.sendOne()).toBe('200 asked left');
  expect(server.seen).toEqual(['PATCH', 'PATCH']);
  proxy.close();
});

it('does not wait in the kernel until the handshake is acknowledged', async () => {
  const setNoDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
  const server = await counting(httpsServer);
  expect(await client(server).sendOne()).toBe('200 asked left');
  const sockets = setNoDelay.mock.contexts as (Socket & { encrypted?: boolean })[];
  setNoDelay.mockRestore();
  expect(
    sockets.some(({ encrypted, remotePort }) => encrypted === true && server.url.includes(`:${remotePort}/`)),
  ).toBe(true);
});

it('names a failure to connect as without a fence', async () => {
  const server = await tcpServer((socket) => socket.destroy());
  const refused = { ...server, url: 'http://127.0.0.1:1/v2' };
  expect(await client(refused).sendOne()).toBe('ECONNREFUSED false ');
  const cut = { ...server, url: server.url.replace('http:', 'https:') };
  expect(await client(cut).sendOne()).toBe('ECONNRESET false ');
  const plain = await counting(httpServer);
  const wrong = { ...plain, url: plain.url.replace('http:', 'https:') };
  expect(await client(wrong).sendOne()).toMatch(/^(EPROTO|ERR_SSL_\w+) false $/);
  const untrusted = await counting(httpsServer);
  const connections = sharedConnections(untrusted.url);
  delete connections.https.options.ca;
  expect(await client(untrusted, connections).sendOne()).toBe('DEPTH_ZERO_SELF_SIGNED_CERT false ');
});

it('times out while a server completes no handshake, and leaves no connection behind', async () => {
  const server = await tcpServer((socket) => void socket.resume());
  const url = server.url.replace('http:', 'https:');
  const connections = sharedConnections(url);
  const fenced = client({ ...server, url }, connections);
  const ended = fenced.sendOne();
  await expect.poll(server.open).toBe(1);
  fenced.abort();
  expect(await ended).toBe('ERR_ABORTED false ');
  connections.destroy();
  await expect.poll(server.open).toBe(0);
});

describe('shared connections', () => {
  it('are no more than 256, and all requests of all clients get one in turn', async () => {
    const server = await counting(httpServer, 20);
    const connections = sharedConnections(server.url);
    const clients = [1, 2, 3].map(() => client(server, connections));
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, server.open());
    }, 1);
    const answers = Promise.all(
      clients.flatMap(({ send }) => Array.from({ length: 200 }, () => send(entry(), () => {}))),
    );
    expect(clients.map(({ inFlight }) => inFlight())).toEqual([200, 200, 200]);
    await connections.untilRoom();
    expect((await answers).map(textOf)).toEqual(Array(600).fill('200'));
    clearInterval(watch);
    expect(most).toBeLessThanOrEqual(256);
    expect(server.connections()).toBeLessThanOrEqual(256);
  });

  it('let one client abort its requests, those that wait too, and go on for the others', async () => {
    const server = await counting(httpServer, 100);
    const connections = sharedConnections(server.url);
    const [one, other] = [client(server, connections), client(server, connections)];
    const cut = Promise.all(Array.from({ length: 300 }, () => one.send(entry(), () => {})));
    const kept = Promise.all(Array.from({ length: 20 }, () => other.read(entry(), () => {})));
    await expect.poll(() => server.seen.length).toBeGreaterThan(0);
    one.abort();
    expect(one.inFlight()).toBe(0);
    const codes = (await cut).map(textOf);
    expect(new Set(codes.slice(256))).toEqual(new Set(['ERR_ABORTED false']));
    expect((await kept).map(textOf)).toEqual(Array(20).fill('200'));
    expect(server.seen.filter((method) => method === 'PATCH').length).toBeLessThanOrEqual(256);
  });

  it('write nothing for a request that has no rule', async () => {
    const server = await counting(httpServer);
    const connections = sharedConnections(server.url);
    const failed = new Promise((resolve) => {
      const request = httpRequest(`${server.url}/x`, { agent: connections.http });
      request.on('error', resolve).end();
    });
    expect(await failed).toMatchObject({ code: 'ERR_LEASE' });
    expect(server.seen).toEqual([]);
  });
});
