import { describe, expect, it } from 'vitest';
import { createBucketEstimate } from '../../src/core/bucket-estimate.ts';
import { createWindowEstimate, type WindowSample } from '../../src/core/window-estimate.ts';

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

describe('a bucket', () => {
  const told = (used: number, resetMs: number, sent = used) => ({ ...SAMPLE, used, resetMs, sent });

  it('is known by a reset in proportion to what was taken, until one is not', () => {
    const bucket = createBucketEstimate();
    expect(bucket.ms()).toBeNull();
    for (let used = 1; used <= 8; used++) bucket.heard(used * 250, told(used, used * 600), false);
    expect(bucket.ms()).toBeNull();
    for (let used = 9; used <= 60; used++) bucket.heard(used * 250, told(used, used * 600), false);
    expect(bucket.ms()?.isTold).toBe(true);
    expect(bucket.ms()?.ms).toBeCloseTo(60_000, 0);
    bucket.heard(16_000, told(62, 37_000), false);
    expect(bucket.ms()?.ms).toBeCloseTo(60_000, -3);
    bucket.heard(17_000, told(62, 5000), false);
    expect(bucket.ms()).toBeNull();
  });

  it('is guessed roughly where few places are taken for long', () => {
    const bucket = createBucketEstimate();
    for (let round = 0; round < 50; round++) {
      for (const used of [5, 6, 8, 10]) bucket.heard(round * 4000 + used * 100, told(used, used * 600), false);
    }
    expect(bucket.ms()?.ms).toBeCloseTo(60_000, 0);
  });

  it('is none where places were taken for much longer than it would take to fill', () => {
    const bucket = createBucketEstimate();
    for (let at = 0; at < 300; at++) bucket.heard(at * 4000, { ...told(16, 4000, 16 + at), ageMs: 60_000 }, false);
    expect(bucket.ms()).toBeNull();
  });

  it('is measured anew where all has come back at once', () => {
    const flow = (ended: boolean) => {
      const bucket = createBucketEstimate();
      // Taken at ten a second, of which six come back.
      for (let at = 0; at < 120; at++) {
        const sample = { ...SAMPLE, used: 6 + at * 4, sent: at * 10, ageMs: at * 400, limit: 1000, blurMs: 0 };
        bucket.heard(at * 1000, sample, ended && at === 119);
      }
      return bucket.ms();
    };
    expect(flow(false)).not.toBeNull();
    expect(flow(true)).toBeNull();
  });
});
