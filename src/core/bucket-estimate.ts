import { createBucketFill } from './bucket-fill.ts';
import { createBucketFlow, type FlowSample } from './bucket-flow.ts';
import { createBucketReset } from './bucket-reset.ts';

/** Places taken of a limit at a time, and what `reset` said. Times in ms. */
export type BucketSample = FlowSample & {
  resetMs: number | null;
  /** By how much `resetMs` may be longer than what is meant. */
  resetBlurMs: number;
};

/** In how long a bucket fills, in ms. */
export type Filling = {
  ms: number;
  /** By the server, not only by how places came back. */
  isTold: boolean;
  /** So many times as fast it should be sent for now, to see whether it fills faster. */
  look: number;
};

/** Whether a limiter is a token bucket, and in how long it fills. */
export type BucketEstimate = {
  /** `ended`: so many places came back at once as in a bucket never do. */
  heard: (at: number, sample: BucketSample, ended: boolean) => void;
  /** Null while it does not look like one; `isWindow`: what comes back looks more like a window. */
  filling: (isWindow: boolean) => Filling | null;
};

/** Two signs: a `reset` that tells when a bucket will be full, and places that come back as tokens do. */
export function createBucketEstimate(): BucketEstimate {
  const reset = createBucketReset();
  const flow = createBucketFlow();
  const fill = createBucketFill();

  return {
    heard(at, sample, ended) {
      if (sample.resetMs !== null) reset.heard({ ...sample, resetMs: sample.resetMs });
      if (ended) {
        flow.ended();
        fill.forget();
      }
      fill.heard(at, sample);
      flow.heard(at, sample);
    },
    filling(isWindow) {
      const told = reset.ms();
      if (told !== null) return { ms: told, isTold: true, look: 1 };
      const ms = fill.ms();
      return ms !== null && flow.isSure() && !isWindow ? { ms, isTold: false, look: fill.look() } : null;
    },
  };
}
