import { describe, expect, it } from 'vitest';
import { createRateUsage } from '../../../src/engine/pacing/rate-usage.ts';

const NO_PAUSE = Number.NEGATIVE_INFINITY;

describe('the usage of the rate', () => {
  it('compares the requests with what was allowed, without pauses', () => {
    const usage = createRateUsage('auto');
    expect([usage.mean(), usage.allowed()]).toEqual([0, 0]);
    usage.measure(5000, 10, NO_PAUSE);
    usage.onAdmitted(5000, 100);
    usage.measure(6000, 10, NO_PAUSE);
    // A pause from 6000 to 8000.
    usage.measure(9000, 2, 8000);
    usage.measure(10_000, 2, 8000);
    usage.onAdmitted(10_000, 500);
    // One, and 10 in the first second, 10 after the pause, and 2 in the last second.
    expect(usage.allowed()).toBe(23);
    expect(usage.mean()).toBeCloseTo(2 / 5.5, 10);
  });

  it('has a mean that is never above a fixed rate', () => {
    const usage = createRateUsage(4);
    for (const at of [0, 100, 200]) {
      usage.measure(at, 4, NO_PAUSE);
      usage.onAdmitted(at, 100);
    }
    expect(usage.mean()).toBe(4);
  });

  it('has no allowance at --rate off', () => {
    const usage = createRateUsage('off');
    usage.onAdmitted(0, 0);
    expect([usage.mean(), usage.allowed()]).toEqual([1, null]);
    usage.onAdmitted(250, 0);
    expect(usage.mean()).toBe(4);
  });
});
