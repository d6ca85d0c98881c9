import { mayBeFull } from './bucket-full.ts';

/** Places taken of a limit at a time, by whomever. */
export type KindSample = {
  used: number;
  /** How many were sent until then. */
  sent: number;
  /** How many of them within so many ms before. */
  sentWithin: (ms: number) => number;
  /** So many requests may arrive out of their time. */
  noise: number;
};

/** Whether a limiter is a token bucket or has a window. */
export type LimiterKind = {
  heard: (at: number, sample: KindSample) => void;
  /** All may have come back at once: it begins anew. */
  ended: () => void;
  /** Null while it is not clear. */
  seen: () => 'bucket' | 'window' | null;
  /** Whether a bucket is as good as any window, though that may not be clear. */
  mayBeBucket: () => boolean;
};

/** One of these windows is near enough to any. */
const WINDOWS_MS = [
  ...[1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600].map((s) => s * 1000),
  ...Array.from({ length: 59 }, (_, index) => 1000 * 1.15 ** (index + 0.5)),
];
const STEP_MS = 1000;
const LEAST_STEPS = 5;
/** One is clearly worse than another by so many squared steps of that, and so many places squared. */
const WORSE = 36;
const WORSE_PLACES = 9;
/** What is usual is a mean that forgets so much with every step. */
const FORGETS = 0.02;
/** So many places others may seem to hold too few, and as many as arrive out of their time. */
const FEW = 2;

/**
 * To a bucket places come back steadily, whatever was sent; to a window what was sent within it, and to a fixed one
 * nothing before its end. For the true kind what is left over, which others have taken, changes least from second to
 * second; but for what is usual lately, as others who come or leave change it for a while. And of a window fewer than no
 * places are not held by others.
 */
export function createLimiterKind(): LimiterKind {
  let windows = WINDOWS_MS.map(() => ({ sum: 0, usual: 0 }));
  let bucket = { sum: 0, usual: 0 };
  let last: { at: number; others: number[]; gone: number } | null = null;
  let endSent: number | null = null;
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
    const worse = (of: number) => of + (WORSE * of) / steps + WORSE_PLACES;
    if (bucket.sum > worse(best)) return 'window';
    return best > worse(bucket.sum) ? 'bucket' : null;
  }

  return {
    heard(at, { used, sent, sentWithin, noise }) {
      if (last !== null && at - last.at < STEP_MS) return;
      endSent ??= sent;
      const since = sent - endSent;
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
    ended() {
      windows = WINDOWS_MS.map(() => ({ sum: 0, usual: 0 }));
      bucket = { sum: 0, usual: 0 };
      last = null;
      endSent = null;
      spanMs = 0;
      steps = 0;
      seen = null;
      mayBeBucket = true;
    },
    seen: () => seen,
    mayBeBucket: () => mayBeBucket,
  };
}
