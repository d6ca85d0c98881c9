import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAccount } from '../../../src/sandbox/account/account.ts';
import { makeState } from '../../../src/sandbox/account/generate.ts';
import { listNumbers } from '../../../src/sandbox/account/list.ts';
import { call, code, id, type Json, patch, profile, sandbox } from '../../support/sandbox/client.ts';

const phones = (answer: Json): string[] => answer.json.data.map((number: Json) => number.phone_number);
const made = (...ns: number[]) => ns.map((n) => `+1800${String(n).padStart(7, '0')}`);

describe('paging', () => {
  it('has 20 rows a page by default', async () => {
    const to = await sandbox({ numbers: 45 });
    const first = await call(to, '/phone_numbers/messaging');
    expect(first.json.meta).toEqual({ total_pages: 3, total_results: 45, page_size: 20, page_number: 1 });
    expect(phones(first)).toEqual(made(...Array.from({ length: 20 }, (_, index) => index + 1)));
    const last = await call(to, '/phone_numbers/messaging?page[number]=3');
    expect(phones(last)).toEqual(made(41, 42, 43, 44, 45));
    const beyond = await call(to, '/phone_numbers/messaging?page[number]=4');
    expect([beyond.status, beyond.json.data, beyond.json.meta.total_results]).toEqual([200, [], 45]);
  });

  it('accepts plain and percent-encoded keys', async () => {
    const to = await sandbox();
    for (const query of ['page[size]=3&page[number]=2', 'page%5Bsize%5D=3&page%5Bnumber%5D=2']) {
      expect(phones(await call(to, `/phone_numbers/messaging?${query}`))).toEqual(made(4, 5, 6));
    }
  });

  it.each(['0', '251', '-1', 'x', '', '1.5', '1e2'])('refuses page[size]=%s', async (size) => {
    const to = await sandbox();
    for (const path of [
      '/phone_numbers/messaging',
      '/messaging_profiles',
      `/messaging_profiles/${profile(1)}/phone_numbers`,
    ]) {
      const answer = await call(to, `${path}?page[size]=${size}`);
      expect([answer.status, answer.json.errors[0].source]).toEqual([400, { parameter: 'page[size]' }]);
    }
  });

  it('accepts 250 rows a page, and refuses page 0', async () => {
    const to = await sandbox({ numbers: 300 });
    expect((await call(to, '/phone_numbers/messaging?page[size]=250')).json.data).toHaveLength(250);
    const answer = await call(to, '/phone_numbers/messaging?page[number]=0');
    expect([answer.status, answer.json.errors[0].source]).toEqual([400, { parameter: 'page[number]' }]);
  });
});

describe('the list of numbers', () => {
  it('sorts by phone number in both directions', async () => {
    const to = await sandbox({
      numbers: ['+13', '+11', '+12'].map((phone_number, index) => ({ id: `n${index}`, phone_number })),
    });
    expect(phones(await call(to, '/phone_numbers/messaging'))).toEqual(['+11', '+12', '+13']);
    expect(phones(await call(to, '/phone_numbers/messaging?sort[phone_number]=asc'))).toEqual(['+11', '+12', '+13']);
    const descending = '/phone_numbers/messaging?sort[phone_number]=desc&page[size]=2';
    expect(phones(await call(to, descending))).toEqual(['+13', '+12']);
    expect(phones(await call(to, `${descending}&page[number]=2`))).toEqual(['+11']);
  });

  it('finds one or more exact phone numbers', async () => {
    const to = await sandbox();
    const find = (list: string) =>
      call(to, `/phone_numbers/messaging?filter[phone_number]=${encodeURIComponent(list)}`);
    expect(phones(await find('+18000000004'))).toEqual(made(4));
    expect(phones(await find('+18000000007,+18000000002,+18000000007,+19'))).toEqual(made(2, 7));
    expect(phones(await find('+1800000000'))).toEqual([]);
    expect(phones(await find(''))).toEqual([]);
    expect(phones(await call(to, '/phone_numbers/messaging?filter[phone_number]=+18000000004'))).toEqual([]);
  });

  it.each(['asc', 'desc'])('finds 250 exact phone numbers in one request, sorted %s', async (direction) => {
    const to = await sandbox({ numbers: 600 });
    const wanted = Array.from({ length: 250 }, (_, index) => 2 * index + 1);
    const list = encodeURIComponent(made(...[...wanted].reverse()).join(','));
    const query = `filter[phone_number]=${list}&page[size]=250&sort[phone_number]=${direction}`;
    expect(query.length).toBeGreaterThan(4000);
    const answer = await call(to, `/phone_numbers/messaging?${query}`);
    expect(answer.json.meta).toEqual({ total_pages: 1, total_results: 250, page_size: 250, page_number: 1 });
    expect(phones(answer)).toEqual(made(...(direction === 'asc' ? wanted : wanted.reverse())));
  });

  it('finds both numbers that share a phone number', async () => {
    const to = await sandbox({ numbers: ['b', 'a', 'c'].map((id) => ({ id, phone_number: '+12125550100' })) });
    const answer = await call(to, '/phone_numbers/messaging?filter[phone_number]=%2B12125550100');
    expect(answer.json.data.map((number: Json) => number.id)).toEqual(['a', 'b', 'c']);
  });

  it('filters by digits, type and profile, and by all of them', async () => {
    const to = await sandbox({
      numbers: [
        { id: 'a', phone_number: '+12125550100', messaging_profile_id: profile(1) },
        { id: 'b', phone_number: '+18005550100', messaging_profile_id: profile(1) },
        { id: 'c', phone_number: '+18005550199' },
      ],
    });
    const ids = async (query: string) =>
      (await call(to, `/phone_numbers/messaging?${query}`)).json.data.map((number: Json) => number.id);
    expect(await ids('filter[phone_number][contains]=50100')).toEqual(['a', 'b']);
    expect(await ids('filter[type]=tollfree')).toEqual(['b', 'c']);
    expect(await ids('filter[type]=longcode')).toEqual(['a']);
    expect(await ids('filter[type]=shortcode')).toEqual([]);
    expect(await ids(`filter[messaging_profile_id]=${profile(1).toUpperCase()}`)).toEqual(['a', 'b']);
    expect(await ids(`filter[messaging_profile_id]=${profile(7)}`)).toEqual([]);
    const all = `filter[messaging_profile_id]=${profile(1)}&filter[type]=tollfree&filter[phone_number][contains]=0100`;
    expect(await ids(all)).toEqual(['b']);
    expect(await ids(`${all}&filter[phone_number]=%2B18005550100,%2B18005550199`)).toEqual(['b']);
  });

  it('has types in both spellings of the API, or in that of the guide, and finds them by the plain name', async () => {
    const types = async (guideSpelling: boolean, filter = '') => {
      const to = await sandbox({ numbers: 200, guideSpelling });
      const { json } = await call(to, `/phone_numbers/messaging?page[size]=200${filter}`);
      return [...new Set<string>(json.data.map((number: Json) => number.type))].sort();
    };
    const both = ['long-code', 'longcode', 'short-code', 'shortcode', 'toll-free', 'tollfree'];
    expect(await types(false)).toEqual(both);
    expect(await types(true)).toEqual(both.map((type) => type.replace('-', '_')));
    expect(await types(true, '&filter[type]=longcode')).toEqual(['long_code', 'longcode']);
  });

  it('shows a write at once, also between two pages of a listing', async () => {
    const to = await sandbox({ numbers: 6, profiles: 2 });
    const path = `/phone_numbers/messaging?filter[messaging_profile_id]=${profile(1)}&page[size]=2`;
    expect(phones(await call(to, path))).toEqual(made(1, 3));
    await patch(to, id(1), { messaging_profile_id: profile(2) });
    expect(phones(await call(to, path))).toEqual(made(3, 5));
    expect((await call(to, path)).json.meta.total_results).toBe(2);
  });

  it.each([
    ['filter[type]=fax', '10032', 'filter[type]'],
    ['sort[phone_number]=up', '10032', 'sort[phone_number]'],
    ['filter[messaging_profile_id]=sales', '10015', 'filter[messaging_profile_id]'],
    ['filter[messaging_profile_id]=', '10015', 'filter[messaging_profile_id]'],
  ])('refuses %s', async (query, wantedCode, parameter) => {
    const answer = await call(await sandbox(), `/phone_numbers/messaging?${query}`);
    expect([answer.status, code(answer), answer.json.errors[0].source]).toEqual([400, wantedCode, { parameter }]);
  });

  it('returns each matching number exactly once over all pages', () => {
    const account = openAccount(makeState(97, 4));
    const pages = fc.record({
      size: fc.integer({ min: 1, max: 250 }),
      direction: fc.constantFrom('asc', 'desc'),
      profile: fc.option(fc.integer({ min: 1, max: 5 }).map(profile)),
    });
    fc.assert(
      fc.property(pages, ({ size, direction, profile }) => {
        const query = new URLSearchParams({ 'page[size]': String(size), 'sort[phone_number]': direction });
        if (profile !== null) query.set('filter[messaging_profile_id]', profile);
        const results: string[] = [];
        for (let page = 1, total = 1; page <= total; page += 1) {
          query.set('page[number]', String(page));
          const { data, meta } = listNumbers(account, query).json as Json;
          results.push(...data.map((number: Json) => number.id));
          total = meta.total_pages;
        }
        const wanted = [...account.numbers.values()]
          .filter((number) => profile === null || number.messaging_profile_id === profile)
          .map((number) => number.id);
        expect(results).toEqual(direction === 'asc' ? wanted : wanted.reverse());
      }),
      { numRuns: 50 },
    );
  });
});

describe('profiles', () => {
  it('are listed, and found by name', async () => {
    const to = await sandbox({ profiles: 12 });
    const names = async (query: string) =>
      (await call(to, `/messaging_profiles?${query}`)).json.data.map((one: Json) => one.name);
    expect(await names('page[size]=2&page[number]=2')).toEqual(['Profile 3', 'Profile 4']);
    expect(await names('filter[name]=Profile 1')).toEqual(['Profile 1']);
    expect(await names('filter[name][eq]=Profile%2011')).toEqual(['Profile 11']);
    expect(await names('filter%5Bname%5D%5Bcontains%5D=1')).toEqual([
      'Profile 1',
      'Profile 10',
      'Profile 11',
      'Profile 12',
    ]);
    expect(await names('filter[name]=profile 1')).toEqual([]);
  });

  it('are read by id in upper and lower case, with a made-up secret', async () => {
    const to = await sandbox({ profiles: [{ id: 'dd50eba1-a0c0-4563-9925-b25e842a7cb6', enabled: false }] });
    const answer = await call(to, '/messaging_profiles/DD50EBA1-A0C0-4563-9925-B25E842A7CB6');
    expect(answer.json.data).toMatchObject({
      id: 'dd50eba1-a0c0-4563-9925-b25e842a7cb6',
      name: 'Profile 1',
      enabled: false,
      webhook_url: expect.stringMatching(/^https:/),
      webhook_api_version: '2',
      whitelisted_destinations: ['US'],
      number_pool_settings: null,
      v1_secret: expect.any(String),
    });
    const missing = await call(to, `/messaging_profiles/${profile(9)}`);
    expect([missing.status, code(missing)]).toEqual([404, '10005']);
  });

  it('list their numbers', async () => {
    const to = await sandbox({ numbers: 7, profiles: 3 });
    const path = `/messaging_profiles/${profile(2)}/phone_numbers`;
    expect(phones(await call(to, path))).toEqual(made(2, 5));
    await patch(to, id(2), { messaging_profile_id: '' });
    expect(phones(await call(to, path))).toEqual(made(5));
    const narrowed = `${path}?filter[messaging_profile_id]=${profile(1)}`;
    expect(phones(await call(to, narrowed))).toEqual(made(5));
    expect((await call(to, `/messaging_profiles/${profile(9)}/phone_numbers`)).status).toBe(404);
  });
});
