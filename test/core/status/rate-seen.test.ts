import { describe, expect, it } from 'vitest';
import { etaMs } from '../../../src/core/status/eta.ts';
import { createRateSeen } from '../../../src/core/status/rate-seen.ts';

/** A sample each second, of these requests a second and half as many rows. */
function seenAfter(...rates: number[]) {
  const seen = createRateSeen();
  let requests = 0;
  seen.add(0, 0, 0);
  rates.forEach((rate, at) => {
    requests += rate;
    seen.add((at + 1) * 1000, requests, requests / 2);
  });
  return seen;
}

describe('the rate that is seen', () => {
  it.each<[string, number[], number, number]>([
    ['is 0 before the first second', [], 0, 0],
    ['is that of the first seconds', [50], 50, 25],
    ['is that of the last seconds after a change', [...Array(30).fill(50), ...Array(5).fill(10)], 10, 21.67],
    ['is 0 when nothing was sent for long', [...Array(5).fill(50), ...Array(70).fill(0)], 0, 0],
    ['falls to 0 within seconds if nothing is sent any more', [...Array(30).fill(50), 0, 0, 0, 0, 0], 0, 20.83],
  ])('%s', (_, rates, requests, rows) => {
    const seen = seenAfter(...rates);
    expect(seen.perSecond()).toEqual({ requests, rows });
  });

  it('begins again with a session', () => {
    const seen = seenAfter(50, 50);
    seen.restart();
    expect(seen.perSecond().requests).toBe(0);
    seen.add(0, 0, 100);
    seen.add(1000, 5, 105);
    expect(seen.perSecond().requests).toBe(5);
  });
});

describe('the time that is left', () => {
  it.each([
    [0, 0, 5000, 0],
    [100, 0, 0, null],
    [100, 50, 0, 2000],
    [100, 50, 5000, 7000],
  ])('of %i rows at %i a second after %i ms is %s', (left, perSecond, pausedMs, expected) => {
    expect(etaMs(left, perSecond, pausedMs)).toBe(expected);
  });
});
