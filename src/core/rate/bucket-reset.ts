/** Places taken of a limit at a time, and what `reset` said of it. Times in ms. */
export type ResetSample = {
  limit: number;
  used: number;
  resetMs: number;
  /** By how much `resetMs` may be longer than what is meant; 0 where it is rounded to seconds somehow, or exact. */
  resetBlurMs: number;
  /** How long ago the first of the places was taken, if all were ours. */
  ageMs: number;
  /** By so many the places may be wrong. */
  noise: number;
};

/** Whether `reset` tells when a bucket will be full, and in how long it fills. */
export type BucketReset = {
  heard: (sample: ResetSample) => void;
  /** In ms; null while it does not look like one. */
  ms: () => number | null;
};

/** Between these a token takes to come back, if `reset` is longer than what is meant by `from` to `to`. */
type Slope = { from: number; to: number; least: number; most: number };

const SECOND_MS = 1000;
/** How seconds may have been rounded: not at all, up, to the nearest, down. */
const ROUNDINGS = [
  [-1, 1],
  [0, 1000],
  [-500, 500],
  [-1000, 0],
] as const;
/** Whether the place of the request itself is counted is not known. */
const ITSELF = 1;
/**
 * Few places and many must have been told of, so many times as many and by so many more, in so many answers; and the
 * times must be as far apart, by more than rounding makes.
 */
const TIMES = 2;
const MORE = 4;
const MORE_MS = 1000;
const ANSWERS = 8;
/** So exactly it must be known; or half as exactly after so many answers, as where little of the limit may be used. */
const EXACT = 0.15;
const PATIENCE = 200;
const ROUGH = 1;
/** Tokens that were taken so much longer ago than a bucket takes to fill are none. */
const OLDER = 3;
const OLDER_MS = 1000;

/**
 * The time until a bucket is full grows with the places that are taken, from nothing. Each answer says how long a token
 * takes at least and at most, for each way to round it; for a bucket all agree on one, whatever others take of it.
 */
export function createBucketReset(): BucketReset {
  let slopes: Slope[] = [];
  let fewest = 0;
  let most = 0;
  let shortestMs = 0;
  let longestMs = 0;
  let answers = 0;
  let limit = 0;
  let agedMs = 0;

  function preparePlan(blurMs: number): void {
    const roundings = blurMs > 0 ? [[0, blurMs] as const] : ROUNDINGS;
    slopes = roundings.map(([from, to]) => ({ from, to, least: 0, most: Number.POSITIVE_INFINITY }));
    fewest = Number.POSITIVE_INFINITY;
    most = 0;
    shortestMs = Number.POSITIVE_INFINITY;
    longestMs = 0;
    answers = 0;
  }

  function narrow({ used, resetMs, noise }: ResetSample): void {
    const wrong = ITSELF + noise;
    for (const slope of slopes) {
      slope.least = Math.max(slope.least, (resetMs - slope.to) / (used + wrong));
      if (used > wrong) slope.most = Math.min(slope.most, (resetMs - slope.from) / (used - wrong));
    }
    // A part of a second is not rounded to one.
    const isWhole = resetMs % SECOND_MS === 0;
    slopes = slopes.filter(({ from, to, least, most }) => least <= most && (isWhole || to - from !== SECOND_MS));
    fewest = Math.min(fewest, used);
    most = Math.max(most, used);
    shortestMs = Math.min(shortestMs, resetMs);
    longestMs = Math.max(longestMs, resetMs);
    answers += 1;
  }

  return {
    heard(sample) {
      limit = sample.limit;
      agedMs = sample.ageMs;
      if (sample.used < 1 || sample.resetMs <= 0) return;
      if (slopes.length === 0) preparePlan(sample.resetBlurMs);
      narrow(sample);
    },
    ms() {
      const isWide = most >= Math.max(TIMES * fewest, fewest + MORE) && longestMs >= TIMES * shortestMs + MORE_MS;
      if (slopes.length === 0 || answers < ANSWERS || !isWide) return null;
      const least = Math.min(...slopes.map((slope) => slope.least));
      const greatest = Math.max(...slopes.map((slope) => slope.most));
      const room = (greatest - least) / least;
      if (room > (answers < PATIENCE ? EXACT : ROUGH)) return null;
      const ms = (limit * (least + greatest)) / 2;
      return agedMs > OLDER * ms + OLDER_MS ? null : ms;
    },
  };
}
