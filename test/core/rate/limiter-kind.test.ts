import { describe, expect, it } from 'vitest';
import { createLimiterKind } from '../../../src/core/rate/limiter-kind.ts';
import { playServer } from './play-server.ts';

type Part = { perSecond: number; forMs: number; others?: number };

/** What it is taken for after each part. */
function seenAfter(kind: 'aligned' | 'sliding' | 'bucket', parts: Part[], noise = 0) {
  const limiter = createLimiterKind();
  const server = playServer(kind, (at, sample) => limiter.heard(at, { ...sample, noise }));
  return parts.map(({ perSecond, forMs, others }) => {
    server.send(perSecond, forMs, others);
    return limiter.seen();
  });
}

const UNEVEN: Part[] = Array.from({ length: 20 }, (_, part) => ({ perSecond: part % 2 ? 2.5 : 0.4, forMs: 25_000 }));

describe('the kind of a limiter', () => {
  it('is a bucket where places come back steadily although they were taken unsteadily', () => {
    const seen = seenAfter('bucket', UNEVEN);
    expect(seen.includes('window')).toBe(false);
    expect(seen.at(-1)).toBe('bucket');
  });

  it('is a window where what was sent comes back', () => {
    const seen = seenAfter('sliding', UNEVEN);
    expect(seen.includes('bucket')).toBe(false);
    expect(seen.at(-1)).toBe('window');
  });

  it('is the same beside others, who come and leave', () => {
    const others = (part: number) => (Math.floor(part / 5) % 2 ? 0.6 : 0);
    const parts = UNEVEN.map(({ perSecond, forMs }, part) => ({
      perSecond: perSecond / 3,
      forMs,
      others: others(part),
    }));
    const start = { perSecond: 5, forMs: 12_000 };
    expect(seenAfter('sliding', [start, ...parts]).includes('bucket')).toBe(false);
    const seen = seenAfter('bucket', [start, ...parts]);
    expect(seen.includes('window')).toBe(false);
    expect(seen.at(-1)).toBe('bucket');
  });

  it('is not clear while a bucket may be full', () => {
    expect(seenAfter('bucket', [{ perSecond: 1, forMs: 300_000 }])).toEqual([null]);
    expect(seenAfter('bucket', UNEVEN, 200).at(-1)).toBeNull();
  });

  it('begins anew with the end of a window: what was sent before is not held', () => {
    let limiter = createLimiterKind();
    let before = 0;
    const ends: (string | null)[] = [];
    const server = playServer('aligned', (at, sample) => {
      if (sample.used < before) {
        ends.push(limiter.seen());
        limiter = createLimiterKind();
      }
      before = sample.used;
      limiter.heard(at, sample);
    });
    for (const { perSecond, forMs } of UNEVEN) server.send(perSecond, forMs);
    expect(ends.length).toBeGreaterThan(5);
    expect(ends.includes('bucket')).toBe(false);
  });
});
