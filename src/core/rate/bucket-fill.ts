import { mayBeFull } from './bucket-full.ts';
import type { PlaceSample } from './place-sample.ts';

/** In how long a bucket fills, as far as what comes back tells. */
export type BucketFill = {
  heard: (at: number, sample: PlaceSample) => void;
  /** In ms; null while it is not known. */
  ms: () => number | null;
  /** So many times as fast it should be sent for now, to see whether it fills faster. */
  look: () => number;
  /** What has come back is not from a bucket. */
  forget: () => void;
};

/** So many tokens that came back tell how fast they do, give or take so many and what arrives out of its time. */
const BACK = 4;
const ERROR = 1.5;
/**
 * A bucket that stays full may be filled faster than was measured, as others may have left. After so many fillings it is
 * taken for so much faster until that shows, and after twice as many when it was in vain: it costs reserve.
 */
const LOOK_AFTER = 10;
const LOOK_LATEST = 40;
const LOOK = 1.5;
/** Others make it less than full for a moment. Where that is seen half as often as it was, they may be gone. */
const LOOK_SOON = 2;
const BUSY = 0.2;
const NEWEST = 0.05;
/** It is not so where the bucket is not full for such a part of a filling, and it is where it is full after a whole one. */
const DRAINED = 0.25;
const FASTER = 1.05;

/**
 * From when the bucket was full last, all that came back is counted: the longer that is, the more exactly it is known.
 * What others take is missing from it, so that it is at least what was ever seen.
 */
export function createBucketFill(): BucketFill {
  let full: { at: number; gone: number } | null = null;
  let limit = 0;
  // Tokens in a ms, and how exactly that is known.
  let fills = 0;
  let error = Number.POSITIVE_INFINITY;
  let seenAt = 0;
  let look: { at: number; sent: number; fills: number } | null = null;
  let lookAfter = LOOK_AFTER;
  // Once it is full: in which share of the answers it was just not so, lately and at most since the last look.
  let isFull = false;
  let busy = 0;
  let busiest = 0;

  function measure(at: number, back: number, took: number, noise: number): void {
    const seen = back / took;
    const wide = (ERROR + noise) / took;
    // What others take is missing: only a longer look at the same, or more than was known, says something.
    if (seen + wide < fills - error) return;
    seenAt = at;
    if (wide >= error && seen - wide <= fills + error) return;
    fills = seen;
    error = wide;
  }

  function found(at: number, isFaster: boolean): void {
    lookAfter = isFaster ? LOOK_AFTER : Math.min(LOOK_LATEST, 2 * lookAfter);
    seenAt = at;
    look = null;
    busy = 0;
    busiest = 0;
  }

  /** So much as is sent to a bucket that stays full must come back. */
  function whileFull(at: number, used: number, sent: number): void {
    if (look === null) {
      isFull ||= used <= 1;
      if (isFull) busy += ((used > 1 ? 1 : 0) - busy) * NEWEST;
      busiest = Math.max(busiest, busy);
      const since = ((at - seenAt) * fills) / limit;
      const areGone = busiest > BUSY && busy < busiest / 2;
      if (since > (areGone ? LOOK_SOON : lookAfter)) look = { at, sent, fills };
    } else if (at - look.at > limit / fills) {
      const seen = (sent - look.sent) / (at - look.at);
      if (seen < FASTER * fills) found(at, false);
      else {
        fills = seen;
        look = { at, sent, fills };
      }
    }
  }

  return {
    heard(at, { used, sent, noise, ...sample }) {
      limit = sample.limit;
      const gone = sent - used;
      if (full === null || mayBeFull(used, noise)) {
        full = { at, gone };
        whileFull(at, used, sent);
        return;
      }
      isFull = false;
      const took = at - full.at;
      if (gone - full.gone >= BACK) measure(at, gone - full.gone, took, noise);
      if (look !== null && took >= (DRAINED * limit) / fills) found(at, fills > FASTER * look.fills);
    },
    ms: () => (fills > 0 ? limit / fills : null),
    look: () => (look === null ? 1 : LOOK),
    forget() {
      full = null;
      fills = 0;
      look = null;
      error = Number.POSITIVE_INFINITY;
    },
  };
}
