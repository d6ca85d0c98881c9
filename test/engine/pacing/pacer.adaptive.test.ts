import { describe, expect, it } from 'vitest';
import { createRateLimiter } from '../../../src/sandbox/faults/rate-limit.ts';
import { http, ok, PROFILE, world } from '../../support/engine/fake-world.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';

const SHOWN = { profile: PROFILE, product: 'A2P' };
const MINUTE_MS = 60_000;

/** A world whose server allows `limit` requests in any minute, and names the limit or not. */
function limited(limit: number, isNamed: boolean) {
  const limiter = createRateLimiter(limit, MINUTE_MS);
  return world(async (_row, _before, now) => {
    const verdict = limiter.take(now);
    await w.clock.sleep(40 + 60 * w.clock.random()).done;
    const headers = isNamed
      ? {
          rateLimit: `${limit}`,
          rateLimitRemaining: `${verdict.remaining}`,
          rateLimitReset: `${verdict.resetSeconds}`,
        }
      : {};
    return verdict.allowed ? ok(SHOWN, headers) : http(429, '10011', headers);
  });
}

let w: ReturnType<typeof world>;

describe('a run at --rate auto', () => {
  it('reaches the limit of the server less the reserve, and is never refused', async () => {
    w = limited(100, true);
    const { requests, rate, stop } = await w.run(500, { rate: 'auto', concurrency: 50 });
    expect(stop).toBeNull();
    expect(requests.rate_limited).toBe(0);
    const last = (w.sent.at(-1)?.at as number) - 3 * MINUTE_MS;
    const late = w.sent.filter(({ at }) => at >= last).length;
    expect(late / 3).toBeGreaterThan(76);
    expect(late / 3).toBeLessThan(84);
    expect(rate.server_limit?.requests).toBe(100);
    expect(rate.server_limit?.window_ms).toBeGreaterThan(57_000);
    expect(rate.server_limit?.window_ms).toBeLessThan(63_000);
    expect(rate.throttled_ms).toBe(0);
  });

  it('keeps the given reserve', async () => {
    w = limited(100, true);
    await w.run(300, { rate: 'auto', reserve: 60, concurrency: 50 });
    const last = (w.sent.at(-1)?.at as number) - 2 * MINUTE_MS;
    expect(w.sent.filter(({ at }) => at >= last).length / 2).toBeLessThan(43);
  });

  it('finds the limit of a server that only refuses, and updates all rows', async () => {
    w = limited(100, false);
    const { requests, rate } = await w.run(1500, { rate: 'auto', concurrency: 50 });
    expect(w.outcomes().size).toBe(1500);
    expect(requests.rate_limited).toBeGreaterThan(0);
    expect(requests.rate_limited).toBeLessThan(60);
    expect(rate.server_limit).toBeNull();
    expect(w.clock.now()).toBeLessThan(24 * MINUTE_MS);
  });
});

describe('a run at a fixed rate', () => {
  it('slows down if the server allows less, and is never exceeded if the server allows more', async () => {
    w = limited(100, true);
    const { requests } = await w.run(300, { rate: 10 });
    expect(requests.rate_limited).toBe(0);
    expect(
      mostInWindow(
        w.sent.map(({ at }) => at),
        1000,
      ),
    ).toBeLessThanOrEqual(10);
    expect(w.clock.now()).toBeLessThan(3.5 * MINUTE_MS);
    w = limited(100_000, true);
    await w.run(300, { rate: 10 });
    expect(w.clock.now()).toBeLessThan(31_000);
  });
});

describe('refusals that are unrelated to the rate', () => {
  it.each([
    ['auto', 600],
    [50, 120],
  ] as const)('do not slow a run at --rate %s to a crawl', async (rate, atMostS) => {
    w = world(async () => {
      await w.clock.sleep(50).done;
      return w.clock.random() < 0.1 ? http(429, '10011') : ok(SHOWN);
    });
    await w.run(500, { rate });
    expect(w.outcomes().size).toBe(500);
    expect(w.clock.now() / 1000).toBeLessThan(atMostS);
  });
});
