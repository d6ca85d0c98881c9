import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../src/core/api/response.ts';
import { UNASSIGN } from '../../../src/core/input/target.ts';
import { clientOf, entry, httpServer, KEY, rawServer, sent } from '../../support/io/servers.ts';

type Seen = { method?: string; url?: string; headers: IncomingMessage['headers']; body: string };

/** A server that records requests and answers with this. */
async function recording(answer: (response: ServerResponse) => void) {
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

/** The HTTP answer to one request. Throws if there was none. */
async function httpAnswer(url: string): Promise<HttpAnswer> {
  const { answer } = await sent(url);
  if (answer.kind !== 'http') throw new Error(answer.message);
  return answer;
}

const GOOD = '{"data":{"id":"1","messaging_profile_id":null,"messaging_product":"A2P"}}';

describe('the request', () => {
  it('is one PATCH with the key, JSON and nothing else that matters', async () => {
    const server = await recording((response) => response.end(GOOD));
    await sent(server.url);
    expect(server.seen).toHaveLength(1);
    const { method, url, headers, body } = server.seen[0] as Seen;
    expect([method, url]).toEqual(['PATCH', '/v2/phone_numbers/1293384261075731499/messaging']);
    expect(JSON.parse(body)).toEqual({
      messaging_profile_id: '11111111-2222-4333-8444-555555555555',
      messaging_product: 'A2P',
    });
    expect(headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json',
      'content-length': String(body.length),
      accept: 'application/json',
      'user-agent': 'test/1',
      connection: 'keep-alive',
    });
  });

  it.each([
    [{ profileTarget: UNASSIGN, productTarget: '' }, '{"messaging_profile_id":""}'],
    [{ profileTarget: '', productTarget: 'P2P' }, '{"messaging_product":"P2P"}'],
    [{ profileTarget: UNASSIGN, productTarget: 'A2P' }, '{"messaging_profile_id":"","messaging_product":"A2P"}'],
  ])('leaves out kept fields, and sends "" only for UNASSIGN: %j', async (targets, body) => {
    const server = await recording((response) => response.end(GOOD));
    await sent(server.url, { entry: entry(targets) });
    expect(server.seen[0]?.body).toBe(body);
  });

  it('keeps an id inside its place in the path, whatever is in it', async () => {
    const server = await recording((response) => response.end(GOOD));
    await sent(server.url, { entry: entry({ id: 'a/../?b#c%2f é' }) });
    expect(server.seen[0]?.url).toBe('/v2/phone_numbers/a%2F..%2F%3Fb%23c%252f%20%C3%A9/messaging');
  });

  it('goes below a base URL without a path too', async () => {
    const server = await recording((response) => response.end(GOOD));
    await sent(server.url.replace('/v2', ''));
    expect(server.seen[0]?.url).toBe('/phone_numbers/1293384261075731499/messaging');
  });
});

describe('an answer', () => {
  it('of 200 shows the settings, and how long it took', async () => {
    const server = await recording((response) => {
      response.setHeader('content-type', 'application/json; charset=utf-8');
      response.end(GOOD);
    });
    const { answer, seen } = await sent(server.url);
    expect(answer).toEqual({
      kind: 'http',
      status: 200,
      body: { kind: 'settings', settings: { id: '1', profile: null, product: 'A2P' } },
      wait: {
        retryAfter: null,
        rateLimit: null,
        rateLimitReset: null,
        rateLimitRemaining: null,
        date: expect.any(String),
      },
      requestId: '',
      durationMs: expect.any(Number),
    });
    expect(answer.durationMs).toBeGreaterThan(0);
    expect(seen).toEqual(['left', 'answer']);
  });

  it('in pieces that break a character apart is put together', async () => {
    const bytes = Buffer.from('{"errors":[{"code":"1","title":"Zoë 日本","detail":""}]}');
    const cut = bytes.indexOf(0xc3) + 1;
    const head = `HTTP/1.1 422 X\r\ncontent-length: ${bytes.length}\r\n\r\n`;
    const server = await rawServer([head, bytes.subarray(0, cut), bytes.subarray(cut)], 'end');
    expect((await httpAnswer(server.url)).body).toMatchObject({ errors: [{ title: 'Zoë 日本' }] });
  });

  it.each([400, 401, 403, 404, 408, 422, 429, 500, 503])(
    'of %i gives code, title, detail and pointer',
    async (status) => {
      const error = {
        code: '10015',
        title: 'Bad',
        detail: 'No such profile',
        source: { pointer: '/messaging_profile_id' },
      };
      const server = await recording((response) => {
        response.statusCode = status;
        response.end(JSON.stringify({ errors: [error] }));
      });
      expect(await httpAnswer(server.url)).toMatchObject({
        status,
        body: {
          kind: 'errors',
          errors: [{ code: '10015', title: 'Bad', detail: 'No such profile', pointer: '/messaging_profile_id' }],
        },
      });
      expect(server.seen).toHaveLength(1);
    },
  );

  it.each([
    ['HTML', 502, '<html><body>Bad Gateway</body></html>'],
    ['nothing', 200, ''],
    ['nothing', 204, ''],
    ['truncated JSON', 200, '{"data":{"messaging_profile_id":'],
    ['JSON of another shape', 200, '[1]'],
    ['bytes that are no text', 200, Buffer.from([0xff, 0xfe, 0x00])],
  ])('of %s (%i) is unreadable', async (_, status, body) => {
    const server = await recording((response) => {
      response.statusCode = status;
      response.end(body);
    });
    expect(await httpAnswer(server.url)).toMatchObject({ kind: 'http', status, body: { kind: 'unreadable' } });
  });

  it.each([300, 301, 302, 303, 304, 307, 308])(
    'of %i is not followed, and the key goes nowhere else',
    async (status) => {
      const elsewhere = await recording((response) => response.end(GOOD));
      const server = await recording((response) => {
        response.writeHead(status, { location: `${elsewhere.url}/stolen` });
        response.end();
      });
      expect(await httpAnswer(server.url)).toMatchObject({ status, body: { kind: 'unreadable' } });
      expect(server.seen).toHaveLength(1);
      expect(elsewhere.connections()).toBe(0);
    },
  );

  it('passes on what is said about waiting, as it was written', async () => {
    const server = await recording((response) => {
      response.writeHead(429, {
        'Retry-After': 'Mon, 23 Nov 2026 02:00:05 GMT',
        'X-RateLimit-Limit': '100',
        'X-RateLimit-Reset': '1795399205',
        'X-RateLimit-Remaining': '0',
        Date: 'Mon, 23 Nov 2026 02:00:00 GMT',
      });
      response.end();
    });
    expect((await httpAnswer(server.url)).wait).toEqual({
      retryAfter: 'Mon, 23 Nov 2026 02:00:05 GMT',
      rateLimit: '100',
      rateLimitReset: '1795399205',
      rateLimitRemaining: '0',
      date: 'Mon, 23 Nov 2026 02:00:00 GMT',
    });
  });

  it('with headers given twice is read all the same', async () => {
    const twice = (name: string, a: string, b: string) => `${name}: ${a}\r\n${name}: ${b}\r\n`;
    const headers = twice('retry-after', '1', '60') + twice('x-request-id', 'a', 'b') + twice('set-cookie', 'c', 'd');
    const server = await rawServer([`HTTP/1.1 429 X\r\n${headers}content-length: 0\r\n\r\n`], 'stay');
    expect(await httpAnswer(server.url)).toMatchObject({ status: 429, wait: { retryAfter: '1' }, requestId: 'a, b' });
  });

  it.each([
    [{ 'x-request-id': 'one', 'x-telnyx-request-id': 'two' }, 'one'],
    [{ 'x-telnyx-request-id': 'two' }, 'two'],
    [{}, ''],
  ])('is named by its request id: %j', async (headers, id) => {
    const server = await recording((response) => {
      response.writeHead(200, headers);
      response.end(GOOD);
    });
    expect((await httpAnswer(server.url)).requestId).toBe(id);
  });
});

describe('what a server says', () => {
  it('never brings the key back, in whatever case, nor control characters', async () => {
    const nasty = `\u001b[2J Bearer ${KEY} ${KEY.toLowerCase()} ${encodeURIComponent(KEY)}\r\n\u202e`;
    const error = { code: nasty, title: nasty, detail: nasty, source: { pointer: nasty } };
    const server = await recording((response) => {
      response.writeHead(422, `Bad ${KEY}`, { 'x-request-id': `id-${KEY}-\u0085` });
      response.end(JSON.stringify({ errors: [error] }));
    });
    const answer = await httpAnswer(server.url);
    expect(JSON.stringify(answer).toLowerCase()).not.toContain(KEY.toLowerCase());
    expect(answer.requestId).toBe('id-[key]-\\x85');
    const clean = '\\x1b[2J Bearer [key] [key] [key]\\x0d\\x0a\\u202e';
    expect(answer.body).toEqual({
      kind: 'errors',
      errors: [{ code: clean, title: clean, detail: clean, pointer: clean }],
    });
  });

  it('in a good answer is cleaned too', async () => {
    const data = {
      id: KEY,
      phone_number: `+1\u0007${KEY}`,
      messaging_profile_id: KEY,
      messaging_product: `${KEY}\u001b`,
    };
    const server = await recording((response) => response.end(JSON.stringify({ data })));
    expect((await httpAnswer(server.url)).body).toEqual({
      kind: 'settings',
      settings: { id: '[key]', phoneNumber: '+1\\x07[key]' },
    });
  });
});

describe('connections', () => {
  it('are kept, and never more than there may be requests in flight', async () => {
    const server = await recording((response) => setTimeout(() => response.end(GOOD), 1));
    const client = clientOf(server.url, { concurrency: 5 });
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    let left = 0;
    let most = 0;
    const lane = async () => {
      for (let n = 0; n < 40; n++) {
        const answer = await client.send(entry(), () => {
          left += 1;
        });
        expect(answer).toMatchObject({ status: 200 });
        most = Math.max(most, client.inFlight());
      }
    };
    await Promise.all([lane(), lane(), lane(), lane(), lane()]);
    process.off('warning', listen);
    expect([server.seen.length, left]).toEqual([200, 200]);
    expect(server.connections()).toBe(5);
    expect(most).toBeLessThanOrEqual(5);
    expect(client.inFlight()).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('are limited even if more requests are waiting', async () => {
    const server = await recording((response) => response.end(GOOD));
    const client = clientOf(server.url, { concurrency: 2 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.send(entry(), () => undefined)));
    expect(answers.every((answer) => answer.kind === 'http')).toBe(true);
    expect(server.connections()).toBe(2);
  });

  it('are opened again for a server that closes each of them', async () => {
    const server = await rawServer([`HTTP/1.0 200 OK\r\n\r\n${GOOD}`], 'end');
    const client = clientOf(server.url, { concurrency: 1 });
    for (let n = 0; n < 5; n++) {
      expect(await client.send(entry(), () => undefined)).toMatchObject({ status: 200, body: { kind: 'settings' } });
    }
    expect(server.connections()).toBe(5);
  });
});
