import { mayBeFull } from './bucket-full.ts';
import type { PlaceSample } from './place-sample.ts';

/** `fillMs`: in so long the whole limit comes back. */
export type BucketUse = PlaceSample & { fillMs: number };

/** How fast to send to a bucket of which others take as well. */
export type BucketOthers = {
  /** Times must not go back; `alone`: requests a second that leave the reserve where nobody else takes any. */
  heard: (at: number, use: BucketUse, alone: number) => void;
  /** Requests a second, so many times as fast while nobody else is known of. */
  pace: (alone: number, more: number) => number;
};

/** Others are measured over such a part of a filling and over so many tokens, or over all of it. */
const MEASURED = 0.25;
const DRAINED = 3;
/** A token that is partly back counts as taken: half of one on average. */
const PART = 0.5;
/** While what was sent too much to see them is made up, this share of what is left by them is sent. */
const WAITS = 0.5;
const LONGEST = 3;

/**
 * What others take of a full bucket does not show. So it is asked for, by sending as if there were none: where there are,
 * the bucket is drained, and what they take is what is gone and not by us, although it fills. Then so little is sent that
 * the mean is what they leave, and it is asked again.
 */
export function createBucketOthers(): BucketOthers {
  let stretch: { at: number; sent: number; used: number } | null = null;
  let waits: { at: number; sent: number } | null = null;
  let others = 0;

  return {
    heard(at, { limit, fillMs, used, sent, noise }, alone) {
      const isFull = mayBeFull(used, noise);
      if (waits !== null) {
        const left = Math.max(0, alone - others);
        const isMadeUp = isFull && sent - waits.sent <= (left * (at - waits.at)) / 1000;
        if (isMadeUp || at - waits.at > LONGEST * fillMs) {
          waits = null;
          stretch = null;
        }
      }
      if (stretch === null || isFull) {
        stretch = { at, sent, used };
        return;
      }
      const took = at - stretch.at;
      const isMeasured = took >= fillMs || (took >= MEASURED * fillMs && used - stretch.used >= DRAINED);
      if (!isMeasured) return;
      const theirs = used - PART - stretch.used - (sent - stretch.sent) + (limit * took) / fillMs;
      others = (Math.max(0, theirs) * 1000) / took;
      // Fewer than the reserve do not drain it: else a burst of our own has.
      if (alone + others > (limit * 1000) / fillMs) waits ??= stretch;
      if (took >= fillMs) stretch = { at, sent, used };
    },
    pace: (alone, more) => (waits === null ? more * alone : WAITS * Math.max(0, alone - others)),
  };
}
