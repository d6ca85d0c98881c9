import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateControl, type RateObservation } from '../../../src/core/rate/rate-control.ts';
import type { ServerOptions } from './limiters.ts';
import { aMinute, auto, fixed, KINDS, MINUTE, PLAIN_RESET, refusals, run, SERVER } from './scenario.ts';
import { allowedIn, type SimulationOptions, simulate, wasteIn } from './simulate.ts';

describe('a fixed rate', () => {
  it('is never exceeded, and is reached if the server allows it', () => {
    for (const headers of ['all', 'none'] as const) {
      const { sent, rates } = run({ limit: 6000, headers }, 5, {}, fixed(10));
      expect(Math.max(...rates)).toBeLessThanOrEqual(10);
      expect(aMinute(sent, 0, 5)).toBeGreaterThan(590);
    }
  });

  it('gives way to a server that allows less, before its quota runs out', () => {
    for (const kind of KINDS) {
      const { sent } = run({ kind, reset: PLAIN_RESET[kind] }, 10, {}, fixed(50));
      expect(aMinute(sent, 2, 10)).toBeGreaterThan(93);
      expect(refusals(sent)).toBe(0);
    }
  });

  it('gives way after a 429 where there are no headers', () => {
    for (const kind of KINDS) {
      const { sent } = run({ kind, headers: 'none' }, 41, {}, fixed(50));
      expect(aMinute(sent, 11, 41)).toBeGreaterThan(75);
      expect(wasteIn(sent, 11 * MINUTE, 41 * MINUTE)).toBeLessThan(0.02);
    }
  });

  it('works with windows of seconds', () => {
    for (const kind of KINDS) {
      const server = { kind, reset: PLAIN_RESET[kind], limit: 100, windowMs: 5000 } as const;
      const { sent } = run(server, 4, {}, fixed(50));
      expect(aMinute(sent, 1, 4)).toBeGreaterThan(1100);
      expect(refusals(sent)).toBeLessThanOrEqual(1);
    }
  });
});

describe('headers that are wrong', () => {
  const lies: [string, SimulationOptions['lie']][] = [
    ['always as much is left', (honest) => ({ ...honest, remaining: honest.limit })],
    ['always one is left', (honest) => ({ ...honest, remaining: 1 })],
    ['more is left than the limit', (honest) => ({ ...honest, remaining: (honest.limit ?? 0) + 5 })],
    ['less than nothing is left', (honest) => ({ ...honest, remaining: -1 })],
    ['a limit of 0', (honest) => ({ ...honest, limit: 0 })],
    ['no limit', (honest) => ({ ...honest, limit: null })],
    [
      'fractions',
      ({ limit, remaining, ...rest }) => ({ ...rest, limit: (limit ?? 0) + 0.3, remaining: (remaining ?? 0) + 0.2 }),
    ],
    ['a limit that is no number', (honest) => ({ ...honest, limit: Number.NaN })],
    ['a reset in a year', (honest) => ({ ...honest, resetMs: 3.2e10 })],
    ['a reset in the past', (honest) => ({ ...honest, resetMs: -5000 })],
    ['a random reset', (honest, random) => ({ ...honest, resetMs: random() * 500_000 })],
  ];

  it.each(lies)('neither stop a run nor make it run wild: %s', (what, lie) => {
    for (const kind of ['aligned', 'sliding'] as const) {
      const options = lie === undefined ? {} : { lie };
      const { sent } = run({ kind, reset: PLAIN_RESET[kind] }, 30, options);
      // One that is left for ever looks like another client that takes all: a probe a minute.
      expect(aMinute(sent, 10, 30)).toBeGreaterThan(what === 'always one is left' ? 0.9 : 8);
      expect(wasteIn(sent, 5 * MINUTE, 30 * MINUTE)).toBeLessThan(0.12);
    }
  });

  it('are ignored for half an hour after they have broken their promises', () => {
    const lie: SimulationOptions['lie'] = (honest) => ({ ...honest, remaining: honest.limit });
    const { sent } = run({ kind: 'aligned', reset: 'end', limit: 60 }, 70, { lie });
    expect(aMinute(sent, 10, 70)).toBeGreaterThan(35);
    expect(wasteIn(sent, 5 * MINUTE, 70 * MINUTE)).toBeLessThan(0.1);
  });

  it('and random 429s do not bring it to a crawl', () => {
    const { sent } = run({ kind: 'aligned', reset: 'end', refuses: 0.02 }, 30);
    expect(aMinute(sent, 5, 30)).toBeGreaterThan(25);
  });

  it('count no longer when they have been missing for long', () => {
    const control = auto();
    run({}, 5, {}, control);
    expect(control.rate(5 * MINUTE)).toBeLessThan(2);
    const before = control.rate(14 * MINUTE);
    control.onResponse(16 * MINUTE, {
      limit: null,
      remaining: null,
      resetMs: null,
      resetRoundingMs: 0,
      throttled: false,
      sentAt: 16 * MINUTE,
    });
    expect(control.rate(16 * MINUTE)).toBeGreaterThan(0);
    expect(before).toBeLessThan(2);
  });
});

describe('any server', () => {
  const server = {
    kind: fc.constantFrom(...KINDS),
    counted: fc.constantFrom('after', 'before'),
    phaseMs: fc.nat(600_000),
  } as const;
  // The simulation of a few hundred requests a second would take too long.
  const isSlow = ({ limit, windowMs }: { limit: number; windowMs: number }) => limit / windowMs < 0.03;

  it('gets requests for ever, at a finite rate above 0 that does not exceed the cap', () => {
    const anyServer: fc.Arbitrary<ServerOptions> = fc.record({
      ...server,
      limit: fc.integer({ min: 1, max: 2000 }),
      windowMs: fc.constantFrom(1000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000),
      reset: fc.constantFrom('end', 'next', 'zero-while-free', 'full', 'none'),
      whole: fc.constantFrom('ceil', 'floor', 'round', 'fraction', 'time'),
      headers: fc.constantFrom('all', 'none', 'only-429', 'some', 'limit-remaining'),
      latency: fc.constantFrom<[number, number]>([5, 20], [20, 200], [100, 1500]),
      refuses: fc.constantFrom(0, 0, 0.01),
    });
    const settings = fc.record({ seed: fc.nat(), cap: fc.constantFrom(null, 1, 7.5, 100), reserve: fc.nat(90) });
    fc.assert(
      fc.property(anyServer.filter(isSlow), settings, (any, { seed, cap, reserve }) => {
        const control = createRateControl({ cap, reserve, startPerSecond: cap ?? 5 });
        const { sent, rates } = simulate(control, any, 10 * MINUTE, { seed });
        for (const rate of rates) if (!(rate > 0 && rate <= (cap ?? 10_000))) expect.fail(`a rate of ${rate}`);
        if (any.windowMs <= MINUTE) expect(sent.some(({ at }) => at > 7 * MINUTE)).toBe(true);
      }),
      { numRuns: 60, seed: 20_261_128 },
    );
  });

  it('with honest headers gives no 429 to a client that is alone, is used, and keeps its reserve', () => {
    const honest = fc.record({
      ...server,
      limit: fc.integer({ min: 20, max: 1000 }),
      windowMs: fc.constantFrom(5000, 10_000, 30_000, 60_000, 300_000),
      whole: fc.constantFrom('ceil', 'round', 'fraction'),
      latency: fc.constantFrom<[number, number]>([5, 20], [20, 200], [50, 400]),
      names: fc.constantFrom('next', 'full'),
    });
    const settings = fc.record({ seed: fc.nat(), reserve: fc.integer({ min: 15, max: 80 }) });
    fc.assert(
      fc.property(honest.filter(isSlow), settings, ({ names, ...any }, { seed, reserve }) => {
        const reset = any.kind === 'sliding' ? (names as 'next' | 'full') : PLAIN_RESET[any.kind];
        const options = { ...SERVER, ...any, reset } as ServerOptions;
        const { limit, windowMs } = options;
        const { sent } = simulate(auto(reserve), options, 20 * windowMs, { seed, inFlight: 400 });
        expect(refusals(sent)).toBe(0);
        const room = limit * (options.kind === 'bucket' ? 1 : 1 - reserve / 100);
        const used = allowedIn(sent, 10 * windowMs, 20 * windowMs) / 10 / room;
        expect(used).toBeGreaterThan(0.92);
        expect(used).toBeLessThan(1.12);
        const steady = sent.filter(({ at }) => at > 3 * windowMs);
        const free = Math.min(...steady.map((one) => one.free));
        // Requests that arrive out of order, and the one in doubt, may take a little of it for a moment.
        const inDoubt = 2 + (room / windowMs) * (options.latency[1] / 2);
        expect(free).toBeGreaterThanOrEqual((limit * reserve) / 100 - inDoubt);
      }),
      { numRuns: 60, seed: 20_261_128 },
    );
  });
});

describe('a server that names a quota once, and then no more', () => {
  type Named = Pick<RateObservation, 'limit' | 'remaining' | 'resetMs'>;

  /** Sends for `seconds` in the slots of the rate, and pauses after an empty quota as all requests do. */
  function drive(named: (n: number) => Named | null, seconds: number, latencyMs = 50): number[] {
    const control = createRateControl({ cap: null, reserve: 20, startPerSecond: 5 });
    const sent: number[] = [];
    const due: { at: number; sentAt: number; quota: Named | null }[] = [];
    let pausedUntil = 0;
    for (let now = 0; now < seconds * 1000; now += 10) {
      while (due[0] !== undefined && due[0].at <= now) {
        const { at, sentAt, quota } = due.shift() as (typeof due)[0];
        const observed = { ...(quota ?? NOTHING), resetRoundingMs: 0, throttled: false, sentAt };
        control.onResponse(at, observed);
        if (quota?.remaining === 0) pausedUntil = at + (quota.resetMs ?? 1000);
      }
      const last = sent.at(-1) ?? Number.NEGATIVE_INFINITY;
      if (now < pausedUntil || now < last + 1000 / control.rate(now)) continue;
      control.onSent(now);
      sent.push(now);
      due.push({ at: now + latencyMs, sentAt: now, quota: named(sent.length) });
    }
    return sent;
  }

  const NOTHING: Named = { limit: null, remaining: null, resetMs: null };
  const longestGap = (sent: number[], from: number) =>
    Math.max(...sent.slice(1).map((at, n) => (at > from ? at - Math.max(from, sent[n] as number) : 0)));

  it.each([
    ['at the first response', 1, 0, 5000],
    ['at the first response, with a long reset', 1, 0, 60_000],
    ['at the first response, with no reset', 1, 0, null],
    ['with others in flight', 3, 0, 5000],
    ['after a while', 40, 0, 30_000],
    ['and something was left', 10, 40, 30_000],
  ])('does not crawl: %s', (_what, at, remaining, resetMs) => {
    const sent = drive((n) => (n === at ? { limit: 100, remaining, resetMs } : null), 150, 300);
    const over = (sent[at - 1] as number) + (resetMs ?? 1000);
    expect(longestGap(sent, over + 500)).toBeLessThanOrEqual(1500);
    expect(sent.filter((time) => time > over + 20_000 && time <= over + 30_000).length).toBeGreaterThan(45);
  });

  it('follows the quota again when the server names one', () => {
    const sent = drive(
      (n) => (n === 1 || n > 200 ? { limit: 100, remaining: n === 1 ? 0 : 90, resetMs: 5000 } : null),
      300,
    );
    expect(sent.filter((time) => time > 250_000 && time <= 260_000).length).toBeLessThan(200);
  });
});
