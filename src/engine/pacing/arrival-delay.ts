/** How much later than it was sent a request usually arrives, at most. */
export const USUAL_DELAY_MS = 3;
/** The same if answer times say nothing: other programs on the way may be busy, and nothing would show it. */
export const UNKNOWN_DELAY_MS = 7;
/** Longer delays are not believed: a server that was slow once must not lower the mean rate. */
const MAX_DELAY_MS = 60;
/** If answer times vary by more than this, they say nothing about the delay. */
const MAX_MEAN_VARIATION_MS = 30;
/** What delays may cost on average: together with the guard of the window just under 1 % of a second. */
const DELAY_BUDGET_MS = 6;
/** Weight of the newest answer in the mean. */
const NEWEST_WEIGHT = 0.1;
/** How fast the shortest answer time follows a server that becomes slower. */
const SHORTEST_GROWTH = 0.01;

/**
 * Returns a function that learns from answer times how much later than they were sent requests arrive: it returns the
 * delay of the request that was answered after `answerMs`, in ms; at most 60.
 *
 * A request has arrived before its answer: behind a server that takes 1 ms, its delay is at most the answer time.
 * Behind a server that always takes 100 ms, a request that is answered after 130 ms may have arrived 30 ms late. If
 * answer times vary by more than the mean rate can bear, only what is unusual counts; if they vary much, a delay is
 * assumed (`unknownMs`).
 */
export function createArrivalDelay(unknownMs = UNKNOWN_DELAY_MS): (answerMs: number) => number {
  let shortestMs = Number.POSITIVE_INFINITY;
  // A server counts as steady only after its answers have shown it.
  let meanVariationMs = MAX_MEAN_VARIATION_MS + DELAY_BUDGET_MS;
  return (answerMs) => {
    if (shortestMs === Number.POSITIVE_INFINITY) shortestMs = answerMs;
    shortestMs = answerMs < shortestMs ? answerMs : shortestMs + (answerMs - shortestMs) * SHORTEST_GROWTH;
    const variationMs = shortestMs <= USUAL_DELAY_MS ? answerMs : answerMs - shortestMs;
    meanVariationMs += (Math.min(variationMs, MAX_DELAY_MS) - meanVariationMs) * NEWEST_WEIGHT;
    if (meanVariationMs > MAX_MEAN_VARIATION_MS) return Math.min(answerMs, unknownMs);
    const minMs = Math.min(answerMs, USUAL_DELAY_MS);
    const unusualMs = variationMs - Math.max(0, meanVariationMs - DELAY_BUDGET_MS);
    return Math.max(minMs, Math.min(MAX_DELAY_MS, unusualMs));
  };
}
