/** Places taken of a limit at a time. Times in ms. */
export type FlowSample = {
  limit: number;
  used: number;
  /** How many were sent until then. */
  sent: number;
  /** How many of them within so long before. */
  sentWithin: (ms: number) => number;
  /** How long ago the first of the places was taken, if all were ours. */
  ageMs: number;
  /** How exactly that is known: the time between the requests of then. */
  blurMs: number;
  /** So many requests may arrive out of their time. */
  noise: number;
};

/** Whether places come back as the tokens of a bucket do. */
export type BucketFlow = {
  heard: (at: number, sample: FlowSample) => void;
  /** All has come back at once, which it does not in a bucket. */
  ended: () => void;
  isSure: () => boolean;
};

/** So many times in a row it must look like a flow. */
const SURE = 2;
/** So much of the limit must have been taken, and in so long, before a flow is judged. */
const SHARE = 0.15;
const PLACES = 8;
const LEAST_MS = 2000;
const LEAST_AGE_MS = 1000;
/** At the start so many places must come back, the last ones after so many times as long as the first. */
const FIRST_BACK = 2;
const BACK = 4;
const TIMES = 2;
/** Give or take so many. */
const ERROR = 1;

/**
 * Places that come back steadily although they were taken unsteadily: in a window they come back at one age, or all at
 * once.
 */
export function createBucketFlow(): BucketFlow {
  let sure = 0;
  let low: { at: number; used: number; sent: number; ageMs: number } | null = null;
  let first: { at: number; gone: number; ageMs: number } | null = null;
  let began = Number.NaN;
  let isStart = true;
  let gone = 0;

  /** At the start nobody else has come or left, which would make places seem to age. */
  function byStart(at: number, { limit, ageMs, blurMs, noise }: FlowSample): void {
    if (gone > limit) isStart = false;
    if (!isStart || gone <= FIRST_BACK + noise) return;
    first ??= { at, gone, ageMs };
    if (gone - first.gone < BACK || ageMs < TIMES * first.ageMs + LEAST_AGE_MS + blurMs) return;
    // As fast then as before, give or take a place or two.
    const expected = (first.gone * (at - first.at)) / (first.at - began);
    const error = ((ERROR + noise) * (at - began)) / (first.at - began);
    if (Math.abs(gone - first.gone - expected) <= error) sure = SURE;
    isStart = false;
  }

  /** More is taken than comes back, and what comes back was taken faster or more slowly. */
  function byRise(at: number, { limit, used, sent, ageMs, blurMs }: FlowSample): void {
    if (low === null || used <= low.used) {
      low = { at, used, sent, ageMs };
      return;
    }
    const taken = used - low.used;
    const took = at - low.at;
    if (taken < Math.max(PLACES, SHARE * limit) || took < LEAST_MS) return;
    const aged = (ageMs - low.ageMs) / took;
    const back = sent - low.sent - taken;
    const looksLikeIt = aged > 0.1 && aged < 0.9 && ageMs - low.ageMs > LEAST_AGE_MS + blurMs && back >= 2;
    if (looksLikeIt) sure += 1;
    else if (sure < SURE) sure = 0;
    low = { at, used, sent, ageMs };
  }

  return {
    heard(at, sample) {
      gone = sample.sent - sample.used;
      if (Number.isNaN(began)) began = at;
      byStart(at, sample);
      byRise(at, sample);
    },
    ended() {
      sure = 0;
      isStart = false;
      low = null;
    },
    isSure: () => sure >= SURE,
  };
}
