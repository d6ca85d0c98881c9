/** Places taken of a limit at a time, and what `reset` said. */
export type BucketSample = {
  limit: number;
  used: number;
  resetMs: number | null;
  /** How many were sent until then. */
  sent: number;
  /** How long ago the first of the places was taken, if all were ours. */
  ageMs: number;
  /** How exactly that is known: the time between the requests of then. */
  blurMs: number;
};

/** Whether a limiter is a token bucket, and in how long it fills. */
export type BucketEstimate = {
  /** Gives whether so many places came back at once as in a bucket never do. */
  heard: (at: number, sample: BucketSample) => boolean;
  /** In ms; null while it does not look like one. `isTold`: by the server, not only by how places came back. */
  ms: () => { ms: number; isTold: boolean } | null;
};

/** Whole seconds say little below this. */
const LEAST_RESET_MS = 3000;
/** From this share of the limit on a rounded `reset` is exact enough. */
const EXACT_FROM = 0.6;
const SURE = 2;
/** So much of the limit must have been taken, and in so long, before a flow is judged. */
const FLOW_SHARE = 0.15;
const FLOW_PLACES = 8;
const FLOW_MS = 2000;
const LEAST_AGE_MS = 1000;
/** So many places that come back in a part of the time for which they were taken are the end of a window. */
const JUMP_PLACES = 5;
const JUMP_SHARE = 0.05;
const JUMP_TIME = 0.25;
/** A bucket that stays full may be filled faster than was measured: looked for by so much in the time of one filling. */
const LOOK = 0.01;

/**
 * Two signs. A `reset` in proportion to the places taken tells when a bucket will be full. And places that come back
 * steadily although they were taken unsteadily: in a window they come back at one age, or all at once.
 */
export function createBucketEstimate(): BucketEstimate {
  let toldMs = 0;
  let toldSure = 0;
  let mark: { used: number; resetMs: number } | null = null;
  let flowMs = 0;
  let flowSure = 0;
  let low: { at: number; used: number; sent: number; ageMs: number } | null = null;
  let last: { at: number; used: number; sent: number; ageMs: number } | null = null;

  function byReset({ limit, used }: BucketSample, resetMs: number): void {
    if (used < 3 || resetMs < LEAST_RESET_MS) return;
    if (toldMs > 0) {
      const expected = (toldMs * used) / limit;
      if (Math.abs(resetMs - expected) > 2000 + expected / 3) toldMs = 0;
    }
    if (mark === null || used <= mark.used / 2) {
      mark = { used, resetMs };
      toldSure = 0;
    } else if (used >= 2 * mark.used) {
      const expected = (mark.resetMs * used) / mark.used;
      toldSure = Math.abs(resetMs - expected) <= 2000 + expected / 10 ? toldSure + 1 : 0;
      mark = { used, resetMs };
    }
    const isNear = mark.used > 0 && Math.abs(resetMs / used - mark.resetMs / mark.used) <= 2000 / mark.used;
    if (toldSure >= 1 && used >= EXACT_FROM * limit && isNear) {
      const ms = (resetMs * limit) / used;
      toldMs = toldMs === 0 ? ms : toldMs + (ms - toldMs) * 0.1;
    }
  }

  function isJump(at: number, { limit, used, sent }: BucketSample): boolean {
    if (last === null || last.used < Math.max(JUMP_PLACES, JUMP_SHARE * limit)) return false;
    return used <= sent - last.sent + 1 && at - last.at <= JUMP_TIME * last.ageMs;
  }

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
    if (flowSure >= SURE) {
      flowMs = (limit * took) / back;
    } else if (!looksLikeIt) {
      flowMs = 0;
    }
    low = { at, used, sent, ageMs };
  }

  return {
    heard(at, sample) {
      if (sample.resetMs !== null) byReset(sample, sample.resetMs);
      const jumped = isJump(at, sample);
      const elapsedMs = Math.max(0, at - (last?.at ?? at));
      if (jumped) {
        flowMs = 0;
        flowSure = 0;
        low = null;
      }
      byFlow(at, sample);
      if (flowMs > 0 && sample.used <= 0.1 * sample.limit + 2) {
        const share = Math.min(1, elapsedMs / flowMs);
        flowMs *= 1 - share * LOOK;
      }
      last = { at, used: sample.used, sent: sample.sent, ageMs: sample.ageMs };
      return jumped;
    },
    ms: () => (toldMs > 0 ? { ms: toldMs, isTold: true } : flowMs > 0 ? { ms: flowMs, isTold: false } : null),
  };
}
