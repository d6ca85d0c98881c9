import { describe, expect, it } from 'vitest';
import { call, callUrl, code, id, patch, read, sandbox } from '../../support/sandbox/client.ts';

describe('the key', () => {
  it.each(['', 'Bearer ', 'Basic abc', 'KEY-test', 'Bearer two words'])('is required: %j gets 404', async (header) => {
    for (const key of [undefined, 'KEY-test']) {
      const answer = await call(await sandbox({ key }), '/messaging_profiles', { headers: { authorization: header } });
      expect([answer.status, code(answer)]).toEqual([404, '10005']);
    }
  });

  it('can be any key, with a scheme in any case, unless one is set', async () => {
    const to = await sandbox();
    expect((await call(to, '/messaging_profiles', { headers: { authorization: 'bearer x' } })).status).toBe(200);
    const strict = await sandbox({ key: 'KEY-right' });
    const wrong = await call(strict, '/messaging_profiles');
    expect([wrong.status, wrong.json]).toEqual([
      401,
      { errors: [{ code: '10009', title: 'Authentication failed', detail: expect.any(String) }] },
    ]);
    expect((await patch(strict, id(1), { messaging_profile_id: '' })).status).toBe(401);
    const right = { headers: { authorization: 'Bearer KEY-right' } };
    const answer = await call(strict, `/phone_numbers/${id(1)}/messaging`, right);
    expect(answer.json.data.messaging_profile_id).not.toBeNull();
  });

  it('is revoked after the given count of answered requests', async () => {
    const to = await sandbox({ revokeAfter: 2 });
    expect(await read(to, id(1))).toBeDefined();
    expect((await patch(to, id(1), { messaging_product: 'P2P' })).status).toBe(200);
    const refused = await patch(to, id(2), { messaging_product: 'P2P' });
    expect([refused.status, code(refused)]).toEqual([401, '10009']);
    expect((await call(to, '/messaging_profiles')).status).toBe(401);
    expect(to.snapshot().numbers[1]?.messaging_product).toBe('A2P');
  });

  it('is quoted in error details only with quoteKey', async () => {
    const careless = await sandbox({ quoteKey: true, faults: [] });
    const headers = { authorization: 'Bearer KEY-secret' };
    expect((await call(careless, '/nowhere', { headers })).json.errors[0].detail).toContain('Bearer KEY-secret');
    expect((await call(careless, '/messaging_profiles', { headers })).text).not.toContain('KEY-secret');
    expect((await call(careless, '/messaging_profiles', { headers: { authorization: '' } })).status).toBe(404);
    const careful = await sandbox();
    expect((await call(careful, '/nowhere', { headers })).text).not.toContain('KEY-secret');
  });
});

describe('the rate limit', () => {
  const names = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];

  it('adds headers to every answer, and refuses requests over it', async () => {
    const to = await sandbox({ rateLimit: 3, rateWindowMs: 60_000 });
    const results = [];
    for (const path of ['/messaging_profiles', '/nowhere', '/messaging_profiles', '/messaging_profiles']) {
      const answer = await call(to, path);
      results.push([answer.status, ...names.map((name) => answer.headers.get(name))]);
    }
    expect(results).toEqual([
      [200, '3', '2', '60'],
      [404, '3', '1', '60'],
      [200, '3', '0', '60'],
      [429, '3', '0', '60'],
    ]);
    const refused = await patch(to, id(1), { messaging_product: 'P2P' });
    expect([refused.status, code(refused)]).toEqual([429, '10011']);
    expect(to.snapshot().numbers[0]?.messaging_product).toBe('A2P');
    expect(to.requests().at(-1)).toMatchObject({ status: 429, body: { messaging_product: 'P2P' } });
  });

  it('does not count a request with a wrong key', async () => {
    const to = await sandbox({ rateLimit: 1, rateWindowMs: 60_000, key: 'KEY-test' });
    const refused = await call(to, '/messaging_profiles', { headers: { authorization: 'Bearer other' } });
    expect([refused.status, refused.headers.get('x-ratelimit-remaining')]).toEqual([401, '1']);
    expect((await call(to, '/messaging_profiles')).status).toBe(200);
  });

  it('says in retry-after how long to wait, in seconds by default', async () => {
    const refused = async (retryAfter?: 'seconds' | 'date' | 'none') => {
      const to = await sandbox({ rateLimit: 1, rateWindowMs: 60_000, retryAfter });
      expect((await call(to, '/messaging_profiles')).headers.get('retry-after')).toBeNull();
      const { headers } = await call(to, '/messaging_profiles');
      return [headers.get('retry-after'), headers.get('date'), headers.get('x-ratelimit-reset')] as const;
    };
    expect((await refused())[0]).toBe('60');
    expect((await refused('seconds'))[0]).toBe('60');
    expect((await refused('none'))[0]).toBeNull();
    const [after, date, reset] = await refused('date');
    expect(Date.parse(after ?? '') - Date.parse(date ?? '')).toBe(Number(reset) * 1000);
  });

  it('admits requests again when the window has moved', async () => {
    const to = await sandbox({ rateLimit: 1, rateWindowMs: 30 });
    expect((await call(to, '/messaging_profiles')).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect((await call(to, '/messaging_profiles')).status).toBe(200);
  });

  it('has no headers without a limit, and does not apply to control routes', async () => {
    const unlimited = await call(await sandbox(), '/messaging_profiles');
    expect(names.map((name) => unlimited.headers.get(name))).toEqual([null, null, null]);
    const to = await sandbox({ rateLimit: 1, rateWindowMs: 60_000 });
    for (let n = 0; n < 3; n += 1) {
      expect((await callUrl(`http://127.0.0.1:${to.port}/_sandbox/state`)).status).toBe(200);
    }
    expect((await call(to, '/messaging_profiles')).status).toBe(200);
  });

  it('refuses an invalid limit', async () => {
    await expect(sandbox({ rateLimit: 0 })).rejects.toThrow(RangeError);
  });
});
