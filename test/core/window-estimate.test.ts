import { describe, expect, it } from 'vitest';
import { createBucketEstimate } from '../../src/core/bucket-estimate.ts';
import { createWindowBound, createWindowEstimate, type WindowSample } from '../../src/core/window-estimate.ts';

const SAMPLE: WindowSample = {
  limit: 100,
  used: 10,
  resetMs: null,
  resetBlurMs: 0,
  sent: 10,
  ageMs: 1000,
  blurMs: 100,
  sinceFirstMs: 1000,
  wayMs: 10,
  sentWithin: () => 0,
};

describe('the window of a limiter', () => {
  it('is as long as the greatest reset that has come twice, and known at once', () => {
    const window = createWindowEstimate();
    expect(window.isKnown()).toBe(false);
    window.heard(0, { ...SAMPLE, resetMs: 30_000 });
    expect([window.isKnown(), window.ms()]).toEqual([true, 30_000]);
    // One answer alone may be wrong.
    window.heard(1000, { ...SAMPLE, resetMs: 60_000 });
    expect(window.ms()).toBe(30_000);
    window.heard(2000, { ...SAMPLE, resetMs: 59_000 });
    expect(window.ms()).toBe(59_000);
  });

  it('is at least as long as places have been taken, where no reset is named', () => {
    const window = createWindowEstimate();
    for (let s = 1; s <= 20; s++) {
      window.heard(s * 1000, { ...SAMPLE, used: s, sent: s, ageMs: s * 1000, sinceFirstMs: s * 1000 });
    }
    expect(window.isKnown()).toBe(false);
    expect(window.ms()).toBeGreaterThan(18_000);
    // Places have come back: it is known.
    window.heard(25_000, { ...SAMPLE, used: 5, sent: 25, ageMs: 5000, sinceFirstMs: 25_000 });
    expect(window.isKnown()).toBe(true);
  });

  it('is not what a reset says that places outlast', () => {
    const window = createWindowEstimate();
    for (let s = 1; s <= 10; s++) {
      window.heard(s * 1000, { ...SAMPLE, used: 3, resetMs: 1000, sent: s, ageMs: s * 1000, sinceFirstMs: s * 1000 });
    }
    expect(window.ms()).toBeGreaterThan(5000);
  });
});

describe('the bound of a window', () => {
  // Ours are taken by and by, now more, now less.
  const ours = Array.from({ length: 601 }, (_, s) => ((s * s) % 83 < 20 ? 1 : 0) + (s < 20 ? 2 : 0));
  const sentUntil = (s: number) => ours.slice(0, s + 1).reduce((sum, one) => sum + one, 0);
  const others = (s: number) => 40 + (s % 3);

  function boundAfter(seconds: number, windowS: number): number {
    const bound = createWindowBound();
    for (let s = 0; s <= seconds; s++) {
      const sentWithin = (ms: number) => sentUntil(s) - sentUntil(Math.max(-1, s - ms / 1000));
      bound.heard(s * 1000, others(s) + sentWithin(windowS * 1000), sentWithin);
    }
    return bound.ms();
  }

  it('is what fits to how places come back, whatever others hold', () => {
    expect(boundAfter(3, 60)).toBe(Number.POSITIVE_INFINITY);
    expect(boundAfter(55, 60)).toBe(Number.POSITIVE_INFINITY);
    expect(boundAfter(600, 60)).toBe(60_000);
    expect(boundAfter(600, 10)).toBe(10_000);
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

describe('a bucket', () => {
  const told = (used: number, resetMs: number, sent = used) => ({ ...SAMPLE, used, resetMs, sent });

  it('is known by a reset in proportion to what was taken, until one is not', () => {
    const bucket = createBucketEstimate();
    expect(bucket.ms()).toBeNull();
    for (let used = 1; used <= 8; used++) bucket.heard(used * 250, told(used, used * 600));
    expect(bucket.ms()).toBeNull();
    for (let used = 9; used <= 60; used++) bucket.heard(used * 250, told(used, used * 600));
    expect(bucket.ms()?.isTold).toBe(true);
    expect(bucket.ms()?.ms).toBeCloseTo(60_000, 0);
    bucket.heard(16_000, told(62, 37_000));
    expect(bucket.ms()?.ms).toBeCloseTo(60_000, -3);
    bucket.heard(17_000, told(62, 5000));
    expect(bucket.ms()).toBeNull();
  });

  it('is guessed roughly where few places are taken for long', () => {
    const bucket = createBucketEstimate();
    for (let round = 0; round < 50; round++) {
      for (const used of [5, 6, 8, 10]) bucket.heard(round * 4000 + used * 100, told(used, used * 600));
    }
    expect(bucket.ms()?.ms).toBeCloseTo(60_000, 0);
  });

  it('is none where all comes back at once', () => {
    const bucket = createBucketEstimate();
    const sample = { ...SAMPLE, ageMs: 50_000 };
    expect(bucket.heard(50_000, { ...sample, used: 40, sent: 40 })).toBe(false);
    expect(bucket.heard(51_000, { ...sample, used: 1, sent: 41 })).toBe(true);
    // Over as long a time as they were taken, a bucket gives them back too.
    bucket.heard(90_000, { ...sample, used: 40, sent: 81 });
    expect(bucket.heard(140_000, { ...sample, used: 1, sent: 82 })).toBe(false);
  });
});
