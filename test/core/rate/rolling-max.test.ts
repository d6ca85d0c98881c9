import { describe, expect, it } from 'vitest';
import { createRollingMax } from '../../../src/core/rate/rolling-max.ts';

describe('the greatest recent value', () => {
  it('is kept for a span of time, and for half of one more at most', () => {
    const rolling = createRollingMax();
    expect(rolling.most(0, 1000)).toBe(Number.NEGATIVE_INFINITY);
    rolling.add(0, 1000, 5);
    rolling.add(100, 1000, 9);
    rolling.add(200, 1000, 2);
    expect(rolling.most(400, 1000)).toBe(9);
    expect(rolling.most(600, 1000)).toBe(9);
    rolling.add(600, 1000, 3);
    expect(rolling.most(1000, 1000)).toBe(9);
    expect(rolling.most(1400, 1000)).toBe(9);
    expect(rolling.most(1700, 1000)).toBe(3);
    expect(rolling.most(2200, 1000)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('starts again after a long silence', () => {
    const rolling = createRollingMax();
    rolling.add(0, 1000, 5);
    expect(rolling.most(1_000_000, 1000)).toBe(Number.NEGATIVE_INFINITY);
    rolling.add(1_000_100, 1000, 1);
    expect(rolling.most(1_000_900, 1000)).toBe(1);
  });
});
