import { describe, expect, it } from 'vitest';
import { http, ok, PROFILE, world } from '../../support/engine/fake-world.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';

const times = (sent: { at: number }[]) => sent.map(({ at }) => at);

describe('429', () => {
  it('pauses all requests for as long as the server asks, and costs no attempt', async () => {
    let limited = 0;
    const w = world((row, before) => {
      if (row === 5 && before === 0) {
        limited = w.clock.now();
        return http(429, '10011', { retryAfter: '7' });
      }
      return ok();
    });
    const execution = await w.run(60, { rate: 10, max_attempts: 1 });
    // Requests that were in flight already are not cancelled.
    const during = w.sent.filter(({ at }) => at > limited && at < limited + 7000);
    expect(during).toEqual([]);
    expect(execution.requests.rate_limited).toBe(1);
    expect(w.outcomes().get(5)).toMatchObject({ status: 'updated', attempts: 1 });
    const after = w.sent.filter(({ at }) => at >= limited + 7000);
    // One fresh row had its turn already, and the retry goes before all others.
    expect(after.slice(0, 2).map(({ row }) => row)).toContain(5);
    expect(mostInWindow(times(after), 95)).toBe(1);
    expect(w.events.filter(({ event }) => event === 'run.paused')).toHaveLength(1);
    expect(w.events.filter(({ event }) => event === 'run.resumed')).toHaveLength(1);
  });

  it('backs off without a hint of the server, longer each time', async () => {
    const w = world((_, before) => (before < 4 ? http(429) : ok()));
    await w.run(1, { rate: 'off', retry_base: 1000 });
    const gaps = w.sent.slice(1).map(({ at }, n) => at - (w.sent[n]?.at as number));
    gaps.forEach((gap, n) => {
      expect(gap).toBeGreaterThanOrEqual(500 * 2 ** n);
      expect(gap).toBeLessThanOrEqual(1000 * 2 ** n + 10);
    });
  });

  it('counts several 429s at the same time as one', async () => {
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

  it('stops the run if the server asks for longer than the limit, and fails no row', async () => {
    const w = world((row) => (row === 3 ? http(429, '10011', { retryAfter: '3600' }) : ok()));
    const execution = await w.run(20, { max_server_wait: 60_000 });
    expect(execution.stop).toMatchObject({ reason: 'server_wait' });
    expect(execution.stop?.detail).toContain('go on after 2026-11-23T03:01Z');
    expect([...w.outcomes().values()].every(({ status }) => status === 'updated')).toBe(true);
    const back = w.ledger.filter(({ type }) => type === 'put_back');
    expect(back.length).toBeGreaterThan(0);
    expect(back.every((line) => line.type === 'put_back' && !line.ambiguous)).toBe(true);
  });

  it('stops after nothing but 429s for --max-server-wait', async () => {
    const w = world(() => http(429, '10011', { rateLimitReset: '20' }));
    const execution = await w.run(3, { max_server_wait: 60_000 });
    expect(execution.stop?.reason).toBe('server_wait');
    expect(w.clock.now()).toBeLessThanOrEqual(61_000);
    expect(w.outcomes().size).toBe(0);
  });

  it('pauses when an answer says that nothing remains, before a 429 comes', async () => {
    const w = world((row) =>
      row === 5 ? ok({ profile: PROFILE }, { rateLimitRemaining: '0', rateLimitReset: '9' }) : ok(),
    );
    await w.run(10, { rate: 10 });
    const at5 = w.sent.find(({ row }) => row === 5)?.at as number;
    expect(w.sent.filter(({ at }) => at > at5 + 5 && at < at5 + 9000)).toEqual([]);
    expect(w.outcomes().size).toBe(10);
  });

  it('pauses all requests for the retry-after of a 503 too, which costs an attempt', async () => {
    const w = world((row, before) => (row === 2 && before === 0 ? http(503, '', { retryAfter: '5' }) : ok()));
    await w.run(10, { rate: 10 });
    expect(w.sent.filter(({ at }) => at > 120 && at < 5000)).toEqual([]);
    expect(w.outcomes().get(2)?.attempts).toBe(2);
  });
});
