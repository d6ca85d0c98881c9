import { createBucketFill } from './bucket-fill.ts';
import { createBucketReset } from './bucket-reset.ts';
import { type BucketStart, createBucketStart, type StartSample } from './bucket-start.ts';
import { createLimiterKind } from './limiter-kind.ts';

/** Places taken of a limit at a time, and what `reset` said. Times in ms. */
export type BucketSample = StartSample & {
  resetMs: number | null;
  /** By how much `resetMs` may be longer than what is meant. */
  resetBlurMs: number;
  /** How many were sent within so long before. */
  sentWithin: (ms: number) => number;
};

/** In how long a bucket fills, in ms. */
export type Filling = {
  ms: number;
  /** By what the server tells, or how places came back for a while. */
  isSure: boolean;
  /** So many times as fast it should be sent for now, to see whether it fills faster. */
  look: number;
};

/** Whether a limiter is a token bucket, and in how long it fills. */
export type BucketEstimate = {
  heard: (at: number, sample: BucketSample) => void;
  /** All may have come back at once; `isSure`: as in a bucket it never does. */
  ended: (isSure: boolean) => void;
  /** Null while it does not look like one. */
  filling: () => Filling | null;
};

/** Three signs: a `reset` that tells when a bucket will be full, and how places come back, at the start and later. */
export function createBucketEstimate(): BucketEstimate {
  const reset = createBucketReset();
  const fill = createBucketFill();
  let kind = createLimiterKind();
  let start: BucketStart | null = createBucketStart();

  return {
    heard(at, sample) {
      if (sample.resetMs !== null) reset.heard({ ...sample, resetMs: sample.resetMs });
      fill.heard(at, sample);
      if (reset.ms() === null) kind.heard(at, sample);
      start?.heard(at, sample);
    },
    ended(isSure) {
      kind = createLimiterKind();
      if (!isSure) return;
      fill.forget();
      start = null;
    },
    filling() {
      const told = reset.ms();
      if (told !== null) return { ms: told, isSure: true, look: 1 };
      const ms = fill.ms();
      const seen = kind.seen();
      const isEarly = seen === null && kind.mayBeBucket() && start?.isBucket() === true;
      if (ms === null || (seen !== 'bucket' && !isEarly)) return null;
      return { ms, isSure: seen === 'bucket', look: fill.look() };
    },
  };
}
