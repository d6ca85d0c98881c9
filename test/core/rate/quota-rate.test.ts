import { describe, expect, it } from 'vitest';
import { aMinute, auto, KINDS, LIMITS, leastFree, MINUTE, PLAIN_RESET, refusals, run, WINDOWS } from './scenario.ts';
import { type SimulationOptions, wasteIn } from './simulate.ts';

describe('headers, alone', () => {
  const windows = WINDOWS.flatMap((kind) => LIMITS.map((limit) => ({ kind, limit })));

  it.each(windows)('uses the limit less the reserve, and gets no 429: %o', ({ kind, limit }) => {
    for (const counted of ['after', 'before'] as const) {
      for (const reset of kind === 'sliding' ? (['next', 'full'] as const) : (['end'] as const)) {
        const { sent } = run({ kind, limit, reset, counted }, counted === 'after' ? 31 : 11, { seed: 2 });
        expect(refusals(sent)).toBe(0);
        expect(aMinute(sent, 1, 11) / (0.8 * limit)).toBeGreaterThan(0.97);
        expect(aMinute(sent, 1, 11) / (0.8 * limit)).toBeLessThan(1.02);
        // One place more or less is due to the moment at which the window ends.
        expect(leastFree(sent, 1, 31)).toBeGreaterThanOrEqual(0.2 * limit - 2);
      }
    }
  });

  it.each(LIMITS)('keeps a fifth of the tokens of a bucket free, and uses the whole refill of %i a minute', (limit) => {
    for (const counted of ['after', 'before'] as const) {
      const { sent } = run({ kind: 'bucket', reset: 'full', limit, counted }, 21);
      expect(refusals(sent)).toBe(0);
      expect(aMinute(sent, 1, 21) / limit).toBeGreaterThan(0.97);
      expect(leastFree(sent, 2, 21) / limit).toBeGreaterThanOrEqual(0.18);
    }
  });

  it.each(LIMITS)('does the same for a bucket of %i whose reset is the next token, or missing', (limit) => {
    for (const reset of ['next', 'none'] as const) {
      const { sent } = run({ kind: 'bucket', reset, limit }, 16);
      expect(refusals(sent)).toBeLessThanOrEqual(1);
      expect(aMinute(sent, 1, 16) / limit).toBeGreaterThan(0.95);
      const late = sent.filter(({ at }) => at > 2 * MINUTE);
      expect(late.reduce((sum, { free }) => sum + free, 0) / late.length / limit).toBeGreaterThan(0.17);
    }
  });

  it.each(windows)('finds a window that no reset names: %o', ({ kind, limit }) => {
    for (const reset of ['none', 'zero-while-free'] as const) {
      const { sent } = run({ kind, limit, reset }, 16, { seed: 3 });
      expect(aMinute(sent, 1, 11) / (0.8 * limit)).toBeGreaterThan(0.9);
      expect(aMinute(sent, 1, 11) / (0.8 * limit)).toBeLessThan(1.1);
      expect(wasteIn(sent, 3 * MINUTE, 16 * MINUTE)).toBe(0);
    }
  });

  it.each([
    [100, 5000],
    [20, 1000],
    [50, 1000],
    [200, 10_000],
    [1000, 1_200_000],
    [100, 3_600_000],
  ])('works for a limit of %i in %i ms', (limit, windowMs) => {
    const minutes = Math.max(2, (8 * windowMs) / MINUTE);
    for (const kind of KINDS) {
      const { sent } = run({ kind, reset: PLAIN_RESET[kind], limit, windowMs, latency: [20, 60] }, minutes);
      expect(refusals(sent)).toBe(0);
      const share = (aMinute(sent, minutes / 2, minutes) * windowMs) / MINUTE / limit;
      // A bucket that fills in less than the second to which `reset` is rounded is taken for a slower one.
      expect(share).toBeGreaterThan(kind === 'bucket' && windowMs > 1000 ? 0.95 : 0.74);
      expect(share).toBeLessThan(kind === 'bucket' ? 1.03 : 0.83);
    }
  });

  it.each([
    [10, 1000],
    [50, 1000],
    [100, 10_000],
  ])('is not slowed by a reset that is a time of day in whole seconds: %i in %i ms', (limit, windowMs) => {
    for (const kind of WINDOWS) {
      const server = { kind, reset: PLAIN_RESET[kind], whole: 'time', limit, windowMs, phaseMs: 370 } as const;
      const { sent } = run({ ...server, latency: [20, 60] }, 4);
      const share = (aMinute(sent, 1, 4) * windowMs) / MINUTE / (0.8 * limit);
      expect(share).toBeGreaterThan(0.9);
      expect(share).toBeLessThan(1.1);
      expect(refusals(sent)).toBe(0);
    }
  });

  it('keeps the reserve that is asked for, and uses nearly everything without one', () => {
    for (const kind of WINDOWS) {
      const reset = PLAIN_RESET[kind];
      const { sent } = run({ kind, reset }, 10, {}, auto(60));
      expect(aMinute(sent, 3, 10)).toBeLessThan(42);
      expect(leastFree(sent, 1, 10)).toBeGreaterThanOrEqual(58);
      const all = run({ kind, reset }, 10, {}, auto(0)).sent;
      expect(aMinute(all, 3, 10)).toBeGreaterThan(93);
      expect(refusals(all)).toBe(0);
    }
  });

  it('waits for the responses of a slow server', () => {
    for (const kind of KINDS) {
      const { sent } = run({ kind, reset: PLAIN_RESET[kind], latency: [300, 2000], limit: 600 }, 9);
      expect(aMinute(sent, 4, 9)).toBeGreaterThan(440);
      expect(refusals(sent)).toBe(0);
    }
  });

  it('needs headers in a part of the responses only', () => {
    for (const kind of KINDS) {
      const { sent } = run({ kind, reset: PLAIN_RESET[kind], headers: 'some' }, 15);
      expect(aMinute(sent, 5, 15)).toBeGreaterThan(70);
      expect(aMinute(sent, 5, 15)).toBeLessThan(kind === 'bucket' ? 105 : 90);
      expect(refusals(sent)).toBe(0);
    }
  });

  it('never sends twice as much as in the second before, or as at the start', () => {
    for (const kind of KINDS) {
      for (const reset of [PLAIN_RESET[kind], 'none'] as const) {
        const { sent } = run({ kind, reset, limit: 600, phaseMs: 59_500, latency: [20, 60] }, 1);
        const perSecond = Array.from({ length: 30 }, (_, s) => aMinute(sent, s / 60, (s + 1) / 60) / 60);
        for (let s = 1; s < 30; s++) {
          expect(perSecond[s]).toBeLessThanOrEqual(2 * Math.max(perSecond[s - 1] as number, 6));
        }
      }
    }
  });

  it('continues after a long time in which nothing was sent', () => {
    for (const kind of KINDS) {
      for (const reset of [PLAIN_RESET[kind], 'none'] as const) {
        const { sent } = run({ kind, reset }, 30, { idle: [5 * MINUTE, 18 * MINUTE] });
        expect(wasteIn(sent, 17 * MINUTE, 30 * MINUTE)).toBe(0);
        expect(aMinute(sent, 22, 30)).toBeGreaterThan(72);
      }
    }
  });

  it('follows a limit that changes', () => {
    for (const kind of WINDOWS) {
      const limitAt = [
        { at: 5 * MINUTE, limit: 30 },
        { at: 15 * MINUTE, limit: 300 },
      ];
      const { sent } = run({ kind, reset: PLAIN_RESET[kind] }, 25, { limitAt });
      expect(aMinute(sent, 3, 5)).toBeGreaterThan(72);
      expect(aMinute(sent, 8, 15)).toBeGreaterThan(22);
      expect(aMinute(sent, 8, 15)).toBeLessThan(27);
      expect(aMinute(sent, 19, 25)).toBeGreaterThan(220);
      expect(aMinute(sent, 19, 25)).toBeLessThan(260);
    }
  });

  it('is not stopped by counts that are wrong by three in a hundred', () => {
    for (const kind of KINDS) {
      const lie: SimulationOptions['lie'] = (honest, random) => {
        const remaining = Math.round((honest.remaining ?? 0) + 3 * (2 * random() - 1));
        return { ...honest, remaining: Math.max(0, Math.min(100, remaining)) };
      };
      const { sent } = run({ kind, reset: PLAIN_RESET[kind] }, 20, { lie });
      expect(aMinute(sent, 5, 20)).toBeGreaterThan(70);
      expect(refusals(sent)).toBeLessThanOrEqual(1);
    }
  });

  it('names the limit of the server, and its window once it is known', () => {
    const control = auto();
    expect(control.serverLimit()).toBeNull();
    run({ reset: 'none', limit: 1000 }, 0.2, {}, control);
    expect(control.serverLimit()).toEqual({ limit: 1000, windowMs: null });
    run({ kind: 'first', reset: 'end' }, 5, {}, control);
    expect(control.serverLimit()?.limit).toBe(100);
    expect(control.serverLimit()?.windowMs).toBeGreaterThan(57_000);
    expect(control.serverLimit()?.windowMs).toBeLessThan(63_000);
  });
});

describe('headers, beside another client', () => {
  it.each(KINDS)('leaves it what it takes, and takes all back within two windows: %s', (kind) => {
    for (const limit of LIMITS) {
      for (const seed of limit === 600 ? [1] : [1, 2, 3]) {
        const rival = { fromMs: 10 * MINUTE, toMs: 25 * MINUTE, perSecond: limit / 120 };
        const server = { kind, reset: PLAIN_RESET[kind], limit, phaseMs: 17_000 * seed };
        const { sent, rival: theirs } = run(server, 35, { seed, rival });
        const room = kind === 'bucket' ? 1 : 0.8;
        const beside = aMinute(sent, 12, 25) / ((room - 0.5) * limit);
        // 6 of 20 a minute are left, and one request more or less is a sixth of them.
        expect(beside).toBeGreaterThan(limit === 20 ? 0.8 : 0.9);
        expect(beside).toBeLessThan(limit === 20 ? 1.35 : 1.1);
        expect(aMinute(sent, 27, 35) / (room * limit)).toBeGreaterThan(0.97);
        expect(refusals(sent)).toBeLessThanOrEqual(1);
        expect(wasteIn(theirs, 12 * MINUTE, 25 * MINUTE)).toBeLessThan(0.02);
      }
    }
  });

  it.each(KINDS)('is back within some minutes after a client that took nearly all: %s', (kind) => {
    for (const fromMs of [0, 10 * MINUTE]) {
      for (const reset of [PLAIN_RESET[kind], 'none'] as const) {
        const rival = { fromMs, toMs: 70 * MINUTE, perSecond: 1.5 };
        const { sent } = run({ kind, reset }, 100, { rival });
        expect(wasteIn(sent, 11 * MINUTE, 70 * MINUTE)).toBeLessThan(0.1);
        expect(aMinute(sent, reset === 'none' ? 90 : 75, 100)).toBeGreaterThan(75);
      }
    }
  });

  it('shares a window of seconds', () => {
    for (const kind of KINDS) {
      const rival = { fromMs: 0, toMs: 2 * MINUTE, perSecond: 10 };
      const server = { kind, reset: PLAIN_RESET[kind], limit: 100, windowMs: 5000 } as const;
      const { sent } = run(server, 4, { rival });
      const room = (kind === 'bucket' ? 0.5 : 0.3) * 1200;
      expect(aMinute(sent, 1, 2) / room).toBeGreaterThan(0.9);
      expect(aMinute(sent, 1, 2) / room).toBeLessThan(1.12);
      expect(aMinute(sent, 2.5, 4) / (room + 600)).toBeGreaterThan(0.97);
    }
  });
});
