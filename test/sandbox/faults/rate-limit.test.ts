import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateLimiter } from '../../../src/sandbox/faults/rate-limit.ts';

describe('the sliding window', () => {
  it('lets the limit through, refuses the next, and frees each place one window after it was taken', () => {
    const limiter = createRateLimiter(2, 1000);
    expect(limiter.take(0)).toEqual({ allowed: true, limit: 2, remaining: 1, resetSeconds: 1 });
    expect(limiter.take(600)).toEqual({ allowed: true, limit: 2, remaining: 0, resetSeconds: 1 });
    expect(limiter.take(999.9)).toEqual({ allowed: false, limit: 2, remaining: 0, resetSeconds: 1 });
    expect(limiter.take(1000)).toMatchObject({ allowed: true, remaining: 0 });
    expect(limiter.take(1001)).toMatchObject({ allowed: false });
    expect(limiter.take(1600)).toMatchObject({ allowed: true });
  });

  it('tells the seconds until a place is free, rounded up', () => {
    const limiter = createRateLimiter(1, 5000);
    limiter.take(0);
    expect(limiter.look(1).resetSeconds).toBe(5);
    expect(limiter.look(1000).resetSeconds).toBe(4);
    expect(limiter.look(4999).resetSeconds).toBe(1);
    expect(limiter.look(5000)).toEqual({ allowed: true, limit: 1, remaining: 1, resetSeconds: 0 });
  });

  it('names a time whenever a place is taken, also while others are free', () => {
    const limiter = createRateLimiter(3, 60_000);
    expect(limiter.look(0).resetSeconds).toBe(0);
    expect(limiter.take(0)).toMatchObject({ remaining: 2, resetSeconds: 60 });
    expect(limiter.take(20_500)).toMatchObject({ remaining: 1, resetSeconds: 40 });
    expect(limiter.look(60_000)).toMatchObject({ remaining: 2, resetSeconds: 21 });
    expect(limiter.look(80_500)).toMatchObject({ remaining: 3, resetSeconds: 0 });
  });

  it('never names a time longer than the window', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (at) => {
        expect(createRateLimiter(2, 60_000).take(at).resetSeconds).toBe(60);
      }),
    );
  });

  it('agrees with counting by hand, whatever the arrivals', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 1500 }), gaps, (limit, windowMs, waits) => {
        const limiter = createRateLimiter(limit, windowMs);
        const allowed: number[] = [];
        let at = 0;
        for (const wait of waits) {
          at += wait;
          const inWindow = allowed.filter((earlier) => earlier > at - windowMs).length;
          const verdict = limiter.take(at);
          expect(verdict.allowed).toBe(inWindow < limit);
          expect(verdict.remaining).toBe(Math.max(0, limit - inWindow - 1));
          if (verdict.allowed) allowed.push(at);
        }
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN, 1_000_001])('refuses a limit of %s', (limit) => {
    expect(() => createRateLimiter(limit, 1000)).toThrow(RangeError);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a window of %s ms', (windowMs) => {
    expect(() => createRateLimiter(1, windowMs)).toThrow(RangeError);
  });
});
