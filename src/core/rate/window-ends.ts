import type { PlaceSample } from './place-sample.ts';

/** Times in ms. */
export type EndSample = PlaceSample & {
  /** How long ago the first of the places was taken, if all were ours. */
  ageMs: number;
  /** How many were sent within so long before. */
  sentWithin: (ms: number) => number;
  /** How long a request is on its way: answers may come out of their order by as much. */
  wayMs: number;
};

/** When fixed windows end, as places that come back all at once tell. */
export type WindowEnds = {
  /** Gives whether a window has ended since the last time; `fillMs`: if it is a bucket that fills in so long. */
  heard: (at: number, sample: EndSample, fillMs: number | null) => 'no' | 'maybe' | 'sure';
  /** How long they are, in ms; null where no places have come back all at once lately. */
  ms: (at: number) => number | null;
};

/** So many places, and such a share of the limit, must have been taken. */
const PLACES = 5;
const SHARE = 0.05;
/** And so many times as many more as may be wrong, but for one. */
const WRONG = 3;
/** Where they come back in such a part of the time for which they were taken, it is the end of a window for sure. */
const SURE = 0.25;
/** Others may have taken such a share of them again, where so many times as many came back as would in a sliding window. */
const ALSO = 0.1;
const FASTER = 2;
/** It is none where that is no more than so many times what comes back to what looks like a bucket. */
const FILLED = 1.5;
/** An answer from before the end that comes after it makes it seem to end again within such a time. */
const SHORTEST_MS = 500;
const WAYS = 3;
/** What has not come again in so many windows is over, where it would have been seen: by so many answers in each. */
const REMEMBERED = 2;
const SEEN = 5;
const INTERVALS = 3;

/** Windows as people choose them. */
const USUAL_MS = [1000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000];
/** What has aged so much of a short window may well be the end of the first part of a longer one. */
const SHORT_MS = 10_000;
const PART = 0.55;
const WHOLE = 0.95;
const ROOM = 1.1;

/** After one end the window is known to be no shorter than what it has aged; one that is taken for too short is used up. */
function usual(ms: number): number {
  const fits = (window: number) =>
    ms <= window * (window > SHORT_MS ? ROOM : PART) || (ms >= window * WHOLE && ms <= window * ROOM);
  return Math.max(ms, USUAL_MS.find(fits) ?? 0);
}

/**
 * All places are back: a window has ended, or for a long time nothing was sent. Between two ends for sure lies a window,
 * or several of them, whoever else takes places; until those are known, the age of the places tells what it can.
 */
export function createWindowEnds(): WindowEnds {
  let last: (EndSample & { at: number }) | null = null;
  let ends: number[] = [];
  let endedAt: number | null = null;
  let aged = 0;
  // So long after it all were back again, of however few.
  let longest = Number.POSITIVE_INFINITY;
  let since = 0;

  function length(): number {
    const between = ends.slice(1).map((end, index) => end - (ends[index] as number));
    return between.length === 0 ? Math.min(usual(aged), Math.max(aged, longest)) : Math.min(...between);
  }

  /** How many of ours would have come back since then to a sliding window. */
  function slid(at: number, before: EndSample & { at: number }, { sentWithin }: EndSample): number {
    const ms = at - before.at + before.ageMs;
    return sentWithin(ms) - sentWithin(ms - (at - before.at));
  }

  return {
    heard(at, sample, fillMs) {
      const before = last;
      if (before !== null && at < before.at) return 'no';
      last = { ...sample, at };
      const { limit, used, sent } = sample;
      const least = Math.max(PLACES, SHARE * limit) + WRONG * Math.max(0, sample.noise - 1);
      since += 1;
      if (before === null) return 'no';
      if (endedAt !== null && before.used > 1 && used <= sent - before.sent) longest = Math.min(longest, at - endedAt);
      if (before.used < least) return 'no';
      if (endedAt !== null && at - endedAt <= Math.max(SHORTEST_MS, WAYS * sample.wayMs)) return 'no';
      const gap = at - before.at;
      const back = before.used + sent - before.sent - used;
      const others = used - (sent - before.sent) - 1;
      if (others > 0 && (others > ALSO * before.used || back <= FASTER * slid(at, before, sample))) return 'no';
      if (fillMs !== null && back <= (FILLED * limit * gap) / fillMs) return 'no';
      const isSure = gap <= SURE * before.ageMs;
      // Else little was sent, and the window is only known to be no shorter than that time.
      aged = before.ageMs + (isSure ? gap : 0);
      endedAt = at;
      longest = Number.POSITIVE_INFINITY;
      since = 0;
      if (isSure) ends = [...ends.slice(-INTERVALS), at - gap / 2];
      return isSure ? 'sure' : 'maybe';
    },
    ms(at) {
      if (endedAt === null) return null;
      const windows = (at - endedAt) / length();
      return windows > REMEMBERED && since > SEEN * windows ? null : length();
    },
  };
}
