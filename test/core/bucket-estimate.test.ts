import { describe, expect, it } from 'vitest';
import { type BucketSample, createBucketEstimate } from '../../src/core/bucket-estimate.ts';

const SAMPLE: BucketSample = {
  limit: 1000,
  used: 10,
  resetMs: null,
  resetBlurMs: 0,
  sent: 10,
  ageMs: 1000,
  blurMs: 0,
  sentWithin: () => 0,
  noise: 0,
};

describe('a bucket', () => {
  it('is known by how places come back, and measured anew where all has come back at once', () => {
    const flow = (ended: boolean) => {
      const bucket = createBucketEstimate();
      // Taken at ten a second, of which six come back.
      for (let at = 0; at < 120; at++) {
        const sample = { ...SAMPLE, used: 6 + at * 4, sent: at * 10, ageMs: at * 400 };
        bucket.heard(at * 1000, sample, ended && at === 119);
      }
      return bucket.filling(false);
    };
    expect(flow(false)?.isTold).toBe(false);
    expect(flow(false)?.look).toBe(1);
    expect(flow(false)?.ms).toBeGreaterThan(160_000);
    expect(flow(false)?.ms).toBeLessThan(170_000);
    expect(flow(true)).toBeNull();
  });

  it('is none where what comes back looks more like a window, unless it is told of', () => {
    const bucket = createBucketEstimate();
    for (let at = 0; at < 120; at++) {
      bucket.heard(at * 1000, { ...SAMPLE, used: 6 + at * 4, sent: at * 10, ageMs: at * 400 }, false);
    }
    expect(bucket.filling(false)).not.toBeNull();
    expect(bucket.filling(true)).toBeNull();
    const told = createBucketEstimate();
    for (let at = 1; at <= 60; at++) told.heard(at * 250, { ...SAMPLE, used: at, sent: at, resetMs: at * 60 }, false);
    expect(told.filling(true)).not.toBeNull();
  });

  it('is told of by a reset in proportion to what was taken, which counts for more', () => {
    const bucket = createBucketEstimate();
    for (let at = 1; at <= 60; at++) bucket.heard(at * 250, { ...SAMPLE, used: at, sent: at, resetMs: at * 60 }, false);
    expect(bucket.filling(false)?.isTold).toBe(true);
    expect(bucket.filling(false)?.ms).toBeCloseTo(60_000, -3);
  });
});
