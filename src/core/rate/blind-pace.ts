/** The pace that is found from refusals alone. */
export type BlindPace = {
  /** `isUsed`: the pace was made use of lately, and may grow. */
  accepted: (now: number, sentAt: number, isUsed: boolean) => void;
  /** Gives whether it tells of a new shortage. */
  refused: (now: number, sentAt: number) => boolean;
  /** Requests a second. */
  rate: () => number;
  /** Goes on from this pace, where headers have led until now. */
  follow: (perSecond: number) => void;
};

/** Requests a second that are added every second while no limit has been met. */
const STEP = 1;
/** During a shortage the pace is this share of what it was, and no more is lost by one that says little. */
const CUT = 0.6;
const LITTLE_CUT = 0.9;
const SLOWEST = 0.01;
/** After a shortage the pace starts below the limit that was measured by so much, and is as much above it in the end. */
const BELOW = 0.06;
/** So many requests for each refusal of the last shortage (of these at most), and so long, are half of the way there. */
const REQUESTS_PER_REFUSAL = 30;
const COUNTED_REFUSALS = 3;
const HALF_WAY_MS = 40_000;
/** Half of the way from a first guess: what was measured over the first shortage, over fewer requests, or roughly. */
const GUESS_REQUESTS = 12;
const GUESS_MS = 25_000;
const ROUGH = 0.2;
/** So many times half of the way: from there it begins anew, at three times the limit or less. */
const FARTHEST = 4;
/** So many early shortages at ever lower limits are not about the pace: it goes back to what it was. */
const IN_VAIN = 4;
const FAR_BELOW = 0.75;
/** Early: before half of the way. A shortage after fewer requests, or of more refusals, is a real one. */
const REAL_REQUESTS = 3;
const REAL_REFUSALS = 2;
/** For so many requests it then stays, whatever is refused. */
const STAYS_FOR = 100;
/** What is accepted is counted over at least so long: over a part of a window it says little about the limit. */
const LEAST_MS = 60_000;
/** So often the count is noted, and kept so many times. */
const MARK_EVERY_MS = 10_000;
const MARKS = 30;

/**
 * Climbs by steps until it is refused. From the end of one shortage to the end of the next a server accepts what its
 * limit is, of whatever kind it is, so this is measured; then the pace nears it from below, stays near it, and leaves it
 * upwards ever faster while nothing is refused (the curve of CUBIC, RFC 9438).
 */
export function createBlindPace(startPerSecond: number): BlindPace {
  let pace = startPerSecond;
  let limit: number | null = null;
  let guessed = true;
  // When the last shortage ended, and what was accepted since; the same of where the way to the limit begins.
  let since = Number.NaN;
  let count = 0;
  let wayFrom = { at: 0, count: 0 };
  // What was accepted in all, now and before.
  let total = 0;
  let marks: { at: number; total: number }[] = [];
  // The shortage that goes on, or the last one.
  let short = false;
  let shortFrom = Number.NEGATIVE_INFINITY;
  let refusedAt = Number.NEGATIVE_INFINITY;
  let refusals = 0;
  let paceThen = startPerSecond;
  let early = false;
  // The limit that was measured has been left far behind, without a refusal.
  let beyond = false;
  // Early shortages in a row at ever lower limits, the pace before them, and the requests for which it stays.
  let inVain = 0;
  let paceBefore = startPerSecond;
  let stays = 0;

  /** How far the pace has come: 1 is at the limit. */
  function wayAt(now: number): number {
    const requests = guessed ? GUESS_REQUESTS : REQUESTS_PER_REFUSAL * Math.min(COUNTED_REFUSALS, refusals);
    const gone = (count - wayFrom.count) / requests;
    return Math.min(gone, (now - wayFrom.at) / (guessed ? GUESS_MS : HALF_WAY_MS), FARTHEST);
  }

  function near(now: number, known: number): void {
    const way = wayAt(now);
    pace = known * (1 + BELOW * (way - 1) ** 3);
    if (way < FARTHEST) return;
    limit = pace;
    guessed = true;
    beyond = true;
    wayFrom = { at: now, count };
  }

  /**
   * Requests a second from the last shortage to the end of this one. After a guess the pace has grown much on the way, and
   * windows that were not used up count for nothing: the most over a later part is nearer to the limit. A stretch that is
   * shorter than a window sees places come back only as they were taken before, so it is seen together with what was.
   */
  function acceptedUntil(end: number): number {
    const isShort = end - since < LEAST_MS;
    const parts = marks
      .filter(({ at }) => end - at >= LEAST_MS && (isShort || (guessed && at > since)))
      .map((mark) => ((total - mark.total) * 1000) / (end - mark.at));
    const whole = (count * 1000) / Math.max(1, end - since);
    return isShort ? (parts.at(-1) ?? whole) : Math.max(whole, ...parts);
  }

  /** Measures the limit at the end of a shortage, which came at some time in a gap that is so long. */
  function measure(end: number, gapMs: number): void {
    const measured = acceptedUntil(end);
    const before = limit ?? Number.POSITIVE_INFINITY;
    const isLittle = count < GUESS_REQUESTS;
    guessed = limit === null || isLittle || gapMs > ROUGH * (end - since);
    const least = isLittle ? Math.min(paceThen * LITTLE_CUT, Math.max(measured, paceThen * CUT)) : measured;
    limit = Math.max(SLOWEST, Math.min(paceThen, least));
    if (limit >= before) inVain = 0;
    else if (early && refusals <= REAL_REFUSALS && count >= REAL_REQUESTS) inVain += 1;
    if (inVain === 0) paceBefore = beyond ? limit : Math.min(paceThen, before);
    beyond = false;
    pace = limit * (1 - BELOW);
    if (inVain < IN_VAIN || limit > FAR_BELOW * paceBefore) return;
    inVain = 0;
    stays = STAYS_FOR;
    limit = paceBefore;
    pace = paceBefore;
  }

  return {
    accepted(now, sentAt, isUsed) {
      if (Number.isNaN(since)) since = sentAt;
      if (now - (marks.at(-1)?.at ?? since) >= MARK_EVERY_MS) marks = [...marks.slice(1 - MARKS), { at: now, total }];
      count += 1;
      total += 1;
      const isKept = stays > 0;
      if (isKept) stays -= 1;
      if (short) {
        // Answers to what was sent before the shortage say nothing about its end.
        if (sentAt < shortFrom) return;
        short = false;
        const end = (refusedAt + sentAt) / 2;
        if (!isKept) measure(end, sentAt - refusedAt);
        since = end;
        count = 0;
        wayFrom = { at: end, count };
      } else if (isKept) return;
      else if (isUsed && limit === null) pace += STEP / Math.max(1, pace);
      else if (isUsed && limit !== null) near(now, limit);
    },
    refused(now, sentAt) {
      if (Number.isNaN(since)) since = sentAt;
      refusedAt = now;
      if (short || sentAt < shortFrom) {
        refusals += 1;
        return false;
      }
      early = limit !== null && !beyond && wayAt(now) < 1;
      short = true;
      shortFrom = now;
      refusals = 1;
      paceThen = pace;
      if (stays === 0) pace *= CUT;
      return true;
    },
    rate: () => pace,
    follow(perSecond) {
      pace = perSecond;
      limit = null;
      short = false;
      since = Number.NaN;
      count = 0;
      marks = [];
      inVain = 0;
    },
  };
}
