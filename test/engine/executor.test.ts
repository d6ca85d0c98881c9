import { describe, expect, it } from 'vitest';
import { entry, http, network, ok, PROFILE, world } from './fake-world.ts';
import { mostInWindow } from './most-in-window.ts';

const times = (sent: { at: number }[]) => sent.map(({ at }) => at);

describe('carrying out a plan', () => {
  it('sends every row once and records its intent before and its outcome after', async () => {
    const w = world(() => ok());
    const execution = await w.run(25);
    expect(execution.stop).toBeNull();
    expect(w.sent.map(({ row }) => row)).toEqual(Array.from({ length: 25 }, (_, at) => at + 1));
    expect([...w.outcomes().values()].every(({ status, attempts }) => status === 'updated' && attempts === 1)).toBe(
      true,
    );
    expect(execution.requests).toEqual({ total: 25, writes: 25, reads: 0, retries: 0, rate_limited: 0 });
    for (let row = 1; row <= 25; row++) {
      const lines = w.ledger.filter((line) => 'row' in line && line.row === row).map(({ type }) => type);
      expect(lines).toEqual(['intent', 'outcome']);
    }
  });

  it('does not send a row before its intent is on disk', async () => {
    const onDisk = new Set<number>();
    const early: number[] = [];
    const w = world(
      (row) => {
        if (!onDisk.has(row)) early.push(row);
        return ok();
      },
      async (line) => {
        await w.clock.sleep(40).done;
        if (line.type === 'intent') onDisk.add(line.row);
      },
    );
    await w.run(20);
    expect(early).toEqual([]);
    expect(onDisk.size).toBe(20);
  });

  it('keeps few intents ahead of what has been sent', async () => {
    const w = world(() => ok());
    let intents = 0;
    let sends = 0;
    let most = 0;
    const record = w.ledger.push.bind(w.ledger);
    w.ledger.push = (...lines) => {
      intents += lines.filter(({ type }) => type === 'intent').length;
      sends = w.sent.length;
      most = Math.max(most, intents - sends);
      return record(...lines);
    };
    await w.run(100, { rate: 10 });
    expect(most).toBeLessThanOrEqual(2);
  });

  it('holds the rate with a fifth of the attempts failing, retries included', async () => {
    let n = 0;
    const w = world(() => (n++ % 5 === 0 ? http(503) : ok()));
    const execution = await w.run(200, { rate: 20 });
    expect(mostInWindow(times(w.sent), 1000)).toBeLessThanOrEqual(20);
    expect(execution.requests.retries).toBe(w.sent.length - 200);
    expect([...w.outcomes().values()].filter(({ status }) => status === 'updated')).toHaveLength(200);
  });

  it('has no more requests in flight than the concurrency', async () => {
    let flying = 0;
    let most = 0;
    const w = world(async () => {
      flying += 1;
      most = Math.max(most, flying);
      await w.clock.sleep(2000).done;
      flying -= 1;
      return ok();
    });
    await w.run(20, { rate: 100, concurrency: 3 });
    expect(most).toBe(3);
  });

  it('lets a retry overtake rows that have not been tried', async () => {
    const w = world((row, before) => (row === 1 && before === 0 ? http(500) : ok()));
    await w.run(100, { rate: 5, retry_base: 1, retry_max: 1 });
    const again = w.sent.map(({ row }) => row).lastIndexOf(1);
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThanOrEqual(3);
  });

  it('holds no slot while a row waits for its backoff', async () => {
    const w = world((row) => (row === 1 ? http(500) : ok()));
    await w.run(30, { rate: 10, concurrency: 1, retry_base: 60_000, retry_max: 60_000, max_attempts: 2 });
    const others = w.sent.filter(({ row }) => row !== 1);
    expect(others.at(-1)?.at).toBeLessThan(4000);
  });
});

describe('retry', () => {
  it.each([408, 425, 500, 502, 503, 504, 599])('tries again after %i', async (status) => {
    const w = world((_, before) => (before < 2 ? http(status) : ok()));
    await w.run(1);
    expect(w.outcomes().get(1)).toMatchObject({ status: 'updated', attempts: 3 });
  });

  it('tries again after code 10036 and after a cut connection', async () => {
    const w = world((row, before) =>
      before > 0 ? ok() : row === 1 ? http(409, '10036') : network('ECONNRESET', true),
    );
    await w.run(2);
    expect([...w.outcomes().values()].map(({ status }) => status)).toEqual(['updated', 'updated']);
  });

  it('gives up after max-attempts: failed where every answer was clear', async () => {
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
  ])('is unverified when the attempts end with %s', async (_, answer) => {
    const w = world(() => answer);
    await w.run(1, { max_attempts: 2 });
    expect(w.outcomes().get(1)).toMatchObject({ status: 'unverified', reason: 'attempts_exhausted' });
  });

  it('is failed when no request ever left', async () => {
    const w = world(() => network('ECONNREFUSED', false));
    await w.run(1, { max_attempts: 2 });
    expect(w.outcomes().get(1)).toMatchObject({ status: 'failed', errorCode: 'ECONNREFUSED', httpStatus: null });
  });

  it('stays unverified when a write that may have happened is followed by refused connections', async () => {
    const w = world((_, before) => network(before === 0 ? 'ETIMEDOUT' : 'ECONNREFUSED', before === 0));
    await w.run(1, { max_attempts: 3 });
    expect(w.outcomes().get(1)?.status).toBe('unverified');
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

  it('fails a row whose 200 shows another value', async () => {
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

describe('429', () => {
  it('pauses everybody for as long as the server asks, and costs no attempt', async () => {
    let limited = 0;
    const w = world((row, before) => {
      if (row === 5 && before === 0) {
        limited = w.clock.now();
        return http(429, '10011', { retryAfter: '7' });
      }
      return ok();
    });
    const execution = await w.run(60, { rate: 10, max_attempts: 1 });
    // Requests that were on their way already are not called back.
    const during = w.sent.filter(({ at }) => at > limited && at < limited + 7000);
    expect(during).toEqual([]);
    expect(execution.requests.rate_limited).toBe(1);
    expect(w.outcomes().get(5)).toMatchObject({ status: 'updated', attempts: 1 });
    const after = w.sent.filter(({ at }) => at >= limited + 7000);
    // One new row had its turn already; the retry goes before all the others.
    expect(after.slice(0, 2).map(({ row }) => row)).toContain(5);
    expect(mostInWindow(times(after), 95)).toBe(1);
    expect(w.events.filter(({ event }) => event === 'run.paused')).toHaveLength(1);
    expect(w.events.filter(({ event }) => event === 'run.resumed')).toHaveLength(1);
  });

  it('backs off by itself where the server gives no hint, longer each time', async () => {
    const w = world((_, before) => (before < 4 ? http(429) : ok()));
    await w.run(1, { rate: 'off', retry_base: 1000 });
    const gaps = w.sent.slice(1).map(({ at }, n) => at - (w.sent[n]?.at as number));
    gaps.forEach((gap, n) => {
      expect(gap).toBeGreaterThanOrEqual(500 * 2 ** n);
      expect(gap).toBeLessThanOrEqual(1000 * 2 ** n + 10);
    });
  });

  it('counts several 429 of one moment as one', async () => {
    let first = true;
    const w = world(async (_, before) => {
      if (!first && before > 0) return ok();
      await w.clock.sleep(200).done;
      first = false;
      return http(429);
    });
    await w.run(8, { rate: 'off', concurrency: 8, retry_base: 1000 });
    expect(w.sent).toHaveLength(16);
    expect(w.sent.at(-1)?.at).toBeLessThan(1300);
  });

  it('stops the run when the server asks for longer than the limit, and fails no row', async () => {
    const w = world((row) => (row === 3 ? http(429, '10011', { retryAfter: '3600' }) : ok()));
    const execution = await w.run(20, { max_server_wait: 60_000 });
    expect(execution.stop).toMatchObject({ reason: 'server_wait' });
    expect(execution.stop?.detail).toContain('go on after 2026-11-23T03:01Z');
    expect([...w.outcomes().values()].every(({ status }) => status === 'updated')).toBe(true);
    const back = w.ledger.filter(({ type }) => type === 'put_back');
    expect(back.length).toBeGreaterThan(0);
    expect(back.every((line) => line.type === 'put_back' && !line.ambiguous)).toBe(true);
  });

  it('stops after nothing but 429 for the longest wait', async () => {
    const w = world(() => http(429, '10011', { rateLimitReset: '20' }));
    const execution = await w.run(3, { max_server_wait: 60_000 });
    expect(execution.stop?.reason).toBe('server_wait');
    expect(w.clock.now()).toBeLessThanOrEqual(61_000);
    expect(w.outcomes().size).toBe(0);
  });

  it('rests when an answer says that nothing remains, before a 429 comes', async () => {
    const w = world((row) =>
      row === 5 ? ok({ profile: PROFILE }, { rateLimitRemaining: '0', rateLimitReset: '9' }) : ok(),
    );
    await w.run(10, { rate: 10 });
    const at5 = w.sent.find(({ row }) => row === 5)?.at as number;
    expect(w.sent.filter(({ at }) => at > at5 + 5 && at < at5 + 9000)).toEqual([]);
    expect(w.outcomes().size).toBe(10);
  });

  it('pauses everybody for the retry-after of a 503 too, which does cost an attempt', async () => {
    const w = world((row, before) => (row === 2 && before === 0 ? http(503, '', { retryAfter: '5' }) : ok()));
    await w.run(10, { rate: 10 });
    expect(w.sent.filter(({ at }) => at > 120 && at < 5000)).toEqual([]);
    expect(w.outcomes().get(2)?.attempts).toBe(2);
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

describe('the end', () => {
  it('leaves no timer behind: a pause that the last answer asked for keeps no process alive', async () => {
    const w = world((row) =>
      row === 3 ? ok({ profile: PROFILE }, { rateLimitRemaining: '0', rateLimitReset: '600' }) : ok(),
    );
    const execution = await w.run(3, { rate: 10 });
    expect(execution.stop).toBeNull();
    expect(w.clock.now()).toBeLessThan(1000);
    expect(w.clock.pending()).toBe(0);
  });
});

describe('stopping', () => {
  it('drains on a signal: no new rows, what is in flight ends with its outcome', async () => {
    const w = world(async () => {
      await w.clock.sleep(300).done;
      return ok();
    });
    w.clock.at(1000, () => w.stop.ask('signal', 'SIGINT'));
    const execution = await w.run(100, { rate: 10 });
    expect(execution.stop?.reason).toBe('signal');
    expect(w.sent.every(({ at }) => at <= 1000)).toBe(true);
    expect(w.outcomes().size).toBe(w.sent.length);
    expect(w.clock.now()).toBeLessThan(1400);
  });

  it('wakes rows that wait for a backoff, and says whether their write may have happened', async () => {
    const w = world((row) => (row === 1 ? network('ETIMEDOUT', true) : http(425)));
    w.clock.at(500, () => w.stop.ask('signal', 'SIGTERM'));
    await w.run(2, { retry_base: 3_600_000, retry_max: 3_600_000 });
    expect(w.clock.now()).toBe(500);
    const back = w.ledger.filter((line) => line.type === 'put_back');
    expect(back).toMatchObject([
      { row: 1, ambiguous: true, attempts: 1 },
      { row: 2, ambiguous: false, attempts: 1 },
    ]);
  });

  it('wakes from the wait of a 429', async () => {
    const w = world(() => http(429, '', { retryAfter: '600' }));
    w.clock.at(3000, () => w.stop.ask('signal', 'SIGINT'));
    expect((await w.run(5)).stop?.reason).toBe('signal');
    expect(w.clock.now()).toBe(3000);
  });

  it('takes a signal that came after the last outcome for nothing', async () => {
    const w = world((row) => {
      if (row === 3) w.stop.ask('signal', 'SIGINT');
      return ok();
    });
    expect((await w.run(3, { rate: 'off', concurrency: 3 })).stop).toBeNull();
  });

  it('ends with the error of a ledger that cannot be written, and sends nothing that is not recorded', async () => {
    let recorded = 0;
    const w = world(
      () => ok(),
      async (line) => {
        if (line.type === 'intent' && ++recorded > 5) throw new Error('ENOSPC: no space left on device');
      },
    );
    await expect(w.run(50)).rejects.toThrow('ENOSPC');
    expect(w.sent.length).toBeGreaterThan(0);
    expect(w.sent.every(({ row }) => row <= 5)).toBe(true);
  });

  it('bounds the rows that are open at once', async () => {
    let open = 0;
    let most = 0;
    const w = world(
      (_, before) => (before === 0 ? http(500) : ok()),
      async (line) => {
        if (line.type === 'intent') open += 1;
        if (line.type === 'outcome') open -= 1;
        most = Math.max(most, open);
      },
    );
    await w.run(6000, { rate: 'off', concurrency: 100, retry_base: 3_600_000, retry_max: 3_600_000 });
    expect(most).toBeLessThanOrEqual(5000);
    expect(w.outcomes().size).toBe(6000);
  });
});
