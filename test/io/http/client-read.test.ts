import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import {
  clientOf,
  entry,
  httpServer,
  KEY,
  type Listening,
  rawServer,
  sent,
  tcpServer,
} from '../../support/io/servers.ts';

const GOOD = '{"data":{"id":"1","organization_id":"org-1","messaging_profile_id":null,"messaging_product":"A2P"}}';
const OK = 'HTTP/1.1 200 OK\r\n';

type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string };

async function recording(answer: (response: ServerResponse) => void): Promise<Listening & { seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = await httpServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body });
    answer(response);
  });
  return { ...server, seen };
}

/** What does not depend on how long it took, and when. */
function lasting(answer: Answer): unknown {
  const { durationMs: _, ...rest } = answer;
  return 'wait' in rest ? { ...rest, wait: { ...rest.wait, date: null } } : rest;
}

describe('read', () => {
  it('is one GET with the key, and no body', async () => {
    const server = await recording((response) => response.end(GOOD));
    const { answer, seen } = await sent(server.url, { by: 'read' });
    expect(server.seen).toHaveLength(1);
    const { method, url, headers, body } = server.seen[0] as Seen;
    expect([method, url, body]).toEqual(['GET', '/v2/phone_numbers/1293384261075731499/messaging', '']);
    expect(headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      accept: 'application/json',
      'user-agent': 'test/1',
      connection: 'keep-alive',
    });
    for (const name of ['content-type', 'content-length', 'transfer-encoding'])
      expect(headers).not.toHaveProperty(name);
    expect(answer).toMatchObject({
      kind: 'http',
      status: 200,
      body: { kind: 'settings', settings: { id: '1', organizationId: 'org-1', profile: null, product: 'A2P' } },
    });
    expect(seen).toEqual(['left', 'answer']);
  });

  it('keeps an id inside its place in the path, whatever is in it', async () => {
    const server = await recording((response) => response.end(GOOD));
    await sent(server.url, { by: 'read', entry: entry({ id: 'a/../?b#c%2f é' }) });
    expect(server.seen[0]?.url).toBe('/v2/phone_numbers/a%2F..%2F%3Fb%23c%252f%20%C3%A9/messaging');
  });

  it.each([300, 301, 302, 303, 307, 308])('follows no %i, and the key goes nowhere else', async (status) => {
    const elsewhere = await recording((response) => response.end(GOOD));
    const server = await recording((response) => {
      response.writeHead(status, { location: `${elsewhere.url}/stolen` });
      response.end();
    });
    const { answer } = await sent(server.url, { by: 'read' });
    expect(answer).toMatchObject({ kind: 'http', status, body: { kind: 'unreadable' } });
    expect([server.seen.length, elsewhere.connections()]).toEqual([1, 0]);
  });

  // The HTTP library would try a GET again by itself, as it would not a PATCH.
  it.each([404, 408, 413, 429, 500, 502, 503, 504, 521, 522, 524])(
    'asks once where the answer is %i',
    async (status) => {
      const error = { code: '10005', title: 'Bad', detail: `key ${KEY}`, source: { pointer: '/id' } };
      const server = await recording((response) => {
        response.writeHead(status, { 'retry-after': '0', 'x-request-id': 'r-1' });
        response.end(JSON.stringify({ errors: [error] }));
      });
      const { answer } = await sent(server.url, { by: 'read' });
      expect(answer).toMatchObject({
        status,
        body: { kind: 'errors', errors: [{ code: '10005', title: 'Bad', detail: 'key [key]', pointer: '/id' }] },
        wait: { retryAfter: '0' },
        requestId: 'r-1',
      });
      expect(server.seen).toHaveLength(1);
    },
  );

  it('keeps no answer for the next one', async () => {
    let asked = 0;
    const server = await recording((response) => {
      asked += 1;
      response.writeHead(200, { 'cache-control': 'max-age=600', etag: '"1"' });
      response.end(GOOD.replace('A2P', `P${asked}`));
    });
    const client = clientOf(server.url);
    const products: unknown[] = [];
    for (let times = 0; times < 2; times++) {
      const answer = await client.read(entry(), () => undefined);
      if (answer.kind === 'http' && answer.body.kind === 'settings') products.push(answer.body.settings.product);
    }
    expect(products).toEqual(['P1', 'P2']);
    expect(server.seen[1]?.headers).not.toHaveProperty('if-none-match');
    expect(server.connections()).toBe(1);
  });
});

describe('read maps as send does', () => {
  const raw = (texts: string[], ends: Parameters<typeof rawServer>[1]) => () => rawServer(texts, ends);
  const whole = (status: string, body: string) =>
    raw([`HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`], 'end');

  it.each<[string, () => Promise<{ url: string }>, object]>([
    ['a good answer', whole('200 OK', GOOD), { status: 200, body: { kind: 'settings' } }],
    ['HTML', whole('502 Bad Gateway', '<html>'), { status: 502, body: { kind: 'unreadable' } }],
    ['an empty body', whole('200 OK', ''), { status: 200, body: { kind: 'unreadable' } }],
    ['cut JSON', whole('200 OK', '{"data":{'), { status: 200, body: { kind: 'unreadable' } }],
    ['304', raw(['HTTP/1.1 304 X\r\n\r\n'], 'end'), { status: 304, body: { kind: 'unreadable' } }],
    [
      'a length that is not reached',
      raw([`${OK}content-length: 9\r\n\r\n{`], 'end'),
      { code: 'ECONNRESET', sent: true },
    ],
    ['an end before the head', raw([], 'end'), { code: 'ECONNRESET', sent: true }],
    ['a reset', raw([], 'reset'), { code: 'ECONNRESET', sent: true }],
    ['a reset in the body', raw([`${OK}content-length: 9\r\n\r\n`], 'reset'), { code: 'ECONNRESET', sent: true }],
    ['no HTTP', raw(['SSH-2.0-OpenSSH_9.6\r\n'], 'stay'), { code: 'HPE_INVALID_CONSTANT', sent: true }],
    [
      'another protocol',
      raw(['HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'], 'stay'),
      { code: 'ERR_UPGRADE' },
    ],
    [
      'silence',
      () => tcpServer(() => undefined),
      { code: 'ETIMEDOUT', message: 'no complete answer in time', sent: true },
    ],
    ['a body that stops', raw([`${OK}content-length: 9\r\n\r\n{`], 'stay'), { code: 'ETIMEDOUT', sent: true }],
    ['a closed port', async () => ({ url: 'http://127.0.0.1:1/v2' }), { code: 'ECONNREFUSED', sent: false }],
    [
      'a body without end',
      raw([`${OK}\r\n${'x'.repeat(1024 * 1024 + 1)}`], 'stay'),
      { status: 200, body: { kind: 'unreadable' } },
    ],
  ])('%s', async (_, start, expected) => {
    // Short only if it is waited for: a busy machine takes longer for the others.
    const how = { timeoutMs: 'code' in expected && expected.code === 'ETIMEDOUT' ? 400 : 10_000 };
    const read = await sent((await start()).url, { ...how, by: 'read' });
    const written = await sent((await start()).url, how);
    expect(read.answer).toMatchObject(expected);
    expect(lasting(read.answer)).toEqual(lasting(written.answer));
    expect(read.seen).toEqual(written.seen);
  });

  it('is broken off with the others that are under way, and counted with them', async () => {
    const server = await tcpServer(() => undefined);
    const client = clientOf(server.url);
    const answers = [client.read(entry(), () => undefined), client.send(entry(), () => undefined)];
    expect(client.inFlight()).toBe(2);
    client.abort();
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatchObject({ kind: 'network', code: 'ERR_ABORTED', message: 'broken off' });
    }
    expect(client.inFlight()).toBe(0);
  });

  it('shares the connections with the writes, and keeps to their number', async () => {
    const server = await recording((response) => response.end(GOOD));
    const client = clientOf(server.url, { concurrency: 2 });
    const both = Array.from({ length: 10 }, () => [
      client.read(entry(), () => undefined),
      client.send(entry(), () => undefined),
    ]).flat();
    for (const answer of await Promise.all(both)) expect(answer).toMatchObject({ status: 200 });
    expect(server.connections()).toBe(2);
  });
});
