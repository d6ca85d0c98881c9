/** How long a request takes to the server at most, as far as is known when it leaves, in ms. */
export const WAY_MS = 3;
/** A longer way than this is not believed: it would lower the mean for a server that was slow for once. */
const LONGEST_WAY_MS = 60;
/** Answer times that vary by more than this by themselves say nothing about the way. */
const STEADY_MS = 30;
/** What ways may cost on average: with the guard of the pacer just under 1 % of a second. */
const BUDGET_MS = 6;
/** Weight of the newest answer in the averages. */
const NEWEST = 0.1;
/** How fast the shortest answer time is forgotten when the server becomes slower. */
const FORGET = 0.01;

/** Learns from answers how late requests arrive. */
export type WayEstimate = {
  /** The time between leaving and arriving that an answer after `answerMs` tells of, in ms; at most 60. */
  of: (answerMs: number) => number;
};

/**
 * An answer proves that its request has arrived: behind a server that takes 1 ms, it cannot have arrived later than
 * its answer. Behind a server that always takes 100 ms, an answer after 130 ms may have arrived 30 ms late, and must
 * count from then on. Where answer times vary more than the mean rate could bear, only what is out of the ordinary
 * counts; where they vary much, nothing can be told, and the usual few ms stand.
 */
export function createArrivalDelay(): WayEstimate {
  let shortest = Number.POSITIVE_INFINITY;
  // Nothing is known at first, and a server is taken for steady only when it has shown it.
  let usual = STEADY_MS + BUDGET_MS;
  return {
    of(answerMs) {
      if (shortest === Number.POSITIVE_INFINITY) shortest = answerMs;
      shortest = answerMs < shortest ? answerMs : shortest + (answerMs - shortest) * FORGET;
      const way = shortest <= WAY_MS ? answerMs : answerMs - shortest;
      usual += (Math.min(way, LONGEST_WAY_MS) - usual) * NEWEST;
      const least = Math.min(answerMs, WAY_MS);
      if (usual > STEADY_MS) return least;
      return Math.max(least, Math.min(LONGEST_WAY_MS, way - Math.max(0, usual - BUDGET_MS)));
    },
  };
}
