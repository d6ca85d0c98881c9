import { describe, expect, it } from 'vitest';
import { createWindowBound } from '../../../src/core/rate/window-bound.ts';

describe('the bound of a window', () => {
  // Ours are taken by and by, now more, now less.
  const ours = Array.from({ length: 601 }, (_, s) => ((s * s) % 83 < 20 ? 1 : 0) + (s < 20 ? 2 : 0));
  const sentUntil = (s: number) => ours.slice(0, s + 1).reduce((sum, one) => sum + one, 0);
  const others = (s: number) => 40 + (s % 3);

  function boundAfter(seconds: number, windowS: number) {
    const bound = createWindowBound();
    for (let s = 0; s <= seconds; s++) {
      const sentWithin = (ms: number) => sentUntil(s) - sentUntil(Math.max(-1, s - ms / 1000));
      bound.heard(s * 1000, others(s) + sentWithin(windowS * 1000), sentWithin);
    }
    return bound;
  }

  it('is what fits to how places come back, whatever others hold', () => {
    expect(boundAfter(3, 60).ms()).toBe(Number.POSITIVE_INFINITY);
    expect(boundAfter(55, 60).ms()).toBe(Number.POSITIVE_INFINITY);
    expect(boundAfter(600, 60).ms()).toBe(60_000);
    expect(boundAfter(600, 10).ms()).toBe(10_000);
  });

  it('rules windows out that do not fit, longer and shorter ones', () => {
    const bound = boundAfter(600, 60);
    const windows = [10_000, 45_000, 60_000, 300_000, 7_200_000];
    expect(windows.map(bound.isRuledOut)).toEqual([true, false, false, true, false]);
    expect(boundAfter(3, 60).isRuledOut(10_000)).toBe(false);
  });

  it('is not misled by all that comes back at once, nor asked more often than each second', () => {
    const bound = createWindowBound();
    const sentWithin = (ms: number) => Math.min(50, ms / 1000);
    for (let s = 0; s <= 20; s++) bound.heard(s * 500, 10, sentWithin);
    bound.interrupt();
    bound.heard(11_000, 1000, sentWithin);
    bound.heard(12_000, 1000, sentWithin);
    expect(bound.ms()).toBe(Number.POSITIVE_INFINITY);
  });
});
