import { type BucketSample, createBucketEstimate } from './bucket-estimate.ts';
import { createRollingMax } from './rolling-max.ts';

/**
 * One answer as it bears on the window. `sinceFirstMs`: how long ago the first request of all was sent; `sentWithin`: how
 * many were sent within so many ms before.
 */
export type WindowSample = BucketSample & {
  sinceFirstMs: number;
  wayMs: number;
  sentWithin: (ms: number) => number;
};

/** How long the window of a limiter is, as far as its answers tell. */
export type WindowEstimate = {
  heard: (at: number, sample: WindowSample) => void;
  /** In ms; the best guess of now. */
  ms: () => number;
  /** Whether places have become free again, or the server names a time: until then it is only known to be no shorter. */
  isKnown: () => boolean;
  /** Whether it is a bucket that tells when it will be full. */
  isBucket: () => boolean;
};

/** How long the window of a limiter is at most, whoever else takes places. */
export type WindowBound = {
  /** So many places were taken at a time, by whomever; `sentWithin` tells how many of them were ours, for any window. */
  heard: (at: number, used: number, sentWithin: (ms: number) => number) => void;
  /** All places may have come back at once: nothing is compared across this moment. */
  interrupt: () => void;
  /** In ms; Infinity while nothing is known. */
  ms: () => number;
};

const SHORTEST_MS = 500;
const LEAST_EPOCH_MS = 10_000;
/**
 * A `reset` that was refuted is believed again when it is so much longer, or when so many places are taken and none is
 * much older than it says: others who take places make them seem older than they are.
 */
const ANEW = 1.5;
const MUCH_PLACES = 5;
const MUCH_SHARE = 0.05;
const ROOM = 1.2;
const SURE_JUMPS = 2;
/** A window may be so much longer than what it is bounded by. */
const BOUND_ROOM = 1.05;
/** Windows as people choose them, in seconds; one in between is bounded by the next. */
const USUAL_S = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600];
const STEP_MS = 1000;
const LEAST_STEPS = 5;
/** A window is ruled out when it is worse than the best one by so many squared steps of that, and so many places squared. */
const WORSE = 36;
const WORSE_PLACES = 9;

/**
 * What others hold is what is taken less what we have sent within the window. For the true window that changes as they
 * do; for another one it also changes with what we sent, and that again when it comes back. So the window for which it
 * changes least from second to second is the likeliest, and longer ones that are clearly worse are ruled out.
 */
export function createWindowBound(): WindowBound {
  const sums = USUAL_S.map(() => 0);
  let others: number[] | null = null;
  let lastAt = Number.NEGATIVE_INFINITY;
  let steps = 0;

  return {
    heard(at, used, sentWithin) {
      if (at - lastAt < STEP_MS) return;
      const now = USUAL_S.map((s) => used - sentWithin(s * 1000));
      if (others !== null) {
        for (const [index, value] of now.entries()) {
          sums[index] = (sums[index] as number) + (value - (others[index] as number)) ** 2;
        }
        steps += 1;
      }
      others = now;
      lastAt = at;
    },
    interrupt() {
      others = null;
    },
    ms() {
      if (steps < LEAST_STEPS) return Number.POSITIVE_INFINITY;
      const least = Math.min(...sums);
      const most = least + (WORSE * least) / steps + WORSE_PLACES;
      const index = sums.findLastIndex((sum) => sum <= most);
      return index === USUAL_S.length - 1 ? Number.POSITIVE_INFINITY : (USUAL_S[index] as number) * 1000;
    },
  };
}

/**
 * `reset` never exceeds the window, whatever it means: the end of the window, the next free place, or all places free.
 * So the greatest one seen is the window, once it has been seen at the right moment. Where `reset` says nothing, the age
 * of the oldest place that is still taken does: it is never older than the window. Others make it seem older, without end
 * the less we send; the bound keeps that in check.
 */
export function createWindowEstimate(bound = createWindowBound()): WindowEstimate {
  const bucket = createBucketEstimate();
  const ages = createRollingMax();
  let age = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  let named = 0;
  let greatest = 0;
  let second = 0;
  let epochAt = Number.NaN;
  let epochAge = 0;
  let refuted = 0;
  let jumps = 0;
  let proven = false;
  let ms = SHORTEST_MS;

  /** One answer alone is not believed, but for the very first: it is the greatest that has come twice. */
  function name(resetMs: number): void {
    second = named === 0 ? resetMs : Math.max(second, Math.min(greatest, resetMs));
    greatest = Math.max(greatest, resetMs);
    named = Math.max(named, second);
  }

  /** A rounded time of day names the window too long: where places come back, their age tells by how much. */
  const within = (most: number, aged: number, blurMs: number) =>
    proven ? Math.max(SHORTEST_MS, Math.min(most, Math.max(aged, most - blurMs))) : most;

  /** Whether `reset` names the window: where places were taken for longer, it means something else, also later on. */
  const isNamed = () => named > refuted * ANEW;

  return {
    heard(at, sample) {
      const { ageMs, resetMs, sinceFirstMs, wayMs } = sample;
      // Requests that overtake one another make single ages too high.
      age += (ageMs - age) * (1 - Math.exp(-Math.max(0, at - lastAt) / Math.max(1, 2 * wayMs)));
      lastAt = Math.max(lastAt, at);
      ages.add(at, age);
      epochAge = Math.max(epochAge, age);
      if (age < 0.8 * sinceFirstMs - 100) proven = true;
      if (bucket.heard(at, sample)) {
        jumps += 1;
        bound.interrupt();
      }
      bound.heard(at, sample.used, sample.sentWithin);
      const longest = BOUND_ROOM * bound.ms();
      if (resetMs !== null && resetMs > 0) name(resetMs);
      const isMuch = sample.used >= Math.max(MUCH_PLACES, MUCH_SHARE * sample.limit);
      // Others make places seem older without end, as they are taken for ours.
      if (age > 3 * named + 1000 && longest > ANEW * named) refuted = named;
      if (jumps >= SURE_JUMPS || (isMuch && age <= ROOM * named)) refuted = 0;
      if (Number.isNaN(epochAt)) epochAt = at;
      if (at - epochAt >= Math.max(LEAST_EPOCH_MS, 3 * ms)) {
        // What neither `reset` nor the age of a place has come near for so long is no longer true.
        if (second < 0.7 * named && epochAge < 0.7 * named) named = second;
        epochAt = at;
        epochAge = 0;
        greatest = 0;
        second = 0;
      }
      const oldest = ages.most(at, Math.max(1000, ms));
      // What comes back all at once, time and again, is no bucket.
      const filling = jumps >= SURE_JUMPS ? null : bucket.ms();
      if (filling?.isTold) ms = filling.ms;
      else if (isNamed()) ms = within(named, oldest + sample.blurMs / 2, sample.resetBlurMs);
      else if (filling !== null) ms = filling.ms;
      else ms = Math.max(SHORTEST_MS, Math.min(oldest, longest));
    },
    ms: () => ms,
    isKnown: () => proven || isNamed(),
    isBucket: () => jumps < SURE_JUMPS && bucket.ms()?.isTold === true,
  };
}
