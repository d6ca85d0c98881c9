import { createSendHistory } from './send-history.ts';

/** The rate that is found from 429s alone. All times are in ms. */
export type RefusalRate = {
  /** `isUsed`: much of the rate was used lately, so it may grow. */
  onAccepted: (now: number, sentAt: number, isUsed: boolean) => void;
  /** Returns whether a throttling episode begins with this 429. */
  onRefused: (now: number, sentAt: number) => boolean;
  /** Requests a second. */
  rate: () => number;
  /** Continues from a rate that was found in another way. */
  restartFrom: (perSecond: number) => void;
};

/** Until the first 429 the rate grows by this much each second. */
const CLIMB_PER_S = 1;
/** During a throttling episode the rate is multiplied by this: 0.7 in RFC 9438, less because windows end late. */
const THROTTLED_FACTOR = 0.6;
const MIN_PER_S = 0.01;
/** The curve starts this share below the limit, is flat at the limit, and grows by the same share in the same time. */
const CURVE_DEPTH = 0.06;
/** The curve reaches the limit after this time and this many requests for each 429: that bounds the share of 429s. */
const CURVE_MS = 40_000;
const REQUESTS_PER_REFUSAL = 30;
const MAX_COUNTED_REFUSALS = 3;
/** After a guess the limit is looked for sooner. */
const GUESS_REQUESTS = 12;
/** Without a 429 the curve ends here, at 2.6 times the limit, and starts again from there. */
const CURVE_END = 4;
/** The limit is measured over at least a minute. A shorter time may be a part of a window. */
const MIN_MEASURED_MS = 60_000;
/** Fewer requests between two episodes say little: the limit falls by a tenth at least, by the factor above at most. */
const MIN_MEASURED_REQUESTS = 12;
const FEW_FACTOR = 0.9;
const MEASURE_STEP_MS = 10_000;
/** After this many drops in a row, 429s are taken as unrelated to the rate, which then stays for some requests. */
const MAX_DROPS = 4;
const HOLD_REQUESTS = 100;
/** Fewer accepted requests between two episodes are a sign of a real limit. Several such episodes are proof. */
const FEW_ACCEPTED = 3;
const MAX_DENSE_EPISODES = 4;

/** The requests that were accepted, and how many a second they came to since the end of the last episode. */
function createAcceptedRate() {
  const accepted = createSendHistory();
  let from = Number.POSITIVE_INFINITY;
  return {
    add(now: number, sentAt: number) {
      accepted.add(now);
      from = Math.min(from, sentAt);
    },
    count: accepted.until,
    countUntil: (end: number) => accepted.until(end) - accepted.until(from),
    /** Requests a second. For a guess the best late part counts, because the rate has just grown to it. */
    rateUntil(end: number, isGuess: boolean): number {
      const minuteAgo = end - MIN_MEASURED_MS;
      const start = minuteAgo < accepted.timeOf(0) ? from : Math.min(from, minuteAgo);
      const rateFrom = (at: number) => ((accepted.until(end) - accepted.until(at)) * 1000) / Math.max(1, end - at);
      let best = rateFrom(start);
      for (let at = start + MEASURE_STEP_MS; isGuess && at <= minuteAgo; at += MEASURE_STEP_MS) {
        best = Math.max(best, rateFrom(at));
      }
      return best;
    },
    restart(at: number) {
      from = at;
    },
  };
}

/** A time in which requests are refused, from the first 429 to the first accepted request that was sent after it. */
type Episode = { at: number; lastAt: number; refusals: number; rateBefore: number; isEarly: boolean; isOpen: boolean };

/** Recognizes random 429s: the limit seems to fall again and again, each time before it was reached. */
function createRandomRefusals() {
  let drops = 0;
  let rateBefore = 0;
  let denseEpisodes = 0;
  let holdUntil = 0;
  return {
    /** Whether the rate stays as it is after this many accepted requests. */
    isHolding: (count: number) => count < holdUntil,
    onEpisodeEnd(requests: number) {
      denseEpisodes = requests < FEW_ACCEPTED ? denseEpisodes + 1 : 0;
      if (denseEpisodes >= MAX_DENSE_EPISODES) holdUntil = 0;
    },
    /** Returns the rate from before the drops, which is to be restored; null if the new limit is real. */
    onLimit(limit: number, previous: number, episode: Episode, count: number): number | null {
      if (limit >= previous || !episode.isEarly) drops = 0;
      else if (denseEpisodes === 0) drops += 1;
      if (drops === 0) rateBefore = Math.min(episode.rateBefore, previous);
      if (drops < MAX_DROPS || limit >= rateBefore) return null;
      drops = 0;
      holdUntil = count + HOLD_REQUESTS;
      return rateBefore;
    },
    reset() {
      drops = 0;
    },
  };
}

/**
 * Climbs until the first 429. Between the ends of two throttling episodes any kind of server accepts what its limit is.
 * So the limit is measured there, and the rate follows the curve of CUBIC (RFC 9438) around it.
 */
export function createRefusalRate(startPerSecond: number): RefusalRate {
  const accepted = createAcceptedRate();
  const random = createRandomRefusals();
  let perSecond = startPerSecond;
  let limit: number | null = null;
  let isGuess = true;
  let curve = { at: 0, count: 0, requests: GUESS_REQUESTS };
  const never = Number.NEGATIVE_INFINITY;
  let episode: Episode = { at: never, lastAt: never, refusals: 0, rateBefore: 0, isEarly: false, isOpen: false };

  /** Position on the curve: 1 is at the limit. */
  function progress(now: number): number {
    const requests = (accepted.count(now) - curve.count) / curve.requests;
    return Math.min(requests, (now - curve.at) / CURVE_MS, CURVE_END);
  }

  function grow(now: number): void {
    if (limit === null) {
      perSecond += CLIMB_PER_S / Math.max(1, perSecond);
      return;
    }
    const position = progress(now);
    perSecond = limit * (1 + CURVE_DEPTH * (position - 1) ** 3);
    if (position < CURVE_END) return;
    limit = perSecond;
    isGuess = true;
    curve = { at: now, count: accepted.count(now), requests: GUESS_REQUESTS };
  }

  function measureLimit(end: number, count: number): void {
    const isFew = accepted.countUntil(end) < MIN_MEASURED_REQUESTS;
    const [least, most] = isFew ? [THROTTLED_FACTOR, FEW_FACTOR] : [0, 1];
    const measured = Math.min(episode.rateBefore * most, accepted.rateUntil(end, isGuess));
    const next = Math.max(MIN_PER_S, episode.rateBefore * least, measured);
    const restored = random.onLimit(next, limit ?? Number.POSITIVE_INFINITY, episode, count);
    isGuess = limit === null;
    limit = restored ?? next;
    perSecond = restored ?? next * (1 - CURVE_DEPTH);
  }

  return {
    onAccepted(now, sentAt, isUsed) {
      accepted.add(now, sentAt);
      const count = accepted.count(now);
      if (!episode.isOpen) {
        if (isUsed && !random.isHolding(count)) grow(now);
        return;
      }
      // A request from before the episode says nothing about its end.
      if (sentAt < episode.at) return;
      episode.isOpen = false;
      const end = (episode.lastAt + sentAt) / 2;
      random.onEpisodeEnd(accepted.countUntil(end));
      if (!random.isHolding(count)) measureLimit(end, count);
      accepted.restart(end);
      const refusals = Math.min(MAX_COUNTED_REFUSALS, episode.refusals);
      curve = { at: end, count, requests: isGuess ? GUESS_REQUESTS : REQUESTS_PER_REFUSAL * refusals };
    },
    onRefused(now, sentAt) {
      if (episode.isOpen || sentAt < episode.at) {
        episode.lastAt = now;
        episode.refusals += 1;
        return false;
      }
      const isEarly = limit !== null && progress(now) < 1;
      episode = { at: now, lastAt: now, refusals: 1, rateBefore: perSecond, isEarly, isOpen: true };
      if (!random.isHolding(accepted.count(now))) perSecond *= THROTTLED_FACTOR;
      return true;
    },
    rate: () => perSecond,
    restartFrom(next) {
      perSecond = next;
      limit = null;
      isGuess = true;
      accepted.restart(Number.POSITIVE_INFINITY);
      random.reset();
      episode.isOpen = false;
    },
  };
}
