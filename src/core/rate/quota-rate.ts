import { createQuotaWindow } from './quota-window.ts';
import { createRollingMax } from './rolling-max.ts';
import type { SendHistory } from './send-history.ts';

/** The rate headers of one response, checked: `limit` is at least 1, `remaining` is from 0 to `limit`. Times in ms. */
export type QuotaSample = {
  limit: number;
  remaining: number;
  resetMs: number | null;
  resetRoundingMs: number;
  sentAt: number;
};

/** The rate takes at least this long to double, so that many responses show the effect of each step. */
const DOUBLING_MS = 3000;
/** While the window is unknown, what is free above the reserve has to last for this time. */
const UNKNOWN_WINDOW_MS = 15_000;
/** The rate falls while less than this share of the reserve is free. */
const OPEN_SHARE = 0.75;
/** Even with `--reserve 0` this share of the limit stays free, because requests can arrive late and close together. */
const MIN_RESERVE_SHARE = 0.02;
/** Counts of two moments differ by up to a request even without other clients; on average by a half. */
const REQUESTS_IN_DOUBT = 0.5;
/** Without rate headers for this long, and for this many windows, the quota is unknown again. */
const STALE_MS = 600_000;
const STALE_WINDOWS = 10;
/** A request that leaves at the reset leaves after it. */
const CLOCK_STEP_MS = 1;

/**
 * The rate that the rate headers of a server allow: sends evenly so that the reserve stays free at any moment. Others
 * take what is used at the server and was not sent by us within one window. The most of that in a window counts,
 * because a fixed window shows it only at its end. In a token bucket the same sum ends up with the reserve free and
 * the whole refill used.
 */
export function createQuotaRate(initialReserve: number, startPerSecond: number, sent: SendHistory) {
  const window = createQuotaWindow(sent);
  const others = createRollingMax();
  let reservePercent = initialReserve;
  let limit = 0;
  let latestOthers = 0;
  let pace = { at: 0, perSecond: startPerSecond };
  let respondedAt: number | null = null;
  /** What the latest response has named: until when, and whether nothing is left up to then. */
  let responses = 0;
  let reset = { at: 0, isEmpty: false };
  let countsLate = false;

  const reserve = () => Math.max((limit * reservePercent) / 100, limit * MIN_RESERVE_SHARE, 1);
  const sentInWindow = (at: number) => sent.until(at) - sent.until(at - window.ms());
  const free = (now: number) => limit - Math.max(0, latestOthers + sentInWindow(now));
  const probeRate = () => 1000 / window.probeIntervalMs();

  function target(now: number): number {
    if (!window.isKnown()) return ((free(now) - reserve()) * 1000) / UNKNOWN_WINDOW_MS;
    const taken = Math.max(0, others.most(now, window.ms()) - REQUESTS_IN_DOUBT);
    return ((limit - reserve() - taken) * 1000) / window.ms();
  }

  function paceAt(now: number): number {
    const grown = pace.perSecond * 2 ** ((now - pace.at) / DOUBLING_MS);
    return Math.max(Math.min(target(now), grown), probeRate());
  }

  return {
    onResponse(now: number, sample: QuotaSample): void {
      const { remaining, sentAt } = sample;
      limit = sample.limit;
      // Some servers count a request only after its response.
      if (remaining === limit) countsLate = true;
      const used = limit - remaining + (countsLate ? 1 : 0);
      // Some servers name a time only when nothing is left, which does not show the window.
      const resetMs = remaining > 0 ? sample.resetMs : null;
      window.onSample(sentAt, limit, used, { ms: resetMs, roundingMs: sample.resetRoundingMs });
      responses += 1;
      reset = { at: now + (sample.resetMs ?? 0), isEmpty: remaining === 0 && sample.resetMs !== null };
      latestOthers = used - sentInWindow(sentAt);
      others.add(now, window.ms(), latestOthers);
      if (respondedAt === null) pace.at = now;
      respondedAt = now;
      pace = { at: now, perSecond: paceAt(now) };
    },
    /** Requests a second; null while no quota is known, or no longer. */
    rate(now: number): number | null {
      if (respondedAt === null || now - respondedAt > Math.max(STALE_MS, STALE_WINDOWS * window.ms())) return null;
      const open = Math.max(0, Math.min(1, free(now) / (OPEN_SHARE * reserve())));
      return Math.max(paceAt(now) * open, probeRate());
    },
    setReserve(percent: number): void {
      reservePercent = percent;
    },
    serverLimit: () => (limit === 0 ? null : { limit, windowMs: window.isKnown() ? window.ms() : null }),
    /** Whether the time that the latest response has named is over. */
    isOver: (now: number) => now >= reset.at,
    /** Whether nothing was left until a reset, which is over. */
    isEmptyNoMore: (now: number) => reset.isEmpty && now >= reset.at,
    /** Whether there was one response only, and nothing was sent since its reset. */
    isUnconfirmed: () => responses === 1 && sent.until(Number.MAX_VALUE) === sent.until(reset.at - CLOCK_STEP_MS),
    /** Whether the latest response has promised that a request is accepted now. */
    promisesRoom: (now: number) => free(now) > 0,
  };
}
