import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import type { TelnyxClient } from '../../../src/io/http/client.ts';
import { clientOf, httpServer, KEY, type Listening } from '../../support/io/servers.ts';

const PROFILE = '11111111-2222-4333-8444-555555555555';

type Seen = { method: string; path: string; query: Record<string, string>; key: string };

/** A server that keeps what it is asked, and answers with this. */
async function recording(answer: (response: ServerResponse) => void): Promise<Listening & { seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = await httpServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const query = Object.fromEntries(searchParams);
    seen.push({ method: request.method ?? '', path: pathname, query, key: request.headers.authorization ?? '' });
    answer(response);
  });
  return { ...server, seen };
}

type Ask = (client: TelnyxClient, onSent: () => void) => Promise<Answer>;
const READS: Record<'numbers' | 'profiles' | 'a profile', Ask> = {
  numbers: (client, onSent) => client.listNumbers({ page: 3 }, onSent),
  profiles: (client, onSent) => client.listProfiles(2, onSent),
  'a profile': (client, onSent) => client.readProfile(PROFILE, onSent),
};

/** What a read of this kind brings from a server that answers with this text. */
async function answerTo(kind: keyof typeof READS, text: string, status = 200) {
  const server = await recording((response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': `r-${KEY}` });
    response.end(text);
  });
  let left = 0;
  const answer = await READS[kind](clientOf(server.url), () => {
    left += 1;
  });
  if (answer.kind !== 'http') throw new Error(answer.message);
  return { answer, left, seen: server.seen };
}

const meta = { total_results: 501, total_pages: 3, page_number: 3, page_size: 250 };

describe('verifyOwnership', () => {
  it('posts the phone numbers, and brings the ids of those that the account has', async () => {
    const bodies: string[] = [];
    const server = await httpServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      bodies.push(`${request.method} ${request.url} ${body}`);
      const found = [{ id: '7', number_val_e164: '+18005550001' }];
      response.end(JSON.stringify({ data: { found, not_found: ['+18005550002'] } }));
    });
    const phoneNumbers = ['+18005550001', '+18005550002'];
    const answer = await clientOf(server.url).verifyOwnership(phoneNumbers, () => undefined);
    expect(bodies).toEqual([
      'POST /v2/phone_numbers/actions/verify_ownership {"phone_numbers":["+18005550001","+18005550002"]}',
    ]);
    expect(answer).toMatchObject({
      status: 200,
      body: { kind: 'ownership', found: [{ id: '7', phoneNumber: '+18005550001' }], notFound: ['+18005550002'] },
    });
  });
});

describe('listNumbers', () => {
  it.each([
    [{ page: 3 }, {}],
    [{ page: 1, profile: PROFILE }, { 'filter[messaging_profile_id]': PROFILE }],
    [
      { page: 1, phoneNumbers: ['+18005550001', '+18005550002'] },
      { 'filter[phone_number]': '+18005550001,+18005550002' },
    ],
  ])('asks for one page of the numbers, by phone number: %j', async (query, filters) => {
    const server = await recording((response) => response.end(JSON.stringify({ data: [], meta })));
    await clientOf(server.url).listNumbers(query, () => undefined);
    expect(server.seen).toEqual([
      {
        method: 'GET',
        path: '/v2/phone_numbers/messaging',
        query: {
          'page[number]': String(query.page),
          'page[size]': '250',
          'sort[phone_number]': 'asc',
          ...filters,
        },
        key: `Bearer ${KEY}`,
      },
    ]);
  });

  it('returns the settings of the page, without the key', async () => {
    const row = {
      id: '1293384261075731499',
      phone_number: '+18005550001',
      messaging_profile_id: PROFILE.toUpperCase(),
      messaging_product: KEY,
      eligible_messaging_products: ['A2P', KEY],
    };
    const { answer, left } = await answerTo('numbers', JSON.stringify({ data: [row], meta }));
    expect(left).toBe(1);
    expect(answer).toMatchObject({ status: 200, requestId: 'r-[key]' });
    expect(answer.body).toEqual({
      kind: 'numbers',
      page: {
        total: 501,
        pages: 3,
        rows: [
          {
            id: '1293384261075731499',
            phoneNumber: '+18005550001',
            profile: PROFILE,
            eligible: ['A2P', '[key]'],
          },
        ],
      },
    });
  });
});

describe('listProfiles', () => {
  it('asks for one page of profiles, and returns what matters of them, no secret', async () => {
    const row = { id: PROFILE, name: 'Support', enabled: true, webhook_url: null, v1_secret: 'made-up-secret' };
    const { answer, seen } = await answerTo('profiles', JSON.stringify({ data: [row], meta }));
    expect(seen).toEqual([
      {
        method: 'GET',
        path: '/v2/messaging_profiles',
        query: { 'page[number]': '2', 'page[size]': '250' },
        key: `Bearer ${KEY}`,
      },
    ]);
    expect(answer.body).toMatchObject({
      kind: 'profiles',
      page: { total: 501, pages: 3, rows: [{ id: PROFILE, name: 'Support', enabled: true, webhookUrl: null }] },
    });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });
});

describe('readProfile', () => {
  it('asks for one profile, with its id inside its place in the path', async () => {
    const row = { id: PROFILE, name: KEY, v1_secret: 'made-up-secret' };
    const { answer, seen } = await answerTo('a profile', JSON.stringify({ data: row }));
    expect(seen).toMatchObject([{ method: 'GET', path: `/v2/messaging_profiles/${PROFILE}`, query: {} }]);
    expect(answer.body).toEqual({
      kind: 'profiles',
      page: { total: 1, pages: 1, rows: [{ id: PROFILE, name: '[key]' }] },
    });
    const server = await recording((response) => response.end('{}'));
    await clientOf(server.url).readProfile('a/../?b#c', () => undefined);
    expect(server.seen[0]?.path).toBe('/v2/messaging_profiles/a%2F..%2F%3Fb%23c');
  });
});

describe.each(Object.keys(READS) as (keyof typeof READS)[])('a read of %s', (kind) => {
  it.each([
    ['an error', 422, '{"errors":[{"code":"10015","title":"Bad"}]}', { kind: 'errors' }],
    ['a list of errors with 200', 200, '{"errors":[{"code":"10015"}]}', { kind: 'errors' }],
    ['no JSON', 200, '<html>', { kind: 'unreadable' }],
    ['nothing', 200, '', { kind: 'unreadable' }],
    ['an answer of another kind', 200, '{"data":"x","meta":{}}', { kind: 'unreadable' }],
  ])('returns %s unchanged in kind', async (_what, status, text, body) => {
    const { answer } = await answerTo(kind, text, status);
    expect(answer).toMatchObject({ status, body });
  });

  it('does not follow a redirect, and times out', async () => {
    const elsewhere = await recording((response) => response.end('{}'));
    const server = await recording((response) => {
      response.writeHead(302, { location: `${elsewhere.url}/stolen` });
      response.end();
    });
    expect(await READS[kind](clientOf(server.url), () => undefined)).toMatchObject({ kind: 'http', status: 302 });
    expect(elsewhere.connections()).toBe(0);
    const silent = await recording(() => undefined);
    const answer = await READS[kind](clientOf(silent.url, { timeoutMs: 400 }), () => undefined);
    expect(answer).toMatchObject({ kind: 'network', code: 'ETIMEDOUT', sent: true });
  });

  it('is not read beyond eight megabytes', async () => {
    const { answer } = await answerTo(kind, JSON.stringify({ data: [], pad: 'x'.repeat(2 ** 23), meta }));
    expect(answer.body).toEqual({ kind: 'unreadable', why: 'a body of more than 8 MB' });
  });
});
