import { type BucketSample, createBucketEstimate } from './bucket-estimate.ts';
import { createRollingMax } from './rolling-max.ts';

/** One answer as it bears on the window; `sinceFirstMs`: how long ago the first request of all was sent. */
export type WindowSample = BucketSample & { sinceFirstMs: number; wayMs: number };

/** How long the window of a limiter is, as far as its answers tell. */
export type WindowEstimate = {
  heard: (at: number, sample: WindowSample) => void;
  /** In ms; the best guess of now. */
  ms: () => number;
  /** Whether places have become free again, or the server names a time: until then it is only known to be no shorter. */
  isKnown: () => boolean;
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

/**
 * `reset` never exceeds the window, whatever it means: the end of the window, the next free place, or all places free.
 * So the greatest one seen is the window, once it has been seen at the right moment. Where `reset` says nothing, the age
 * of the oldest place that is still taken does: it is never older than the window.
 */
export function createWindowEstimate(): WindowEstimate {
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
      if (bucket.heard(at, sample)) jumps += 1;
      if (resetMs !== null && resetMs > 0) name(resetMs);
      if (age > 3 * named + 1000) refuted = named;
      const isMuch = sample.used >= Math.max(MUCH_PLACES, MUCH_SHARE * sample.limit);
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
      // What comes back all at once, time and again, is no bucket.
      const filling = jumps >= SURE_JUMPS ? null : bucket.ms();
      if (filling?.isTold) ms = filling.ms;
      else if (isNamed()) ms = named;
      else if (filling !== null) ms = filling.ms;
      else ms = Math.max(SHORTEST_MS, ages.most(at, Math.max(1000, ms)));
    },
    ms: () => ms,
    isKnown: () => proven || isNamed(),
  };
}
