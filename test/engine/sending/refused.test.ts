import { describe, expect, it } from 'vitest';
import { http, ok, world } from '../../support/engine/fake-world.ts';

describe('a refused key', () => {
  it('is confirmed by one more request two seconds later, and stops the run', async () => {
    const w = world(() => http(401, '10009'));
    const execution = await w.run(50, { rate: 50 });
    expect(execution.stop?.reason).toBe('key_refused');
    const first = w.sent[0]?.at as number;
    expect(w.sent.filter(({ at }) => at >= first + 2000)).toHaveLength(1);
    expect(w.outcomes().size).toBe(0);
    expect(w.ledger.filter(({ type }) => type === 'put_back').length).toBeGreaterThan(0);
  });

  it('goes on when the second request is accepted, and costs no attempt', async () => {
    const w = world((_row, _before, now) => (now < 1000 ? http(401, '10009') : ok()));
    const execution = await w.run(20, { rate: 50, max_attempts: 1 });
    expect(execution.stop).toBeNull();
    expect([...w.outcomes().values()].every(({ status, attempts }) => status === 'updated' && attempts === 1)).toBe(
      true,
    );
    expect(w.outcomes().size).toBe(20);
  });

  it('stops on a 403 about the account, at any time', async () => {
    const w = world((row) => (row === 10 ? http(403, '20012') : ok()));
    const execution = await w.run(50);
    expect(execution.stop).toMatchObject({ reason: 'account_refused', detail: 'HTTP 403 20012 title 20012' });
  });

  it('stops on any 403 that is the first answer, and fails the row on a later one', async () => {
    const first = world(() => http(403, '10010'));
    expect((await first.run(5)).stop?.reason).toBe('account_refused');
    const later = world((row) => (row === 2 ? http(403, '10010') : ok()));
    expect((await later.run(5)).stop).toBeNull();
    expect(later.outcomes().get(2)).toMatchObject({ status: 'failed', reason: 'api_error' });
  });

  it('stops on a redirect that is the first answer, and fails the row on a later one', async () => {
    const first = world(() => http(302));
    expect((await first.run(5)).stop?.reason).toBe('redirected');
    const later = world((row) => (row === 2 ? http(307) : ok()));
    await later.run(5);
    expect(later.outcomes().get(2)).toMatchObject({ status: 'failed', reason: 'redirected', httpStatus: 307 });
  });
});
