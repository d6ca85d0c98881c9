import { describe, expect, it } from 'vitest';
import { createBucketStart } from '../../../src/core/rate/bucket-start.ts';
import { playServer } from './play-server.ts';

/** Whether it looks like a bucket after each of these parts: so many a second for so long, beside others. */
function isBucketAfter(kind: 'sliding' | 'bucket', parts: [number, number, number?][], noise = 0): boolean[] {
  const start = createBucketStart();
  const server = playServer(kind, (at, sample) => start.heard(at, { ...sample, noise }));
  return parts.map(([perSecond, forMs, others]) => {
    server.send(perSecond, forMs, others);
    return start.isBucket();
  });
}

describe('the first places that come back', () => {
  it('tell a bucket within seconds, however fast they were taken', () => {
    expect(
      isBucketAfter('bucket', [
        [5, 3000],
        [5, 9000],
      ]),
    ).toEqual([false, true]);
    expect(
      isBucketAfter('bucket', [
        [20, 4000],
        [0.7, 8000],
      ]),
    ).toEqual([false, true]);
  });

  it('are not those of a bucket in a window, whoever takes of it from the start', () => {
    for (const others of [0, 0.3, 0.8]) {
      const parts = Array.from({ length: 15 }, (): [number, number, number] => [0.5, 60_000, others]);
      expect(isBucketAfter('sliding', [[5, 10_000, others], ...parts]).includes(true)).toBe(false);
    }
  });

  it('tell nothing where they may only have been sent out of their time, or when many have come back already', () => {
    expect(
      isBucketAfter(
        'bucket',
        [
          [5, 3000],
          [1.6, 20_000],
        ],
        30,
      ),
    ).toEqual([false, false]);
    expect(
      isBucketAfter('bucket', [
        [1.3, 200_000],
        [4, 20_000],
      ]),
    ).toEqual([false, false]);
  });
});
