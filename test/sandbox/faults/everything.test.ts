import { describe, expect, it } from 'vitest';
import { parseListCap } from '../../../src/sandbox/server.ts';
import { call, code, id, patch, profile, sandbox } from '../../support/sandbox/client.ts';

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
