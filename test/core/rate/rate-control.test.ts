import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateControl } from '../../../src/core/rate/rate-control.ts';
import type { ServerOptions } from './limiters.ts';
import { allowedIn, type Simulation, type SimulationOptions, simulate, wasteIn } from './simulate.ts';

const MINUTE = 60_000;
const KINDS = ['aligned', 'first', 'sliding', 'bucket'] as const;
const LIMITS = [20, 100, 600];

const SERVER: ServerOptions = {
  kind: 'sliding',
  limit: 100,
  windowMs: MINUTE,
  reset: 'next',
  whole: 'ceil',
  counted: 'after',
  headers: 'all',
  latency: [20, 200],
  phaseMs: 17_000,
  refuses: 0,
};

/** What `reset` tells where it is the plainest for the kind of limiter. */
const PLAIN = { aligned: 'end', first: 'end', sliding: 'next', bucket: 'full' } as const;

function run(
  server: Partial<ServerOptions>,
  minutes: number,
  options: SimulationOptions = {},
  control = createRateControl({ cap: null, reserve: 20, startPerSecond: 5 }),
): Simulation {
  return simulate(control, { ...SERVER, ...server }, minutes * MINUTE, options);
}

/** The mean of requests that were allowed, a minute. */
const aMinute = ({ sent }: Simulation, from: number, to: number) =>
  allowedIn(sent, from * MINUTE, to * MINUTE) / (to - from);

const refused = ({ sent }: Simulation) => sent.filter((one) => one.refused).length;

describe('the pace that headers lead to', () => {
  const resets: [ServerOptions['kind'], ServerOptions['reset']][] = [
    ['aligned', 'end'],
    ['aligned', 'zero-while-free'],
    ['first', 'end'],
    ['sliding', 'next'],
    ['sliding', 'full'],
    ['sliding', 'zero-while-free'],
    ['sliding', 'none'],
    ['bucket', 'full'],
    ['bucket', 'next'],
    ['bucket', 'zero-while-free'],
    ['bucket', 'none'],
  ];
  const servers = resets.flatMap(([kind, reset]) => LIMITS.map((limit) => ({ kind, reset, limit })));

  it.each(servers)('settles at the limit less the reserve, and is not refused: %o', (server) => {
    for (const counted of ['after', 'before'] as const) {
      const { kind, reset, limit } = server;
      // The first of fixed windows says little about the next where nothing names its end.
      const isGuessed = kind === 'aligned' && reset !== 'end';
      const seen = run({ ...server, counted }, 41, { seed: 2 });
      expect(aMinute(seen, 1, 11) / (limit * 0.8)).toBeGreaterThanOrEqual(isGuessed ? 0.85 : 0.95);
      expect(aMinute(seen, 11, 41) / (limit * 0.8)).toBeGreaterThanOrEqual(0.95);
      expect(aMinute(seen, 11, 41) / (limit * 0.8)).toBeLessThan(1.1);
      expect(wasteIn(seen.sent, 11 * MINUTE, 41 * MINUTE)).toBeLessThanOrEqual(0.002);
    }
  });

  it.each([1000, 10_000, 3_600_000])('works for a window of %i ms', (windowMs) => {
    for (const kind of KINDS) {
      const seen = run({ kind, reset: PLAIN[kind], windowMs, limit: 100 }, Math.max(3, (windowMs * 4) / MINUTE));
      const minutes = Math.max(3, (windowMs * 4) / MINUTE);
      const whole = (minutes / 2) * MINUTE;
      const share = (allowedIn(seen.sent, whole, 2 * whole) * windowMs) / whole / 80;
      expect(share).toBeGreaterThan(0.75);
      expect(share).toBeLessThan(1.15);
      expect(refused(seen)).toBeLessThanOrEqual(2);
    }
  });

  it.each([
    [10, 1000],
    [50, 1000],
    [100, 10_000],
  ])('is not slowed by a reset that is a time of day in whole seconds: %i in %i ms', (limit, windowMs) => {
    for (const kind of ['aligned', 'first', 'sliding'] as const) {
      const server = { kind, reset: PLAIN[kind], whole: 'time', limit, windowMs, phaseMs: 370 } as const;
      const seen = run({ ...server, latency: [20, 60] }, 4);
      const share = (aMinute(seen, 1, 4) * windowMs) / MINUTE / (limit * 0.8);
      expect(share).toBeGreaterThan(windowMs === 1000 ? 0.85 : 0.95);
      expect(share).toBeLessThan(1.06);
      expect(wasteIn(seen.sent, MINUTE, 4 * MINUTE)).toBeLessThanOrEqual(0.002);
    }
  });

  it('waits for the answers of a slow server', () => {
    for (const kind of KINDS) {
      const seen = run({ kind, reset: PLAIN[kind], latency: [300, 2000], limit: 600 }, 15);
      expect(aMinute(seen, 5, 15)).toBeGreaterThan(420);
      expect(wasteIn(seen.sent, 0, 15 * MINUTE)).toBeLessThan(0.002);
    }
  });

  it('is the same where only some answers have them, or no reset', () => {
    for (const kind of KINDS) {
      for (const headers of ['some', 'limit-remaining'] as const) {
        const seen = run({ kind, reset: PLAIN[kind], headers }, 15);
        expect(aMinute(seen, 5, 15)).toBeGreaterThan(70);
        expect(aMinute(seen, 5, 15)).toBeLessThan(kind === 'bucket' ? 105 : 92);
        expect(wasteIn(seen.sent, MINUTE, 15 * MINUTE)).toBeLessThan(0.01);
      }
    }
  });

  it('leaves more where more is to be left, and nearly all is used where nothing is', () => {
    const with60 = createRateControl({ cap: null, reserve: 60, startPerSecond: 5 });
    expect(aMinute(run({}, 10, {}, with60), 3, 10)).toBeLessThan(42);
    const with0 = createRateControl({ cap: null, reserve: 0, startPerSecond: 5 });
    const all = run({}, 10, {}, with0);
    expect(aMinute(all, 3, 10)).toBeGreaterThan(93);
    expect(refused(all)).toBeLessThanOrEqual(1);
  });

  it.each([20, 50, 90])('leaves %i percent of what a bucket is filled with, however its reset is told', (reserve) => {
    for (const limit of [100, 600]) {
      for (const whole of ['ceil', 'floor', 'fraction'] as const) {
        // A tenth of a hundred is back in six seconds, which whole ones cut off say too little about.
        if (reserve === 90 && whole === 'floor') continue;
        const control = createRateControl({ cap: null, reserve, startPerSecond: 5 });
        const seen = run({ kind: 'bucket', reset: 'full', whole, limit }, 16, {}, control);
        const share = aMinute(seen, 6, 16) / (limit * (1 - reserve / 100));
        expect(share).toBeGreaterThan(reserve === 90 ? 0.8 : 0.9);
        expect(share).toBeLessThan(reserve === 90 ? 1.2 : 1.07);
      }
    }
  });

  it.each([100, 600])('keeps the reserve of a bucket of %i that does not tell when it is full', (limit) => {
    for (const reset of ['next', 'none'] as const) {
      for (const seed of [1, 2, 3]) {
        const seen = run({ kind: 'bucket', reset, limit }, 31, { seed });
        expect(aMinute(seen, 1, 31) / (limit * 0.8)).toBeGreaterThan(0.93);
        expect(aMinute(seen, 1, 31) / (limit * 0.8)).toBeLessThan(1.07);
      }
    }
  });

  it('looks whether a bucket is filled as fast as before again, when another client has left', () => {
    const rival = { fromMs: 10 * MINUTE, toMs: 20 * MINUTE, perSecond: 5 };
    const seen = run({ kind: 'bucket', reset: 'none', limit: 600 }, 45, { rival });
    expect(aMinute(seen, 12, 20)).toBeLessThan(320);
    expect(aMinute(seen, 35, 45) / 480).toBeGreaterThan(0.93);
    expect(aMinute(seen, 35, 45) / 480).toBeLessThan(1.07);
  });

  it.each(KINDS)('never sends twice as much as in the second before, or what it begins with: %s', (kind) => {
    for (const reset of [PLAIN[kind], 'none'] as const) {
      for (const phaseMs of [17_000, 59_500]) {
        const { sent } = run({ kind, reset, limit: 600, phaseMs, latency: [20, 60] }, 1);
        for (let s = 1; s < 30; s++) {
          const [before, now] = [s - 1, s].map((from) => allowedIn(sent, from * 1000, (from + 1) * 1000));
          expect(now).toBeLessThanOrEqual(2 * Math.max(before as number, 6));
        }
      }
    }
  });

  it.each(KINDS)('gives way within two windows to another client that takes half of 600 a minute: %s', (kind) => {
    const rival = { fromMs: 10 * MINUTE, toMs: 20 * MINUTE, perSecond: 5 };
    const seen = run({ kind, reset: PLAIN[kind], limit: 600 }, 27, { rival });
    expect(aMinute(seen, 8, 10)).toBeGreaterThan(450);
    // 600 less a fifth for the reserve and a half for the other client.
    expect(aMinute(seen, 12, 20)).toBeGreaterThan(150);
    expect(aMinute(seen, 12, 20)).toBeLessThan(190);
    expect(wasteIn(seen.sent, 12 * MINUTE, 20 * MINUTE)).toBeLessThanOrEqual(0.002);
    expect(wasteIn(seen.rival, 12 * MINUTE, 20 * MINUTE)).toBeLessThanOrEqual(0.002);
    expect(aMinute(seen, 23, 27)).toBeGreaterThan(450);
  });

  const shared = [...resets, ['aligned', 'none'], ['first', 'none'], ['first', 'zero-while-free']] as typeof resets;

  it.each(shared)('gives way within two windows to another client, and takes the room back: %s, %s', (kind, reset) => {
    for (const [limit, seed] of LIMITS.flatMap((limit) => [2, 3].map((seed) => [limit, seed] as const))) {
      const rival = { fromMs: 15 * MINUTE, toMs: 30 * MINUTE, perSecond: limit / 120 };
      const seen = run({ kind, reset, limit, phaseMs: 7919 * seed }, 40, { rival, seed });
      expect(aMinute(seen, 12, 15) / (0.8 * limit)).toBeGreaterThan(0.9);
      // The limit less a fifth for the reserve and a half for the other client; of 20 that is six, give or take one.
      expect(aMinute(seen, 17, 30) / (0.3 * limit)).toBeGreaterThan(limit === 20 ? 0.7 : 0.85);
      expect(aMinute(seen, 17, 30) / (0.3 * limit)).toBeLessThan(limit === 20 ? 1.35 : 1.15);
      expect(wasteIn(seen.sent, 15 * MINUTE, 40 * MINUTE)).toBeLessThanOrEqual(0.002);
      expect(wasteIn(seen.rival, 17 * MINUTE, 30 * MINUTE)).toBeLessThanOrEqual(limit === 20 ? 0.02 : 0.005);
      expect(aMinute(seen, 32, 40) / (0.8 * limit)).toBeGreaterThan(0.9);
    }
  });

  it.each([0.25, 0.7])('leaves to another client what it takes, be it little or much: %d of the limit', (share) => {
    for (const [kind, reset] of shared) {
      const rival = { fromMs: 15 * MINUTE, toMs: 30 * MINUTE, perSecond: (share * 100) / 60 };
      const seen = run({ kind, reset }, 40, { rival });
      expect(aMinute(seen, 17, 30) / (100 * (0.8 - share))).toBeGreaterThan(0.7);
      expect(aMinute(seen, 17, 30) / (100 * (0.8 - share))).toBeLessThan(1.5);
      expect(wasteIn(seen.rival, 17 * MINUTE, 30 * MINUTE)).toBeLessThanOrEqual(0.01);
      expect(aMinute(seen, 33, 40)).toBeGreaterThan(72);
    }
  });

  it.each([
    [20, 0],
    [20, 10],
    [100, 0],
    [100, 10],
  ])('leaves half of %i a minute to another client from minute %i on for as long as it is there', (limit, from) => {
    for (const reset of ['next', 'none'] as const) {
      const rival = { fromMs: from * MINUTE, toMs: (from + 30) * MINUTE, perSecond: limit / 120 };
      const seen = run({ reset, limit }, from + 40, { rival });
      // Never near nothing for many windows because places of others look like ours that do not come back.
      expect(aMinute(seen, from + 8, from + 18) / (limit * 0.3)).toBeGreaterThan(reset === 'none' ? 0.4 : 0.6);
      expect(aMinute(seen, from + 18, from + 28) / (limit * 0.3)).toBeGreaterThan(0.8);
      expect(aMinute(seen, from + 8, from + 28) / (limit * 0.3)).toBeLessThan(1.2);
      expect(aMinute(seen, from + 33, from + 40) / (limit * 0.8)).toBeGreaterThan(0.95);
    }
  });

  it('follows a limit that changes', () => {
    const limitAt = [
      { at: 5 * MINUTE, limit: 30 },
      { at: 15 * MINUTE, limit: 300 },
    ];
    const seen = run({}, 25, { limitAt });
    expect(aMinute(seen, 3, 5)).toBeGreaterThan(72);
    expect(aMinute(seen, 8, 15)).toBeGreaterThan(22);
    expect(aMinute(seen, 8, 15)).toBeLessThan(27);
    expect(aMinute(seen, 19, 25)).toBeGreaterThan(220);
    expect(aMinute(seen, 19, 25)).toBeLessThan(260);
  });

  it.each([
    ['aligned', 'end'],
    ['first', 'end'],
    ['sliding', 'next'],
    ['sliding', 'full'],
    ['sliding', 'zero-while-free'],
  ] as const)(
    'is back within three windows when a limit is lowered for a while and put back: %s, %s',
    (kind, reset) => {
      for (const limit of [100, 600]) {
        for (const whole of ['ceil', 'time'] as const) {
          const limitAt = [
            { at: 5 * MINUTE, limit: Math.round(limit / 6) },
            { at: 15 * MINUTE, limit },
          ];
          const seen = run({ kind, reset, limit, whole }, 25, { limitAt });
          expect(aMinute(seen, 7, 15) / (0.8 * Math.round(limit / 6))).toBeGreaterThan(0.7);
          expect(aMinute(seen, 7, 15) / (0.8 * Math.round(limit / 6))).toBeLessThan(1.05);
          expect(aMinute(seen, 18, 25) / (0.8 * limit)).toBeGreaterThan(0.93);
          expect(aMinute(seen, 18, 25) / (0.8 * limit)).toBeLessThan(1.03);
        }
      }
    },
  );

  it.each(['aligned', 'first', 'sliding'] as const)('finds a window that no reset names, and keeps it: %s', (kind) => {
    for (const limit of LIMITS) {
      for (const seed of [1, 2, 3, 4]) {
        const seen = run({ kind, reset: 'none', limit, phaseMs: 7919 * seed }, 25, { seed });
        expect(aMinute(seen, 5, 25) / (0.8 * limit)).toBeGreaterThan(0.9);
        expect(aMinute(seen, 5, 25) / (0.8 * limit)).toBeLessThan(1.2);
        expect(wasteIn(seen.sent, 5 * MINUTE, 25 * MINUTE)).toBeLessThan(0.005);
      }
    }
  });

  it.each(['next', 'none'] as const)('never leaves a small bucket empty for another client: %s', (reset) => {
    for (let seed = 1; seed <= 16; seed++) {
      const rival = { fromMs: 15 * MINUTE, toMs: 30 * MINUTE, perSecond: 1 / 6 };
      const seen = run({ kind: 'bucket', reset, limit: 20 }, 30, { seed, rival });
      expect(wasteIn(seen.rival, 15 * MINUTE, 30 * MINUTE)).toBeLessThan(0.03);
    }
  });

  it('does not take a sliding window for a bucket because little of it is named for long', () => {
    const rival = { fromMs: 15 * MINUTE, toMs: 30 * MINUTE, perSecond: 1 / 6 };
    const seen = run({ kind: 'sliding', reset: 'next', limit: 20, phaseMs: 7919 * 15 }, 50, { seed: 15, rival });
    expect(aMinute(seen, 35, 50) / 16).toBeGreaterThan(0.95);
  });

  it.each(resets)('is not refused, nor stuck, where places are wrong by three in a hundred: %s, %s', (kind, reset) => {
    for (const limit of [100, 600]) {
      const lie: SimulationOptions['lie'] = (told, random) => {
        const remaining = Math.round((told.remaining ?? 0) + 0.03 * limit * (2 * random() - 1));
        return { ...told, remaining: Math.max(0, Math.min(limit, remaining)) };
      };
      const rival = { fromMs: 15 * MINUTE, toMs: 30 * MINUTE, perSecond: limit / 120 };
      const seen = run({ kind, reset, limit }, 45, { lie, rival });
      // The first of fixed windows that nothing names ends sooner or later; a bucket may be taken for a window then.
      expect(aMinute(seen, 5, 15) / (0.8 * limit)).toBeGreaterThan(0.7);
      expect(aMinute(seen, 5, 15) / (0.8 * limit)).toBeLessThan(kind === 'bucket' ? 1.35 : 1.1);
      expect(aMinute(seen, 17, 30) / (0.3 * limit)).toBeGreaterThan(0.5);
      expect(aMinute(seen, 17, 30) / (0.3 * limit)).toBeLessThan(kind === 'bucket' ? 2 : 1.3);
      expect(aMinute(seen, 35, 45) / (0.8 * limit)).toBeGreaterThan(0.85);
      expect(wasteIn(seen.sent, MINUTE, 45 * MINUTE)).toBeLessThanOrEqual(0.002);
      expect(wasteIn(seen.rival, 17 * MINUTE, 30 * MINUTE)).toBeLessThanOrEqual(0.005);
    }
  });

  it('goes on after a long time in which nothing was sent', () => {
    const seen = run({}, 30, { idle: [5 * MINUTE, 18 * MINUTE] });
    expect(refused(seen)).toBeLessThanOrEqual(2);
    expect(aMinute(seen, 22, 30)).toBeGreaterThan(72);
  });

  it('tells what the server has named', () => {
    const control = createRateControl({ cap: null, reserve: 20, startPerSecond: 5 });
    expect(control.seen()).toBeNull();
    // As long as no place has come back, the window may be of any length.
    run({ reset: 'none', limit: 1000 }, 0.2, {}, control);
    expect(control.seen()).toEqual({ limit: 1000, windowMs: null });
    run({ kind: 'first', reset: 'end' }, 5, {}, control);
    expect(control.seen()?.limit).toBe(100);
    expect(control.seen()?.windowMs).toBeGreaterThan(57_000);
    expect(control.seen()?.windowMs).toBeLessThan(63_000);
  });
});

describe('headers that lie', () => {
  const lies: [string, SimulationOptions['lie']][] = [
    ['always as much is left', (told) => ({ ...told, remaining: told.limit })],
    ['more is left than the limit', (told) => ({ ...told, remaining: (told.limit ?? 0) + 5 })],
    ['a limit of nothing', (told) => ({ ...told, limit: 0 })],
    ['a limit that is not there', (told) => ({ ...told, limit: null })],
    ['a reset in a hundred years', (told) => ({ ...told, resetMs: 3e12 })],
    ['a reset by chance', (told, random) => ({ ...told, resetMs: random() * 500_000 })],
  ];

  it.each(lies)('do not stop a run, nor make it run wild: %s', (_what, lie) => {
    const seen = run({ kind: 'aligned', reset: 'end' }, 30, lie === undefined ? {} : { lie });
    expect(aMinute(seen, 10, 30)).toBeGreaterThan(8);
    expect(wasteIn(seen.sent, 5 * MINUTE, 30 * MINUTE)).toBeLessThan(0.12);
  });

  it('are believed again after some time', () => {
    // For ten minutes others take all that is left, and the headers do not say so.
    const lie: SimulationOptions['lie'] = (told) => ({ ...told, remaining: told.limit });
    const control = createRateControl({ cap: null, reserve: 20, startPerSecond: 5 });
    const server: ServerOptions = { ...SERVER, kind: 'first', reset: 'end' };
    simulate(control, server, 10 * MINUTE, { lie });
    expect(control.rate(10 * MINUTE)).toBeLessThan(5);
  });
});

describe('the pace without headers', () => {
  const servers = KINDS.flatMap((kind) => LIMITS.map((limit) => ({ kind, limit })));

  it.each(servers)('nears the limit of the server, and is seldom refused: %o', (server) => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const seen = run({ ...server, headers: 'none', phaseMs: 17_000 * seed }, 41, { seed });
      expect(aMinute(seen, 1, 11) / (0.8 * server.limit)).toBeGreaterThan(0.95);
      expect(wasteIn(seen.sent, 11 * MINUTE, 41 * MINUTE)).toBeLessThanOrEqual(0.02);
    }
  });

  it('does not go back to a pace that a bucket cannot bear when its first tokens are gone', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const seen = run({ kind: 'bucket', limit: 20, headers: 'none' }, 11, { seed });
      expect(wasteIn(seen.sent, MINUTE, 11 * MINUTE)).toBeLessThan(0.1);
    }
  });

  it('begins at five a second and climbs by one a second each second', () => {
    const seen = run({ headers: 'none', limit: 1_000_000 }, 0.5);
    const within = (from: number, to: number) => allowedIn(seen.sent, from * 1000, to * 1000);
    expect(within(0, 1)).toBeLessThanOrEqual(7);
    expect(within(10, 11)).toBeGreaterThan(11);
    expect(within(10, 11)).toBeLessThan(20);
  });

  it('does not grow beyond what is made use of', () => {
    const control = createRateControl({ cap: null, reserve: 20, startPerSecond: 5 });
    const seen = run({ headers: 'none', limit: 1_000_000, latency: [500, 500] }, 5, { inFlight: 10 }, control);
    // Ten in flight for half a second each are twenty a second.
    expect(aMinute(seen, 1, 5)).toBeGreaterThan(1150);
    expect(control.rate(5 * MINUTE)).toBeLessThan(60);
  });

  it('goes by the headers that only refusals have', () => {
    const seen = run({ kind: 'first', reset: 'end', headers: 'only-429' }, 31);
    expect(aMinute(seen, 2, 12)).toBeGreaterThan(60);
    expect(wasteIn(seen.sent, 11 * MINUTE, 31 * MINUTE)).toBeLessThan(0.03);
  });

  it.each(KINDS)('gives way to another client, and takes the room back: %s', (kind) => {
    const rival = { fromMs: 10 * MINUTE, toMs: 20 * MINUTE, perSecond: 5 };
    const seen = run({ kind, headers: 'none', limit: 600 }, 35, { rival });
    expect(aMinute(seen, 12, 20)).toBeLessThan(330);
    expect(wasteIn(seen.sent, 12 * MINUTE, 20 * MINUTE)).toBeLessThan(0.02);
    expect(aMinute(seen, 30, 35)).toBeGreaterThan(480);
  });

  it.each([0.01, 0.05, 0.1, 0.2])('is not brought to a crawl by refusals by chance: %d', (refuses) => {
    const seen = run({ headers: 'none', limit: 1_000_000, refuses }, 20);
    expect(aMinute(seen, 0, 20)).toBeGreaterThan(30);
  });

  it('comes back after a minute in which everything was refused', () => {
    const limitAt = [
      { at: 5 * MINUTE, limit: 0 },
      { at: 6 * MINUTE, limit: 100 },
    ];
    const seen = run({ headers: 'none', limitAt } as Partial<ServerOptions>, 25, { limitAt });
    expect(aMinute(seen, 15, 25)).toBeGreaterThan(60);
  });
});

describe('a rate that was set', () => {
  const fixed = (cap: number) => createRateControl({ cap, reserve: 0, startPerSecond: cap });

  it('is never exceeded, and is reached where the server allows it', () => {
    const seen = run({ limit: 6000 }, 5, {}, fixed(10));
    expect(Math.max(...seen.rates)).toBeLessThanOrEqual(10);
    expect(aMinute(seen, 0, 5)).toBeGreaterThan(590);
    const blind = run({ limit: 6000, headers: 'none' }, 5, {}, fixed(10));
    expect(Math.max(...blind.rates)).toBeLessThanOrEqual(10);
    expect(aMinute(blind, 0, 5)).toBeGreaterThan(590);
  });

  it('gives way to a server that allows less', () => {
    const seen = run({ limit: 100 }, 10, {}, fixed(50));
    expect(aMinute(seen, 2, 10)).toBeGreaterThan(93);
    expect(refused(seen)).toBeLessThanOrEqual(2);
    const blind = run({ limit: 100, headers: 'none' }, 41, {}, fixed(50));
    expect(wasteIn(blind.sent, 11 * MINUTE, 41 * MINUTE)).toBeLessThan(0.02);
  });
});

describe('any server', () => {
  const anyRecord: fc.Arbitrary<ServerOptions> = fc.record({
    kind: fc.constantFrom(...KINDS),
    limit: fc.integer({ min: 5, max: 2000 }),
    windowMs: fc.constantFrom(1000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000),
    reset: fc.constantFrom('end', 'next', 'zero-while-free', 'full', 'none'),
    whole: fc.constantFrom('ceil', 'floor', 'round', 'fraction'),
    counted: fc.constantFrom('after', 'before'),
    headers: fc.constantFrom('all', 'none', 'only-429', 'some', 'limit-remaining'),
    latency: fc.constantFrom<[number, number]>([5, 20], [20, 200], [100, 1500]),
    phaseMs: fc.nat(600_000),
    refuses: fc.constantFrom(0, 0, 0.01),
  });
  // A few hundred requests a second at most, or the simulation takes longer than it tells.
  const anyServer = anyRecord.filter(({ limit, windowMs }) => limit / windowMs < 0.1);
  const options = fc.record({ seed: fc.nat(), cap: fc.constantFrom(null, 1, 7.5, 100), reserve: fc.nat(90) });

  it('is sent to for ever, at a rate that is finite, above 0 and not above the cap', () => {
    fc.assert(
      fc.property(anyServer, options, (server, { seed, cap, reserve }) => {
        const control = createRateControl({ cap, reserve, startPerSecond: cap ?? 5 });
        const seen = simulate(control, server, 10 * MINUTE, { seed });
        for (const rate of seen.rates) {
          if (!(rate > 0 && rate <= (cap ?? 10_000))) expect.fail(`a rate of ${rate}`);
        }
        // Whatever came, in the last of ten minutes something is sent, or the window is as long as that.
        if (server.windowMs <= MINUTE) expect(seen.sent.some(({ at }) => at > 7 * MINUTE)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('whose headers are honest is used, and seldom refuses', () => {
    const honest = anyServer.filter(
      ({ kind, reset, headers, limit, windowMs }) =>
        headers === 'all' &&
        (kind === 'sliding' || kind === 'bucket' ? reset === 'full' || reset === 'next' : reset === 'end') &&
        !(kind === 'bucket' && reset === 'next') &&
        limit >= 20 &&
        windowMs <= MINUTE &&
        windowMs >= 5000,
    );
    fc.assert(
      fc.property(honest, fc.nat(), (any, seed) => {
        const server = { ...any, refuses: 0 };
        const control = createRateControl({ cap: null, reserve: 20, startPerSecond: 5 });
        const seen = simulate(control, server, 20 * MINUTE, { seed, inFlight: 400 });
        const due = (server.limit * 0.8 * 10 * MINUTE) / server.windowMs;
        expect(allowedIn(seen.sent, 10 * MINUTE, 20 * MINUTE) / due).toBeGreaterThan(0.6);
        expect(wasteIn(seen.sent, 0, 20 * MINUTE)).toBeLessThan(0.02);
      }),
      { numRuns: 40 },
    );
  });

  const RESETS = {
    aligned: ['end', 'none', 'zero-while-free'],
    first: ['end', 'none', 'zero-while-free'],
    sliding: ['next', 'full', 'none', 'zero-while-free'],
    bucket: ['next', 'full', 'none', 'zero-while-free'],
  } as const;
  const shared = fc.record({
    kind: fc.constantFrom(...KINDS),
    choice: fc.nat(),
    limit: fc.constantFrom(20, 30, 50, 100, 200, 600),
    windowMs: fc.constantFrom(5000, 10_000, 30_000, 60_000),
    whole: fc.constantFrom('ceil', 'floor', 'round', 'fraction', 'time'),
    counted: fc.constantFrom('after', 'before'),
    latency: fc.constantFrom<[number, number]>([5, 20], [20, 200], [100, 600]),
    phaseMs: fc.nat(60_000),
    share: fc.constantFrom(0, 0.3, 0.5),
    from: fc.constantFrom(0, 10),
    seed: fc.nat(),
  });

  it('is shared with another client, and used to the reserve when that has left', () => {
    fc.assert(
      fc.property(shared, ({ choice, share, from, seed, ...any }) => {
        const { kind, limit, windowMs } = any;
        const reset = RESETS[kind][choice % RESETS[kind].length] as ServerOptions['reset'];
        const control = createRateControl({ cap: null, reserve: 20, startPerSecond: 5 });
        const rival = { fromMs: from * windowMs, toMs: 30 * windowMs, perSecond: (limit * share * 1000) / windowMs };
        const options = { seed, inFlight: 400, ...(share > 0 && { rival }) };
        const seen = simulate(control, { ...any, reset, headers: 'all', refuses: 0 }, 50 * windowMs, options);
        const used = (a: number, b: number) => allowedIn(seen.sent, a * windowMs, b * windowMs) / (b - a) / limit;
        // A bucket that never was without others is taken for a slower one, until they have left.
        const isSlower = kind === 'bucket' && share > 0 && from === 0 && reset !== 'full';
        expect(used(15, 30) / (0.8 - share)).toBeGreaterThan(0.65);
        expect(used(15, 30) / (0.8 - share)).toBeLessThan(limit <= 50 ? 1.9 : 1.5);
        expect(used(38, 50) / 0.8).toBeGreaterThan(isSlower ? 0.4 : 0.75);
        expect(used(38, 50) / 0.8).toBeLessThan(1.3);
        expect(wasteIn(seen.sent, 10 * windowMs, 50 * windowMs)).toBeLessThan(0.01);
        if (share > 0) expect(wasteIn(seen.rival, 15 * windowMs, 30 * windowMs)).toBeLessThan(0.04);
      }),
      // Always the same ones: a few of any thousand servers are harder than that.
      { numRuns: 150, seed: 20_261_127 },
    );
  });
});
