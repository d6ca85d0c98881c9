import { createSendHistory } from './send-history.ts';

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
/** The first limit is rough, so the next one is measured sooner. */
const FIRST_CURVE_REQUESTS = 12;
/** The limit is measured over at least a minute. A shorter time may be a part of a window. */
const MIN_MEASURED_MS = 60_000;
/** Fewer requests between two episodes say little: the limit falls by a tenth at least, by the factor above at most. */
const MIN_MEASURED_REQUESTS = 12;
const FEW_FACTOR = 0.9;
/** After this many drops in a row, 429s are taken as unrelated to the rate, which then stays for some requests. */
const MAX_DROPS = 4;
const HOLD_REQUESTS = 100;
/** Fewer accepted requests between two episodes are a sign of a real limit. Several such episodes are proof. */
const FEW_ACCEPTED = 3;
const MAX_DENSE_EPISODES = 4;

type Episode = { rateBefore: number; isEarly: boolean };

/** Counts drops of the limit in a row, because 429s that are unrelated to the rate seem to lower it again and again. */
function createDrops() {
  let drops = 0;
  let rateBefore = 0;
  let denseEpisodes = 0;
  let holdUntil = 0;
  return {
    /** Whether the rate stays as it is after this many accepted requests. */
    isHolding: (count: number) => count < holdUntil,
    onEpisodeEnd(accepted: number): void {
      denseEpisodes = accepted < FEW_ACCEPTED ? denseEpisodes + 1 : 0;
      if (denseEpisodes >= MAX_DENSE_EPISODES) holdUntil = 0;
    },
    /** Returns the rate from before the drops if they are unrelated to it; null if the next limit is real. */
    onLimit(next: number, limit: number | null, episode: Episode, count: number): number | null {
      if (limit === null || next >= limit || !episode.isEarly) drops = 0;
      else if (denseEpisodes === 0) drops += 1;
      if (drops === 0) rateBefore = Math.min(episode.rateBefore, limit ?? episode.rateBefore);
      if (drops < MAX_DROPS) return null;
      drops = 0;
      holdUntil = count + HOLD_REQUESTS;
      return rateBefore;
    },
    reset(): void {
      drops = 0;
    },
  };
}

/**
 * The rate that is found from 429s alone. It climbs until the first 429. Between the ends of two throttling episodes
 * any kind of server accepts what its limit is. So the limit is measured there, and the rate follows the curve of
 * CUBIC (RFC 9438) around it. An episode lasts from a 429 to the first accepted request that was sent after it.
 */
export function createRefusalRate(startPerSecond: number) {
  const accepted = createSendHistory();
  let perSecond = startPerSecond;
  let limit: number | null = null;
  let measuredFrom = Number.POSITIVE_INFINITY;
  let curve = { at: 0, count: 0, requests: 0 };
  let episode = { at: Number.NEGATIVE_INFINITY, lastAt: 0, refusals: 0, rateBefore: 0, isEarly: false, isOpen: false };
  const drops = createDrops();

  /** Requests since the end of the last episode. */
  const acceptedUntil = (end: number) => accepted.until(end) - accepted.until(measuredFrom);
  const isHolding = (now: number) => drops.isHolding(accepted.until(now));
  /** Position on the curve: 1 is at the limit. */
  const position = (now: number) =>
    Math.min((accepted.until(now) - curve.count) / curve.requests, (now - curve.at) / CURVE_MS);

  function grow(now: number): void {
    if (limit === null) perSecond += CLIMB_PER_S / Math.max(1, perSecond);
    else perSecond = limit * (1 + CURVE_DEPTH * (position(now) - 1) ** 3);
  }

  function measuredLimit(end: number): number {
    const { rateBefore } = episode;
    const rateFrom = (at: number) => ((accepted.until(end) - accepted.until(at)) * 1000) / Math.max(1, end - at);
    const minuteAgo = Math.max(end - MIN_MEASURED_MS, accepted.timeOf(0));
    const measured = Math.max(rateFrom(Math.min(measuredFrom, minuteAgo)), rateFrom(minuteAgo));
    if (acceptedUntil(end) >= MIN_MEASURED_REQUESTS) return Math.min(rateBefore, measured);
    return Math.max(rateBefore * THROTTLED_FACTOR, Math.min(rateBefore * FEW_FACTOR, measured));
  }

  function followLimit(next: number, count: number): void {
    const restored = drops.onLimit(next, limit, episode, count);
    limit = restored ?? next;
    perSecond = restored ?? next * (1 - CURVE_DEPTH);
  }

  return {
    /** `isUsed`: much of the rate was used lately, so it may grow. */
    onAccepted(now: number, sentAt: number, isUsed: boolean): void {
      accepted.add(now);
      measuredFrom = Math.min(measuredFrom, sentAt);
      if (!episode.isOpen && isUsed && !isHolding(now)) grow(now);
      // A request from before the episode says nothing about its end.
      if (!episode.isOpen || sentAt < episode.at) return;
      episode.isOpen = false;
      const end = (episode.lastAt + sentAt) / 2;
      const refusals = Math.min(MAX_COUNTED_REFUSALS, episode.refusals);
      const requests = limit === null ? FIRST_CURVE_REQUESTS : REQUESTS_PER_REFUSAL * refusals;
      drops.onEpisodeEnd(acceptedUntil(end));
      if (!isHolding(now)) followLimit(Math.max(MIN_PER_S, measuredLimit(end)), accepted.until(now));
      curve = { at: end, count: accepted.until(now), requests };
      measuredFrom = end;
    },
    /** Returns whether a throttling episode begins with this 429. */
    onRefused(now: number, sentAt: number): boolean {
      const isNew = !episode.isOpen && sentAt >= episode.at;
      if (isNew) {
        const isEarly = position(now) < 1;
        episode = { at: now, lastAt: now, refusals: 0, rateBefore: perSecond, isEarly, isOpen: true };
        if (!isHolding(now)) perSecond *= THROTTLED_FACTOR;
      }
      episode.lastAt = now;
      episode.refusals += 1;
      return isNew;
    },
    /** Requests a second. */
    rate: () => perSecond,
    /** Whether 429s have shown a limit. */
    isLimited: () => limit !== null || episode.isOpen,
    /** Continues from a rate that was found in another way. */
    restartFrom(next: number): void {
      perSecond = next;
      limit = null;
      measuredFrom = Number.POSITIVE_INFINITY;
      episode.isOpen = false;
      drops.reset();
    },
  };
}
