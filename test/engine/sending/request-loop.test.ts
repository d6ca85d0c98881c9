import { describe, expect, it } from 'vitest';
import { entry, http, network, ok, PROFILE, toWrites, world } from '../../support/engine/fake-world.ts';

describe('retry', () => {
  it.each([408, 425, 500, 502, 503, 504, 599])('tries again after %i', async (status) => {
    const w = world(toWrites((_, before) => (before < 2 ? http(status) : ok())));
    await w.run(1);
    expect(w.outcomes().get(1)).toMatchObject({ status: 'updated', reason: '', attempts: 3 });
    // After a 408 or 5xx the write may have happened, after a 425 it has not.
    expect(w.sent.filter(({ operation }) => operation === 'read')).toHaveLength(status === 425 ? 0 : 2);
  });

  it('tries again after code 10036 and after a cut connection', async () => {
    const w = world((row, before) =>
      before > 0 ? ok() : row === 1 ? http(409, '10036') : network('ECONNRESET', true),
    );
    await w.run(2);
    expect([...w.outcomes().values()].map(({ status }) => status)).toEqual(['updated', 'updated']);
  });

  it('gives up after --max-attempts, as failed if every answer was clear', async () => {
    const w = world(() => http(425));
    await w.run(1, { max_attempts: 3 });
    expect(w.sent).toHaveLength(3);
    expect(w.outcomes().get(1)).toMatchObject({
      status: 'failed',
      reason: 'attempts_exhausted',
      retryable: true,
      attempts: 3,
      httpStatus: 425,
    });
  });

  it.each([
    ['a 5xx', http(500)],
    ['a timeout after sending', network('ETIMEDOUT', true)],
    ['a 200 that cannot be read', { ...http(200), body: { kind: 'unreadable' as const } }],
  ])('is failed if the attempts end with %s, because each was read back', async (_, answer) => {
    const w = world(toWrites(() => answer));
    await w.run(1, { max_attempts: 2 });
    expect(w.sent.map(({ operation }) => operation)).toEqual(['write', 'read', 'write', 'read']);
    expect(w.outcomes().get(1)).toMatchObject({ status: 'failed', reason: 'attempts_exhausted', attempts: 2 });
  });

  it('is failed if no request ever left', async () => {
    const w = world(() => network('ECONNREFUSED', false));
    await w.run(1, { max_attempts: 2 });
    expect(w.outcomes().get(1)).toMatchObject({ status: 'failed', errorCode: 'ECONNREFUSED', httpStatus: null });
  });

  it('stays unverified if a write that may have happened is followed by refused connections', async () => {
    const w = world((_row, _before, _now, operation) =>
      network(operation === 'write' ? 'ETIMEDOUT' : 'ECONNREFUSED', operation === 'write'),
    );
    await w.run(1, { max_attempts: 3 });
    expect(w.outcomes().get(1)).toMatchObject({ status: 'unverified', reason: 'read_failed', attempts: 1 });
    expect(w.outcomes().get(1)?.errorDetail).toMatch(
      /^a write may have happened, and it could not be read: 3 attempts/,
    );
  });

  it('is failed if refused connections follow a read that was answered', async () => {
    const w = world(toWrites((_, before) => network(before === 0 ? 'ETIMEDOUT' : 'ECONNREFUSED', before === 0)));
    await w.run(1, { max_attempts: 3 });
    expect(w.sent.map(({ operation }) => operation)).toEqual(['write', 'read', 'write', 'write']);
    expect(w.outcomes().get(1)).toMatchObject({ status: 'failed', reason: 'attempts_exhausted', attempts: 3 });
  });

  it('fails a row at once on another 4xx, with code, title and detail', async () => {
    const w = world(() => http(422, '40324'));
    await w.run(1);
    expect(w.sent).toHaveLength(1);
    expect(w.outcomes().get(1)).toMatchObject({
      status: 'failed',
      reason: 'api_error',
      retryable: false,
      errorCode: '40324',
      errorTitle: 'title 40324',
      errorDetail: 'detail 40324',
    });
    expect(w.events.map(({ event }) => event)).toEqual(['attempt.failed', 'row.failed']);
  });

  it('fails a row if its 200 shows another value', async () => {
    const w = world(() => ok({ profile: null }));
    await w.run(1);
    expect(w.outcomes().get(1)).toMatchObject({
      status: 'failed',
      reason: 'response_mismatch',
      profileAfter: 'UNASSIGN',
    });
  });

  it('stops the run when an answer names another phone number', async () => {
    const w = world((row) => ok({ profile: PROFILE, phoneNumber: row === 3 ? '+18005559999' : '+18005550000' }));
    const execution = await w.run(
      Array.from({ length: 50 }, (_, at) => entry(at + 1, { phoneNumber: '+18005550000' })),
    );
    expect(execution.stop?.reason).toBe('phone_number_mismatch');
    expect(execution.stop?.detail).toContain('+18005550000');
    expect(execution.stop?.detail).toContain('+18005559999');
    expect(w.outcomes().get(3)).toMatchObject({ status: 'failed', reason: 'phone_number_mismatch' });
    expect(w.sent.length).toBeLessThan(8);
  });
});

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

  it('continues if the second request is accepted, and costs no attempt', async () => {
    const w = world((_row, _before, now) => (now < 1000 ? http(401, '10009') : ok()));
    const execution = await w.run(20, { rate: 50, max_attempts: 1 });
    expect(execution.stop).toBeNull();
    expect([...w.outcomes().values()].every(({ status, attempts }) => status === 'updated' && attempts === 1)).toBe(
      true,
    );
    expect(w.outcomes().size).toBe(20);
  });
});

describe('an answer about the whole run', () => {
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
