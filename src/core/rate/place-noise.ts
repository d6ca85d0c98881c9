/** By how much the places that a server names are wrong, as far as that shows. */
export type PlaceNoise = {
  /** `gone`: how many have come back until then, if all were ours. */
  heard: (gone: number) => void;
  /** In places; 0 where they are exact. */
  places: () => number;
};

const NEWEST = 0.03;
/** A change counts for no more than so many times the other one. */
const MUCH = 2;
/** So many standard deviations: nearly all of what is wrong evenly within bounds. */
const WIDTH = 2.5;
/** So much of the mean must be of what was heard. */
const LEAST_WEIGHT = 0.3;

/**
 * Who counts wrongly once is right, or wrong the other way, the next time: so one change undoes the one before, which
 * what comes back or is taken by others does not. The mean product of two changes in a row is the variance, negated.
 */
export function createPlaceNoise(): PlaceNoise {
  let last: number | null = null;
  let change: number | null = null;
  let product = 0;
  let weight = 0;

  return {
    heard(gone) {
      const now = last === null ? null : gone - last;
      if (now !== null && change !== null) {
        // A window that ends is one change, however great.
        const most = MUCH * Math.min(Math.abs(change), Math.abs(now));
        const bounded = (value: number) => Math.max(-most, Math.min(most, value));
        product += (bounded(now) * bounded(change) - product) * NEWEST;
        weight += (1 - weight) * NEWEST;
      }
      change = now;
      last = gone;
    },
    places: () => WIDTH * Math.sqrt(Math.max(0, -product / Math.max(LEAST_WEIGHT, weight))),
  };
}
