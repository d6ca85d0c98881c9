import { createQuotaWindow } from './quota-window.ts';
import { createRollingMax } from './rolling-max.ts';
import type { SendHistory } from './send-history.ts';

/** The rate headers of one response, checked: `limit` is at least 1, `remaining` is from 0 to `limit`. Times in ms. */
export type QuotaSample = {
  limit: number;
  remaining: number;
  resetMs: number | null;
  /** How much too long `resetMs` may be because of rounding. */
  resetRoundingMs: number;
  sentAt: number;
};

/** The rate that the rate headers of a server allow. */
export type QuotaRate = {
  onResponse: (now: number, sample: QuotaSample) => void;
  /** Requests a second; null while no quota is known, or no longer. */
  rate: (now: number) => number | null;
  /** The limit that the server named last; `windowMs` is null while the window is unknown. */
  serverLimit: () => { limit: number; windowMs: number | null } | null;
  /** Whether a recent response has promised that a request is accepted now. */
  promisesRoom: (now: number) => boolean;
};

/** The rate takes at least this long to double, so that many responses show the effect of each step. */
const DOUBLING_MS = 3000;
/** While the window is unknown, what is free above the reserve has to last for this time. */
const UNKNOWN_WINDOW_MS = 15_000;
/** Up to this share of the reserve only probes are sent, and from the next one on the full rate. */
const CLOSED_SHARE = 0.25;
const OPEN_SHARE = 0.75;
/** Even with `--reserve 0` this share of the limit stays free, because requests can arrive late and close together. */
const MIN_RESERVE_SHARE = 0.02;
/** Counts of two moments differ by up to a request even without other clients; on average by a half. */
const REQUESTS_IN_DOUBT = 0.5;
/** Requests that overtake one another look like other clients. At most this share of the limit is explained so. */
const MAX_OVERTAKING_SHARE = 0.1;
const NEWEST_WEIGHT = 0.1;
/** A window is shorter than the time in which this many limits were sent. */
const SENT_LIMITS = 2;
/** In a fixed window all requests are young now and then, so age is judged over this many of them. */
const RECENT_REQUESTS = 20;
/** Without rate headers for this long, and for this many windows, the quota is unknown again. */
const STALE_MS = 600_000;
const STALE_WINDOWS = 10;
/** Others can use up the quota between two responses that lie further apart than this share of a window. */
const PROMISE_SHARE = 0.1;

/**
 * Sends evenly so that the reserve stays free at any moment. Others take what is used at the server and was not sent by
 * us within one window. The most of that in a window counts, because a fixed window shows it only at its end. In a
 * token bucket the same sum ends up with the reserve free and the whole refill used.
 */
export function createQuotaRate(reservePercent: number, startPerSecond: number, sent: SendHistory): QuotaRate {
  const window = createQuotaWindow();
  let others = createRollingMax();
  let limit = 0;
  let latest = { sentAt: Number.NEGATIVE_INFINITY, others: 0 };
  let pace = { at: 0, perSecond: startPerSecond };
  let respondedAt: number | null = null;
  let roundTripMs = 0;
  let countsLate = false;
  let maxWindowMs = Number.POSITIVE_INFINITY;

  const reserve = () => Math.max((limit * reservePercent) / 100, limit * MIN_RESERVE_SHARE, 1);
  const sentWithin = (at: number, ms: number) => sent.until(at) - sent.until(at - ms);
  const free = (now: number) => limit - Math.max(0, latest.others + sentWithin(now, window.ms()));
  const probeRate = () => 1000 / window.probeIntervalMs();

  function target(now: number): number {
    if (!window.isKnown()) return ((free(now) - reserve()) * 1000) / UNKNOWN_WINDOW_MS;
    const inDoubt = REQUESTS_IN_DOUBT + Math.min(limit * MAX_OVERTAKING_SHARE, (pace.perSecond * roundTripMs) / 2000);
    const taken = Math.max(0, others.most(now, window.ms()) - inDoubt);
    return ((limit - reserve() - taken) * 1000) / window.ms();
  }

  function paceAt(now: number): number {
    const grown = pace.perSecond * 2 ** ((now - pace.at) / DOUBLING_MS);
    return Math.max(Math.min(target(now), grown), probeRate());
  }

  /** How long the oldest request that counts has counted: half-way between it and the one before, which does not. */
  function ageOfOldest(at: number, index: number, used: number): number {
    const oldest = Math.max(0, Math.min(index, index + 1 - used));
    const age = at - (sent.timeOf(oldest) + sent.timeOf(Math.max(0, oldest - 1))) / 2;
    const longAgo = index - SENT_LIMITS * limit;
    if (longAgo >= 0) maxWindowMs = Math.min(maxWindowMs, at - sent.timeOf(longAgo));
    return Math.min(age, maxWindowMs);
  }

  function changeLimit(next: number): void {
    limit = next;
    others = createRollingMax();
    countsLate = false;
    maxWindowMs = Number.POSITIVE_INFINITY;
  }

  return {
    onResponse(now, { limit: named, remaining, resetMs, resetRoundingMs, sentAt }) {
      if (named !== limit) changeLimit(named);
      const tripMs = now - sentAt;
      roundTripMs += respondedAt === null ? tripMs : (tripMs - roundTripMs) * NEWEST_WEIGHT;
      // Some servers count a request only after its response.
      if (remaining === limit) countsLate = true;
      const used = limit - remaining + (countsLate ? 1 : 0);
      const index = sent.until(sentAt) - 1;
      window.onSample(sentAt, {
        limit,
        // Some servers name a time only when nothing is left, which does not show the window.
        resetMs: remaining > 0 ? resetMs : null,
        resetRoundingMs,
        ageMs: ageOfOldest(sentAt, index, used),
        firstAgeMs: sentAt - sent.timeOf(0),
        recentMs: sentAt - sent.timeOf(Math.max(0, index + 1 - RECENT_REQUESTS)),
      });
      const taken = used - sentWithin(sentAt, window.ms());
      others.most(now, window.ms());
      others.add(now, taken);
      if (sentAt >= latest.sentAt) latest = { sentAt, others: taken };
      if (respondedAt === null) pace.at = now;
      respondedAt = now;
      pace = { at: now, perSecond: paceAt(now) };
    },
    rate(now) {
      if (respondedAt === null || now - respondedAt > Math.max(STALE_MS, STALE_WINDOWS * window.ms())) return null;
      const open = (free(now) / reserve() - CLOSED_SHARE) / (OPEN_SHARE - CLOSED_SHARE);
      const perSecond = paceAt(now);
      return Math.max(perSecond * Math.min(1, Math.max(0, open)), Math.min(perSecond, probeRate()));
    },
    serverLimit: () => (limit === 0 ? null : { limit, windowMs: window.isKnown() ? window.ms() : null }),
    promisesRoom(now) {
      if (respondedAt === null || now - respondedAt > PROMISE_SHARE * window.ms()) return false;
      return free(now) > CLOSED_SHARE * reserve();
    },
  };
}
