import { type BucketSample, createBucketEstimate } from './bucket-estimate.ts';
import { createRollingMax } from './rolling-max.ts';
import { createWindowBound } from './window-bound.ts';
import { createWindowEnds } from './window-ends.ts';

/** One answer as it bears on the window. `sinceFirstMs`: how long ago the first request of all was sent. */
export type WindowSample = BucketSample & {
  sinceFirstMs: number;
  wayMs: number;
};

/** How long the window of a limiter is, as far as its answers tell. */
export type WindowEstimate = {
  heard: (at: number, sample: WindowSample) => void;
  /** The server has named another limit: the window stays as it was, but how fast a bucket fills is to be found anew. */
  limitChanged: () => void;
  /** In ms; the best guess of now. */
  ms: () => number;
  /** Whether places have become free again, or the server names a time: until then it is only known to be no shorter. */
  isKnown: () => boolean;
  /** Whether it is neither named nor a bucket: others make it seem longer the less we send. */
  isGuessed: () => boolean;
  /** So many times as fast a token bucket should be sent to for now, to see more of it; null where it is none. */
  look: () => number | null;
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
/** A `reset` of nothing in such a share of the answers, while places are free, tells of the window only when there are none. */
const SILENT = 0.5;
const NEWEST = 0.1;
const SECOND_MS = 1000;
/** After so many ends of windows that were seen for sure it is no bucket. */
const SURE_ENDS = 2;
/** A window may be so much longer than what it is bounded by. */
const BOUND_ROOM = 1.05;

/**
 * `reset` never exceeds the window, whatever it means: the end of the window, the next free place, or all places free.
 * So the greatest one seen is the window, once it has been seen at the right moment. Where `reset` says nothing, the ends
 * of fixed windows do, or else the age of the oldest place that is still taken: it is never older than the window. Others
 * make it seem older, without end the less we send; the bound keeps that in check.
 */
export function createWindowEstimate(): WindowEstimate {
  const bound = createWindowBound();
  let bucket = createBucketEstimate();
  const ends = createWindowEnds();
  const ages = createRollingMax();
  let age = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  let named = 0;
  let greatest = 0;
  let second = 0;
  let epochAt = Number.NaN;
  let epochAge = 0;
  let silent = 0;
  let refuted = 0;
  let ended = 0;
  let proven = false;
  let isHidden = false;
  let ms = SHORTEST_MS;
  let look: number | null = null;

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
  const isNamed = () => named > refuted * ANEW && silent < SILENT;

  return {
    heard(at, sample) {
      const { ageMs, resetMs, sinceFirstMs, wayMs } = sample;
      // Requests that overtake one another make single ages too high.
      age += (ageMs - age) * (1 - Math.exp(-Math.max(0, at - lastAt) / Math.max(1, 2 * wayMs)));
      lastAt = Math.max(lastAt, at);
      ages.add(at, age);
      epochAge = Math.max(epochAge, age);
      if (age < 0.8 * sinceFirstMs - 100) proven = true;
      const end = ends.heard(at, sample, bucket.filling()?.ms ?? null);
      if (end === 'sure') ended += 1;
      if (end !== 'no') {
        bound.interrupt();
        bucket.ended(end === 'sure');
      }
      if (!isHidden && ended < SURE_ENDS) bucket.heard(at, sample);
      // More than a lowered limit may be taken than shows.
      if (sample.used < sample.limit) isHidden = false;
      if (isHidden) bound.interrupt();
      else bound.heard(at, sample.used, sample.sentWithin);
      const longest = BOUND_ROOM * bound.ms();
      if (resetMs !== null && resetMs > 0) name(resetMs);
      if (resetMs !== null && sample.used < sample.limit) {
        silent += ((resetMs <= Math.min(SECOND_MS, sample.resetBlurMs) ? 1 : 0) - silent) * NEWEST;
      }
      const isMuch = sample.used >= Math.max(MUCH_PLACES, MUCH_SHARE * sample.limit);
      // Others make places seem older without end, as they are taken for ours.
      if (age > 3 * named + 1000 && bound.isRuledOut(named)) refuted = named;
      // What comes back all at once, time and again, is no bucket.
      const filling = ended >= SURE_ENDS ? null : bucket.filling();
      if (ended >= SURE_ENDS || (isMuch && age <= ROOM * named && filling === null)) refuted = 0;
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
      look = null;
      if (filling !== null && (filling.isSure || !isNamed())) {
        ms = filling.ms;
        look = filling.look;
      } else if (isNamed()) ms = within(named, oldest + sample.blurMs / 2, sample.resetBlurMs);
      else {
        const least = silent < SILENT ? 0 : named - sample.resetBlurMs;
        ms = Math.max(SHORTEST_MS, least, Math.min(ends.ms(at) ?? oldest, longest));
      }
    },
    limitChanged() {
      bucket = createBucketEstimate();
      isHidden = true;
    },
    ms: () => ms,
    isKnown: () => proven || look !== null || isNamed(),
    isGuessed: () => look === null && !isNamed(),
    look: () => look,
  };
}
