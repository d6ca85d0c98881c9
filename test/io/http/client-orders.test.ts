import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ORDER_PATHS } from '../../../src/core/api/parse-order.ts';
import { clientOf, httpServer, KEY } from '../../support/io/servers.ts';

const PROFILE = '11111111-2222-4333-8444-555555555555';
const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const PHONES = ['+18005550001', '+18005550002'];
const LISTS = { success: [PHONES[0]], pending: [PHONES[1]], failed: [] };

type Seen = { request: string; body: string; key: string | undefined; type: string | undefined };

/** A server that keeps what it is sent, and answers with this. */
async function recording(answer: (response: ServerResponse) => void) {
  const seen: Seen[] = [];
  const server = await httpServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { authorization: key, 'content-type': type } = request.headers;
    seen.push({ request: `${request.method} ${request.url}`, body, key, type });
    answer(response);
  });
  return { seen, client: clientOf(server.url, { timeoutMs: 400 }) };
}

const showOrder = (response: ServerResponse) => response.end(JSON.stringify({ data: { order_id: ID, ...LISTS } }));

describe.each(ORDER_PATHS)('an order at %s', (path) => {
  it('is placed with one POST that assigns only', async () => {
    const { seen, client } = await recording(showOrder);
    let left = 0;
    const answer = await client.placeOrder({ path, profile: PROFILE, phoneNumbers: PHONES }, () => {
      left += 1;
    });
    expect(seen).toEqual([
      {
        request: `POST /v2/${path}`,
        body: JSON.stringify({ messaging_profile_id: PROFILE, numbers: PHONES, assign_only: true }),
        key: `Bearer ${KEY}`,
        type: 'application/json',
      },
    ]);
    expect(left).toBe(1);
    expect(answer).toMatchObject({
      status: 200,
      body: { kind: 'order', order: { id: ID, ...LISTS, isComplete: true } },
    });
  });

  it('is read with one GET', async () => {
    const { seen, client } = await recording(showOrder);
    const answer = await client.readOrder({ path, id: ID }, () => undefined);
    expect(seen).toEqual([{ request: `GET /v2/${path}/${ID}`, body: '', key: `Bearer ${KEY}`, type: undefined }]);
    expect(answer).toMatchObject({ status: 200, body: { kind: 'order', order: { id: ID } } });
  });
});

describe('an order', () => {
  const [path] = ORDER_PATHS;
  const order = { path, profile: PROFILE, phoneNumbers: PHONES };

  it.each(['..', '../../phone_numbers/1', 'a?b', 'a#b', 'a%2fb', ''])(
    'is not read by an id that could change the URL: %j',
    async (id) => {
      const { seen, client } = await recording(showOrder);
      await expect(client.readOrder({ path, id }, () => undefined)).rejects.toThrow('cannot be the id of an order');
      expect(seen).toEqual([]);
    },
  );

  it.each([
    [404, '{"errors":[{"code":"10005","title":"Not found"}]}', 'errors'],
    [413, '<html>', 'unreadable'],
    [200, '{"data":{"order_id":', 'unreadable'],
    [200, '', 'unreadable'],
    [502, '', 'unreadable'],
  ])('is answered with %i %j without being sent again', async (status, text, kind) => {
    const { seen, client } = await recording((response) => {
      response.writeHead(status, { 'retry-after': '0' });
      response.end(text);
    });
    expect(await client.placeOrder(order, () => undefined)).toMatchObject({ kind: 'http', status, body: { kind } });
    expect(seen).toHaveLength(1);
  });

  it('follows no redirect, and has no answer from a server that is silent', async () => {
    const elsewhere = await recording(showOrder);
    const { client } = await recording((response) => {
      response.writeHead(307, { location: '/v2/elsewhere' });
      response.end();
    });
    expect(await client.placeOrder(order, () => undefined)).toMatchObject({ kind: 'http', status: 307 });
    expect(elsewhere.seen).toEqual([]);
    const silent = await recording(() => undefined);
    expect(await silent.client.placeOrder(order, () => undefined)).toMatchObject({ code: 'ETIMEDOUT', sent: true });
    expect(silent.seen).toHaveLength(1);
  });

  it('of a thousand numbers is read whole', async () => {
    const success = Array.from({ length: 1000 }, (_, at) => `+1800555${String(at).padStart(4, '0')}`);
    const { client } = await recording((response) => {
      response.end(JSON.stringify({ data: { order_id: ID, success, pending: [], failed: [] } }));
    });
    const answer = await client.placeOrder({ ...order, phoneNumbers: success }, () => undefined);
    expect(answer).toMatchObject({ body: { order: { success, isComplete: true } } });
  });
});

describe('a list of numbers', () => {
  it('shows every field if it is wanted whole, with the same request', async () => {
    const row = { id: '7', phone_number: PHONES[0], updated_at: '2026-01-01T00:00:00Z', colour: 'red' };
    const { seen, client } = await recording((response) => {
      response.end(JSON.stringify({ data: [row], meta: { total_results: 1, total_pages: 1 } }));
    });
    const plain = await client.listNumbers({ page: 1 }, () => undefined);
    const whole = await client.listNumbers({ page: 1, whole: true }, () => undefined);
    expect(seen[0]).toEqual(seen[1]);
    expect(plain).toMatchObject({ body: { page: { rows: [{ id: '7', phoneNumber: PHONES[0] }] } } });
    expect(JSON.stringify(plain)).not.toContain('red');
    expect(whole).toMatchObject({
      body: { page: { rows: [{ id: '7', updatedAt: row.updated_at, others: { colour: '"red"' } }] } },
    });
  });
});
