import { createBucketReset } from './bucket-reset.ts';

/** Places taken of a limit at a time, and what `reset` said. */
export type BucketSample = {
  limit: number;
  used: number;
  resetMs: number | null;
  /** By how much `resetMs` may be longer than what is meant. */
  resetBlurMs: number;
  /** How many were sent until then. */
  sent: number;
  /** How long ago the first of the places was taken, if all were ours. */
  ageMs: number;
  /** How exactly that is known: the time between the requests of then. */
  blurMs: number;
};

/** Whether a limiter is a token bucket, and in how long it fills. */
export type BucketEstimate = {
  /** `ended`: so many places came back at once as in a bucket never do. */
  heard: (at: number, sample: BucketSample, ended: boolean) => void;
  /** In ms; null while it does not look like one. `isTold`: by the server, not only by how places came back. */
  ms: () => { ms: number; isTold: boolean } | null;
};

/** So many times in a row it must look like a flow. */
const SURE = 2;
/** So much of the limit must have been taken, and in so long, before a flow is judged. */
const FLOW_SHARE = 0.15;
const FLOW_PLACES = 8;
const FLOW_MS = 2000;
const LEAST_AGE_MS = 1000;
/** Up to so many places, and such a share of the limit, a bucket may be full, and then what comes back is lost. */
const FULL_PLACES = 1;
const FULL_SHARE = 0.05;
/** So many tokens that came back tell how fast they do; and half as many as at the last time, or as these. */
const BACK = 8;
const BACK_ENOUGH = 200;
/**
 * A bucket that stays full may be filled faster than was measured. In the time of one filling this is looked for by so
 * much where it was faster once, as others may have left; beyond that only after so many fillings, as it costs reserve.
 */
const LOOK_BACK = 0.1;
const LOOK_BEYOND = 0.02;
const LOOK_AFTER = 30;

/**
 * Two signs. A `reset` in proportion to the places taken tells when a bucket will be full. And places that come back
 * steadily although they were taken unsteadily: in a window they come back at one age, or all at once.
 */
export function createBucketEstimate(): BucketEstimate {
  const reset = createBucketReset();
  let flowMs = 0;
  let flowSure = 0;
  let flowBack = 0;
  let flowAt = 0;
  let fastestMs = Number.POSITIVE_INFINITY;
  let full: { at: number; used: number; sent: number } | null = null;
  let low: { at: number; used: number; sent: number; ageMs: number } | null = null;
  let lastAt: number | null = null;

  function byFlow(at: number, { limit, used, sent, ageMs, blurMs }: BucketSample): void {
    if (low === null || used <= low.used) {
      low = { at, used, sent, ageMs };
      return;
    }
    const taken = used - low.used;
    const took = at - low.at;
    if (taken < Math.max(FLOW_PLACES, FLOW_SHARE * limit) || took < FLOW_MS) return;
    const aged = (ageMs - low.ageMs) / took;
    const back = sent - low.sent - taken;
    const looksLikeIt = aged > 0.1 && aged < 0.9 && ageMs - low.ageMs > LEAST_AGE_MS + blurMs && back >= 2;
    flowSure = looksLikeIt ? flowSure + 1 : 0;
    if (flowSure === 0) forget();
    low = { at, used, sent, ageMs };
  }

  function forget(): void {
    flowMs = 0;
    flowSure = 0;
    flowBack = 0;
  }

  /** From when the bucket was full last, all that came back is counted: the longer that is, the more exactly. */
  function measure(at: number, { limit, used, sent }: BucketSample): void {
    if (full === null || used <= Math.max(FULL_PLACES, FULL_SHARE * limit)) {
      if (full !== null && flowAt > full.at && flowBack >= BACK_ENOUGH / 4) fastestMs = Math.min(fastestMs, flowMs);
      full = { at, used, sent };
      return;
    }
    const back = sent - full.sent - (used - full.used);
    if (flowSure < SURE || back < BACK || back < Math.min(flowBack, BACK_ENOUGH) / 2) return;
    flowMs = (limit * (at - full.at)) / back;
    flowBack = back;
    flowAt = at;
  }

  function look(at: number, elapsedMs: number): void {
    const least = at - flowAt > LOOK_AFTER * flowMs ? 0 : fastestMs;
    const share = Math.min(1, elapsedMs / flowMs) * (flowMs > fastestMs ? LOOK_BACK : LOOK_BEYOND);
    flowMs = Math.max(flowMs * (1 - share), Math.min(flowMs, least));
  }

  return {
    heard(at, sample, ended) {
      if (sample.resetMs !== null) reset.heard({ ...sample, resetMs: sample.resetMs });
      const elapsedMs = Math.max(0, at - (lastAt ?? at));
      if (ended) {
        forget();
        low = null;
        full = null;
      }
      byFlow(at, sample);
      measure(at, sample);
      if (flowMs > 0 && full?.at === at) look(at, elapsedMs);
      lastAt = at;
    },
    ms() {
      const told = reset.ms();
      if (told !== null) return { ms: told, isTold: true };
      return flowMs > 0 ? { ms: flowMs, isTold: false } : null;
    },
  };
}
