import { describe, expect, it } from 'vitest';
import { parseEndpoint, parseListCap, type Sandbox } from '../../../src/sandbox/server.ts';
import { call, code, id, type Json, patch, profile, sandbox } from '../../support/sandbox/client.ts';

const PATHS = ['/phone_numbers/messaging', '/messaging_profiles', `/messaging_profiles/${profile(1)}`, '/nowhere'];

describe('everyAnswer', () => {
  it('404: is the answer to reads and writes, with any key', async () => {
    const to = await sandbox({ everyAnswer: '404', key: 'KEY-other', rateLimit: 1 });
    for (const path of PATHS) {
      const answer = await call(to, path);
      expect([answer.status, code(answer)]).toEqual([404, '10005']);
    }
    expect((await patch(to, id(1), { messaging_product: 'P2P' })).status).toBe(404);
    expect((await call(to, '/phone_numbers/messaging', { method: 'POST', body: {} })).status).toBe(404);
    expect(to.snapshot().revision).toBe(0);
    expect(new Set(to.requests().map((request) => request.fault))).toEqual(new Set(['404']));
  });

  it('login-html: even an unknown path and a wrong method get the page', async () => {
    const to = await sandbox({ everyAnswer: 'login-html' });
    for (const method of ['GET', 'PATCH', 'POST']) {
      for (const path of PATHS) {
        const answer = await call(to, path, method === 'GET' ? {} : { method, body: {} });
        expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html']);
      }
    }
  });
});

describe('ignoreFilters', () => {
  const total = async (ignoreFilters: string[], path: string) => {
    const { meta, totalRecords } = (await call(await sandbox({ numbers: 60, ignoreFilters }), path)).json;
    return totalRecords ?? meta.total_results;
  };
  const none = `filter[messaging_profile_id]=${profile(99)}`;

  it.each([
    [`/phone_numbers/messaging?${none}`, 60],
    [`/messaging_hosted_numbers?${none}`, 1],
    [`/messaging_optouts?${none}&created_at[gte]=2027-01-01T00:00:00Z`, 20],
    ['/10dlc/phone_number_campaigns?filter[tcr_campaign_id]=X&recordsPerPage=1&sort=phoneNumber', 14],
    ['/messaging_profiles?filter[name][eq]=X', 3],
    ['/phone_numbers/slim?filter[status]=deleted', 60],
  ])('all: %s finds %i', async (path, count) => {
    expect(await total(['all'], path)).toBe(count);
    expect(await total([], path)).toBe(0);
  });

  it('one endpoint: the others do not, and pages stay pages', async () => {
    expect(await total(['opt-outs', 'numbers'], `/phone_numbers/messaging?${none}&page[size]=2`)).toBe(60);
    expect(await total(['opt-outs', 'numbers'], `/messaging_hosted_numbers?${none}`)).toBe(0);
    const to = await sandbox({ ignoreFilters: ['all'] });
    const { data } = (await call(to, '/phone_numbers/messaging?page[number]=2&page[size]=3')).json;
    expect(data.map((number: { id: string }) => number.id)).toEqual([4, 5, 6].map(id));
  });

  it('knows the names of endpoints', () => {
    expect(['all', 'opt-outs'].map(parseEndpoint)).toEqual(['all', 'opt-outs']);
    expect(() => parseEndpoint('optouts')).toThrow("there is no endpoint 'optouts'. Endpoints: all, numbers,");
  });
});

describe('campaignCap', () => {
  const list = async (cap: string, query: string) =>
    call(await sandbox({ numbers: 100, campaignCap: parseListCap(cap) }), `/10dlc/phone_number_campaigns${query}`);

  it.each([
    ['10', 400, '10033'],
    ['10:422', 422, '10027'],
  ])('%s refuses a larger page with %i', async (cap, status, errorCode) => {
    const refused = await list(cap, '?recordsPerPage=11');
    expect([refused.status, code(refused)]).toEqual([status, errorCode]);
    expect((await list(cap, '?recordsPerPage=10')).json.records).toHaveLength(10);
    expect((await list(cap, '')).json.records).toHaveLength(10);
  });

  it('silent answers fewer records than a page may have', async () => {
    const { json } = await list('10:silent', '?recordsPerPage=250&page=3');
    expect([json.page, json.records.length, json.totalRecords]).toEqual([3, 6, 26]);
  });
});

describe('listShift', () => {
  const page = async (to: Sandbox, n: number) =>
    (await call(to, `/phone_numbers/messaging?page[size]=3&page[number]=${n}`)).json;
  const idsOf = (json: Json) => json.data.map((number: Json) => number.id);

  it('removes the first number before a later page, adds it before the next one, and then ends', async () => {
    const to = await sandbox({ listShift: 2 });
    const before = to.snapshot();
    const pages = [];
    for (const n of [1, 2, 3, 4]) pages.push(await page(to, n));
    expect(pages.map(idsOf)).toEqual([[1, 2, 3].map(id), [5, 6, 7].map(id), [7, 8, 9].map(id), [id(10)]]);
    expect(pages.map((json) => json.meta.total_results)).toEqual([10, 9, 10, 10]);
    expect(new Set(to.snapshot().numbers)).toEqual(new Set(before.numbers));
  });

  it('does nothing in an empty account', async () => {
    expect((await page(await sandbox({ numbers: 0, listShift: 5 }), 2)).data).toEqual([]);
  });
});

describe('listCap', () => {
  const phones = (count: number) => Array.from({ length: count }, (_, n) => `%2B1800000000${n + 1}`).join(',');
  const list = async (cap: string, count: number) => {
    const to = await sandbox({ listCap: parseListCap(cap) });
    return call(to, `/phone_numbers/messaging?filter[phone_number]=${phones(count)}`);
  };

  it.each([
    ['3', 400, '10033'],
    ['3:400', 400, '10033'],
    ['3:413', 413, '10015'],
    ['3:414', 414, '10015'],
    ['3:422', 422, '10027'],
  ])('%s refuses four numbers with %i and accepts three', async (cap, status, errorCode) => {
    const refused = await list(cap, 4);
    expect([refused.status, code(refused)]).toEqual([status, errorCode]);
    expect((await list(cap, 3)).json.data).toHaveLength(3);
  });

  it('3:silent looks up the first three', async () => {
    const { status, json } = await list('3:silent', 5);
    expect([status, json.meta.total_results]).toEqual([200, 3]);
    expect(json.data.map((number: { id: string }) => number.id)).toEqual([id(1), id(2), id(3)]);
  });

  it('does not affect lists that name no numbers', async () => {
    const to = await sandbox({ listCap: { max: 1, answer: '400' } });
    expect((await call(to, '/phone_numbers/messaging')).json.data).toHaveLength(10);
  });

  it.each(['', '0', 'x', '3:', '3:500', '3:Silent', '-1'])('%j is not a cap', (text) => {
    expect(() => parseListCap(text)).toThrow('invalid list cap');
  });
});
