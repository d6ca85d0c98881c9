import type { PlaceSample } from './place-sample.ts';

/** Times in ms. */
export type StartSample = PlaceSample & {
  /** How long ago the first of the places was taken, if all were ours. */
  ageMs: number;
  /** How exactly that is known: the time between the requests of then. */
  blurMs: number;
};

/** Whether the first places of all come back as the tokens of a bucket do. */
export type BucketStart = {
  heard: (at: number, sample: StartSample) => void;
  isBucket: () => boolean;
};

/** So many places must come back, and then more, the last ones after so many times as long as the first. */
const FIRST = 2;
const MORE = 4;
const TIMES = 2;
const LEAST_MS = 1000;
/** Give or take so many. */
const ERROR = 1;

/**
 * Early, as nobody else has come or left then, which would make places seem to age: in a window they come back at one age,
 * and to a bucket one after the other at the same pace, however fast they were taken.
 */
export function createBucketStart(): BucketStart {
  let began: number | null = null;
  let first: { at: number; gone: number; ageMs: number } | null = null;
  let isOver = false;
  let isBucket = false;

  return {
    heard(at, { limit, used, sent, ageMs, blurMs, noise }) {
      began ??= at;
      const gone = sent - used;
      if (gone > limit) isOver = true;
      if (isOver || gone <= FIRST + noise) return;
      first ??= { at, gone, ageMs };
      if (gone - first.gone < MORE || ageMs < TIMES * first.ageMs + LEAST_MS + blurMs) return;
      const before = first.at - began;
      const expected = (first.gone * (at - first.at)) / before;
      isBucket = Math.abs(gone - first.gone - expected) <= ((ERROR + noise) * (at - began)) / before;
      isOver = true;
    },
    isBucket: () => isBucket,
  };
}
