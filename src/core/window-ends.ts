/** Places taken of a limit at a time. */
export type EndSample = {
  limit: number;
  used: number;
  /** How many were sent until then. */
  sent: number;
  /** How long ago the first of the places was taken, if all were ours. */
  ageMs: number;
};

/** When fixed windows end, as places that come back all at once tell. */
export type WindowEnds = {
  /** Gives whether a window has ended since the last time, for sure. */
  heard: (at: number, sample: EndSample) => boolean;
  /** How long they are, in ms; null where no places have come back all at once lately. */
  ms: (at: number) => number | null;
};

/** So many places, and such a share of the limit, must have been taken. */
const PLACES = 5;
const SHARE = 0.05;
/** Where they come back in such a part of the time for which they were taken, it is the end of a window for sure. */
const SURE = 0.25;
/** What has not come again in so many windows is over, where it would have been seen: by so many answers in each. */
const REMEMBERED = 2;
const SEEN = 5;
const INTERVALS = 3;

/**
 * All places are back: a window has ended, or for a long time nothing was sent. Between two ends for sure lies a window,
 * or several of them, whoever else takes places; until those are known, the age of the places tells what it can.
 */
export function createWindowEnds(): WindowEnds {
  let last: (EndSample & { at: number }) | null = null;
  let ends: number[] = [];
  let endedAt: number | null = null;
  let aged = 0;
  let since = 0;

  function length(): number {
    const between = ends.slice(1).map((end, index) => end - (ends[index] as number));
    return between.length === 0 ? aged : Math.min(...between);
  }

  return {
    heard(at, sample) {
      const before = last;
      last = { ...sample, at };
      const { limit, used, sent } = sample;
      const least = Math.max(PLACES, SHARE * limit);
      since += 1;
      if (before === null || before.used < least) return false;
      if (used > sent - before.sent + 1) return false;
      const gap = at - before.at;
      const isSure = gap <= SURE * before.ageMs;
      // Else little was sent, and the window is only known to be no shorter than that time.
      aged = before.ageMs + (isSure ? gap : 0);
      endedAt = at;
      since = 0;
      if (isSure) ends = [...ends.slice(-INTERVALS), at - gap / 2];
      return isSure;
    },
    ms(at) {
      if (endedAt === null) return null;
      const windows = (at - endedAt) / length();
      return windows > REMEMBERED && since > SEEN * windows ? null : length();
    },
  };
}
