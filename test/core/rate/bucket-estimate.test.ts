import { describe, expect, it } from 'vitest';
import { type BucketEstimate, createBucketEstimate } from '../../../src/core/rate/bucket-estimate.ts';
import { PLAY_WINDOW_MS, playServer } from './play-server.ts';

/** An estimate that hears of a server, to which five a second are sent for so long, and then now more and now less. */
function heard(kind: 'sliding' | 'bucket', parts: number, resetMs?: (used: number) => number): BucketEstimate {
  const bucket = createBucketEstimate();
  const server = playServer(kind, (at, sample) =>
    bucket.heard(at, { ...sample, resetMs: resetMs?.(sample.used) ?? null }),
  );
  server.send(4, 4500);
  server.send(1, 4500);
  for (let part = 0; part < parts; part++) server.send(part % 2 ? 2.5 : 0.4, 25_000);
  return bucket;
}

describe('a bucket', () => {
  it('is known by the first places that come back, and for sure by how they do later', () => {
    const early = heard('bucket', 0).filling();
    expect(early?.isSure).toBe(false);
    const later = heard('bucket', 10).filling();
    expect(later?.isSure).toBe(true);
    for (const filling of [early, later]) {
      expect(filling?.look).toBe(1);
      expect(filling?.ms).toBeGreaterThan(0.9 * PLAY_WINDOW_MS);
      expect(filling?.ms).toBeLessThan(1.1 * PLAY_WINDOW_MS);
    }
    expect(heard('sliding', 10).filling()).toBeNull();
  });

  it('is told of by a reset in proportion to what was taken, which counts for more', () => {
    const bucket = createBucketEstimate();
    const sample = { limit: 1000, resetBlurMs: 0, ageMs: 1000, blurMs: 0, noise: 0, sentWithin: () => 0 };
    for (let at = 1; at <= 60; at++) bucket.heard(at * 250, { ...sample, used: at, sent: at, resetMs: at * 60 });
    expect(bucket.filling()?.isSure).toBe(true);
    expect(bucket.filling()?.ms).toBeCloseTo(60_000, -3);
    expect(heard('sliding', 1, (used) => used * 600).filling()?.isSure).toBe(true);
  });

  it('is to be seen anew when all has come back at once, and is none for sure where in a bucket that does not happen', () => {
    const bucket = heard('bucket', 10);
    bucket.ended(false);
    expect(bucket.filling()?.isSure).toBe(false);
    bucket.ended(true);
    expect(bucket.filling()).toBeNull();
  });
});
