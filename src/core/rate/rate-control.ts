import { createQuotaRate, type QuotaSample } from './quota-rate.ts';
import { createRefusalRate } from './refusal-rate.ts';
import { createSendHistory, type SendHistory } from './send-history.ts';

/** What one response says about the rate; null where a header is missing or unreadable. Times in ms. */
export type RateObservation = {
  limit: number | null;
  remaining: number | null;
  /** From now on. */
  resetMs: number | null;
  /** How much too long `resetMs` may be because of rounding; 0 for an exact time or whole seconds. */
  resetRoundingMs: number;
  /** Whether the response is a 429. */
  throttled: boolean;
  sentAt: number;
};

/** Decides how fast to send. All times are in ms of one monotonic clock, and are passed in. */
export type RateControl = {
  onSent: (now: number) => void;
  onResponse: (now: number, observation: RateObservation) => void;
  /** Requests a second, evenly spaced; always above 0. */
  rate: (now: number) => number;
  /** Another cap (null: none) and reserve from now on. What the server has shown of its limit stays. */
  restrict: (cap: number | null, reserve: number) => void;
  /** The limit that the server named last; null if it named none. */
  serverLimit: () => { limit: number; windowMs: number | null } | null;
};

/** After this many 429s against what the headers promised, the headers are ignored for a time. */
const MAX_BROKEN_PROMISES = 3;
const DISTRUST_MS = 1_800_000;
/** One broken promise is forgotten after this many accepted requests. */
const FORGET_REQUESTS = 200;
/** A quota whose reset is over is forgotten after this many accepted responses without headers. */
const FORGET_SILENT = 20;
/** Use of the rate is measured over this time, and over this many requests at least. */
const USED_MS = 1000;
const USED_REQUESTS = 4;
const USED_SHARE = 0.5;
/** Windows of more than a day are not believed. */
const MAX_RESET_MS = 86_400_000;

type Quota = { limit: number; remaining: number; resetMs: number | null };

/** The quota that a response names, in whole requests; null if it names none that makes sense. */
function quotaOf({ resetMs, ...named }: RateObservation): Quota | null {
  if (named.limit === null || named.remaining === null) return null;
  const limit = Math.floor(named.limit);
  const remaining = Math.floor(named.remaining);
  if (!(limit >= 1 && remaining >= 0 && remaining <= limit)) return null;
  return { limit, remaining, resetMs: resetMs !== null && resetMs >= 0 && resetMs <= MAX_RESET_MS ? resetMs : null };
}

/** Whether a rate is used. One that is not must not grow: nothing would show that it is too high. */
function isUsed(perSecond: number, sent: SendHistory, now: number): boolean {
  const spanMs = Math.max(USED_MS, (USED_REQUESTS * 1000) / perSecond);
  return sent.until(now) - sent.until(now - spanMs) >= (USED_SHARE * perSecond * spanMs) / 1000;
}

/**
 * Never exceeds `cap` (null: no cap). `reserve` percent of the server's limit stay free. Rate headers lead if they
 * come and make sense. Otherwise the 429s do.
 */
export function createRateControl(options: {
  cap: number | null;
  reserve: number;
  startPerSecond: number;
}): RateControl {
  let cap = options.cap ?? Number.POSITIVE_INFINITY;
  const start = Math.min(cap, options.startPerSecond);
  const sent = createSendHistory();
  const quotaRate = createQuotaRate(options.reserve, start, sent);
  const refusalRate = createRefusalRate(start);
  let brokenPromises = 0;
  let distrustUntil = Number.NEGATIVE_INFINITY;
  /** Accepted responses without headers since the latest quota. */
  let silent = 0;
  /** The rate from before nothing was left; null if something is. */
  let rateBeforeEmpty: number | null = null;

  const isForgotten = (now: number) => silent >= FORGET_SILENT && quotaRate.isOver(now);

  /** Null while the headers do not lead. */
  const ledRate = (now: number) => (now < distrustUntil || isForgotten(now) ? null : quotaRate.rate(now));

  function rate(now: number): number {
    const perSecond = ledRate(now) ?? refusalRate.rate();
    const isProbing = quotaRate.isEmptyNoMore(now) && (silent > 0 || quotaRate.isUnconfirmed());
    return Math.min(cap, isProbing ? Math.max(perSecond, Math.min(start, rateBeforeEmpty ?? start)) : perSecond);
  }

  function onQuota(now: number, sample: QuotaSample): void {
    rateBeforeEmpty = sample.remaining > 0 ? null : (rateBeforeEmpty ?? rate(now));
    silent = 0;
    quotaRate.onResponse(now, sample);
  }

  /** A request was accepted, and its response names no quota. */
  function onSilence(now: number): void {
    silent += 1;
    if (rateBeforeEmpty === null || !isForgotten(now)) return;
    refusalRate.restartFrom(Math.max(refusalRate.rate(), rateBeforeEmpty));
    rateBeforeEmpty = null;
  }

  function onBrokenPromise(now: number): void {
    brokenPromises += 1;
    if (brokenPromises < MAX_BROKEN_PROMISES) return;
    brokenPromises = 0;
    distrustUntil = now + DISTRUST_MS;
  }

  return {
    onSent: (now) => sent.add(now),
    onResponse(now, observation) {
      const { throttled, sentAt, resetRoundingMs } = observation;
      const wasPromised = quotaRate.promisesRoom(now);
      const quota = quotaOf(observation);
      // 429s alone do not show how quota comes back, and a 429 that leaves some is about something else.
      if (quota !== null && (!throttled || (quota.remaining === 0 && quotaRate.serverLimit() !== null))) {
        onQuota(now, { ...quota, resetRoundingMs, sentAt });
      } else if (quota === null && !throttled) onSilence(now);
      const isLed = ledRate(now) !== null;
      if (throttled) {
        const isNew = refusalRate.onRefused(now, sentAt);
        if (isLed && isNew && wasPromised) onBrokenPromise(now);
        return;
      }
      refusalRate.onAccepted(now, sentAt, isUsed(refusalRate.rate(), sent, now));
      if (!isLed) return;
      brokenPromises = Math.max(0, brokenPromises - 1 / FORGET_REQUESTS);
      refusalRate.restartFrom(rate(now));
    },
    rate,
    restrict(next, reserve) {
      // A rate that was set counts at once, as at the start of a run, unless 429s have shown a limit.
      if (!refusalRate.isLimited()) refusalRate.restartFrom(next ?? Math.min(cap, refusalRate.rate()));
      cap = next ?? Number.POSITIVE_INFINITY;
      quotaRate.setReserve(reserve);
    },
    serverLimit: quotaRate.serverLimit,
  };
}
