import { describe, expect, it } from 'vitest';
import { createPlaceNoise } from '../../../src/core/rate/place-noise.ts';

/** By how much they are taken to be wrong after these. */
function noiseOf(all: readonly number[]): number {
  const noise = createPlaceNoise();
  for (const gone of all) noise.heard(gone);
  return noise.places();
}

const COUNT = Array.from({ length: 400 }, (_, index) => index);
/** Evenly between -1 and 1, in no order. */
const scattered = (index: number) => ((index * 7919) % 401) / 200 - 1;

describe('how wrong the places are that a server names', () => {
  it('is nothing while nothing is known, or where they are exact', () => {
    expect(noiseOf([])).toBe(0);
    expect(noiseOf([0, 1])).toBe(0);
    expect(noiseOf(COUNT)).toBe(0);
    expect(noiseOf(COUNT.map(() => 5))).toBe(0);
  });

  it('is about what it is, evenly within bounds, whatever comes back meanwhile', () => {
    for (const most of [3, 20]) {
      const seen = noiseOf(COUNT.map((index) => index / 3 + most * scattered(index)));
      expect(seen).toBeGreaterThan(0.6 * most);
      expect(seen).toBeLessThan(1.6 * most);
    }
  });

  it('is not more for the end of a window, when all comes back at once', () => {
    expect(noiseOf(COUNT.map((index) => 500 * Math.floor(index / 90)))).toBeLessThan(1);
  });
});
