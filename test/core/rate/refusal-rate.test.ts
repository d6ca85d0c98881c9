import { describe, expect, it } from 'vitest';
import { aMinute, auto, KINDS, LIMITS, MINUTE, run } from './scenario.ts';
import { wasteIn } from './simulate.ts';

describe('no headers', () => {
  const servers = KINDS.flatMap((kind) => LIMITS.map((limit) => ({ kind, limit })));

  it.each(servers)('stays near the limit of the server, and seldom gets a 429: %o', ({ kind, limit }) => {
    for (const seed of limit === 600 ? [1, 2] : [1, 2, 3, 4, 5, 6, 7, 8]) {
      const { sent } = run({ kind, limit, headers: 'none', phaseMs: 17_000 * seed }, 41, { seed });
      expect(aMinute(sent, 1, 11) / (0.8 * limit)).toBeGreaterThan(0.9);
      expect(wasteIn(sent, 11 * MINUTE, 41 * MINUTE)).toBeLessThanOrEqual(0.02);
    }
  });

  it.each([
    [100, 5000],
    [20, 1000],
    [200, 10_000],
  ])('works for a limit of %i in %i ms', (limit, windowMs) => {
    for (const kind of KINDS) {
      const { sent } = run({ kind, limit, windowMs, headers: 'none' }, 8);
      expect((aMinute(sent, 3, 8) * windowMs) / MINUTE / limit).toBeGreaterThan(0.7);
      expect(wasteIn(sent, 3 * MINUTE, 8 * MINUTE)).toBeLessThan(0.01);
    }
  });

  it('does not return to a rate that a bucket cannot bear when its first tokens are gone', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { sent } = run({ kind: 'bucket', limit: 20, headers: 'none' }, 11, { seed });
      expect(wasteIn(sent, MINUTE, 11 * MINUTE)).toBeLessThan(0.1);
    }
  });

  it('starts at five a second and climbs by one a second each second', () => {
    const { sent } = run({ headers: 'none', limit: 1_000_000 }, 0.5);
    const inSecond = (s: number) => aMinute(sent, s / 60, (s + 1) / 60) / 60;
    expect(inSecond(0)).toBeLessThanOrEqual(7);
    expect(inSecond(10)).toBeGreaterThan(11);
    expect(inSecond(10)).toBeLessThan(20);
  });

  it('does not climb beyond what is used', () => {
    const control = auto();
    const { sent } = run({ headers: 'none', limit: 1_000_000, latency: [500, 500] }, 5, { inFlight: 10 }, control);
    // Ten in flight for half a second each are twenty a second.
    expect(aMinute(sent, 1, 5)).toBeGreaterThan(1150);
    expect(control.rate(5 * MINUTE)).toBeLessThan(60);
  });

  it('works with headers that only a 429 has', () => {
    const { sent } = run({ kind: 'first', reset: 'end', headers: 'only-429' }, 31);
    expect(aMinute(sent, 2, 12)).toBeGreaterThan(60);
    expect(wasteIn(sent, 11 * MINUTE, 31 * MINUTE)).toBeLessThan(0.03);
  });

  it.each(KINDS)('gives way to another client, and takes the room back: %s', (kind) => {
    const rival = { fromMs: 10 * MINUTE, toMs: 20 * MINUTE, perSecond: 5 };
    const { sent } = run({ kind, headers: 'none', limit: 600 }, 35, { rival });
    expect(aMinute(sent, 12, 20)).toBeLessThan(330);
    expect(wasteIn(sent, 12 * MINUTE, 20 * MINUTE)).toBeLessThan(0.02);
    expect(aMinute(sent, 30, 35)).toBeGreaterThan(480);
  });

  it.each([0.01, 0.05, 0.1, 0.2])('is not brought to a crawl by random 429s: %d', (refuses) => {
    for (const seed of [1, 2, 3]) {
      const { sent } = run({ headers: 'none', limit: 1_000_000, refuses }, 20, { seed });
      expect(aMinute(sent, 0, 20)).toBeGreaterThan(30);
    }
  });

  it('recovers after a minute in which everything was refused', () => {
    const limitAt = [
      { at: 5 * MINUTE, limit: 0 },
      { at: 6 * MINUTE, limit: 100 },
    ];
    const { sent } = run({ headers: 'none' }, 25, { limitAt });
    expect(aMinute(sent, 15, 25)).toBeGreaterThan(60);
  });
});
