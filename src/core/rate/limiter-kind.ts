import { mayBeFull } from './bucket-full.ts';
import type { PlaceSample } from './place-sample.ts';
import { clearlyWorse, LEAST_STEPS, STEP_MS, USUAL_S, WORSE_PLACES } from './window-fit.ts';

/** `sentWithin`: how many were sent within so many ms before. */
export type KindSample = PlaceSample & { sentWithin: (ms: number) => number };

/** Whether a limiter is a token bucket or has a window. */
export type LimiterKind = {
  heard: (at: number, sample: KindSample) => void;
  /** Null while it is not clear. */
  seen: () => 'bucket' | 'window' | null;
  /** Whether a bucket is as good as any window, though that may not be clear. */
  mayBeBucket: () => boolean;
};

/** One of these windows is near enough to any. */
const WINDOWS_MS = [
  ...USUAL_S.map((s) => s * 1000),
  ...Array.from({ length: 59 }, (_, index) => 1000 * 1.15 ** (index + 0.5)),
];
/** What is usual is a mean that forgets so much with every step. */
const FORGETS = 0.02;
/** So many places others may seem to hold too few, and as many as arrive out of their time. */
const FEW = 2;

/**
 * To a bucket places come back steadily, whatever was sent; to a window what was sent within it, and to a fixed one
 * nothing before its end. For the true kind what is left over, which others have taken, changes least from second to
 * second; but for what is usual lately, as others who come or leave change it for a while. And of a window fewer than no
 * places are not held by others. What was sent before its first sample does not count, so it is made anew with every end.
 */
export function createLimiterKind(): LimiterKind {
  const windows = WINDOWS_MS.map(() => ({ sum: 0, usual: 0 }));
  const bucket = { sum: 0, usual: 0 };
  let last: { at: number; others: number[]; gone: number } | null = null;
  let firstSent: number | null = null;
  let spanMs = 0;
  let steps = 0;
  let seen: 'bucket' | 'window' | null = null;
  let mayBeBucket = true;

  function compare(kind: { sum: number; usual: number }, change: number, took: number): void {
    if (spanMs > 0) kind.sum += (change - (kind.usual * took) / spanMs) ** 2;
    kind.usual = kind.usual * (1 - FORGETS) + change;
  }

  function judge(): 'bucket' | 'window' | null {
    const best = windows.reduce((least, { sum }) => Math.min(least, sum), Number.POSITIVE_INFINITY);
    mayBeBucket = bucket.sum <= best + WORSE_PLACES;
    if (steps < LEAST_STEPS) return null;
    if (bucket.sum > clearlyWorse(best, steps)) return 'window';
    return best > clearlyWorse(bucket.sum, steps) ? 'bucket' : null;
  }

  return {
    heard(at, { used, sent, sentWithin, noise }) {
      if (last !== null && at - last.at < STEP_MS) return;
      firstSent ??= sent;
      const since = sent - firstSent;
      const others = WINDOWS_MS.map((ms) => used - Math.min(since, sentWithin(ms)));
      const gone = sent - used;
      if (last !== null && !mayBeFull(used, noise)) {
        const took = at - last.at;
        for (const [index, kind] of windows.entries()) {
          const held = others[index] as number;
          compare(kind, held - (last.others[index] as number), took);
          kind.sum += Math.max(0, -held - FEW - noise) ** 2;
        }
        compare(bucket, gone - last.gone, took);
        if (spanMs > 0) steps += 1;
        spanMs = spanMs * (1 - FORGETS) + took;
        seen = judge();
      }
      last = { at, others, gone };
    },
    seen: () => seen,
    mayBeBucket: () => mayBeBucket,
  };
}
