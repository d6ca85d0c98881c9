import { createBlindPace } from './blind-pace.ts';
import { createHeaderPace } from './header-pace.ts';
import { createSendHistory } from './send-history.ts';

/** What an answer says about the rate; null where a header is absent or cannot be read. Times in ms. */
export type Heard = {
  limit: number | null;
  remaining: number | null;
  /** From now on. */
  resetMs: number | null;
  /** By how much `resetMs` may be longer than what is meant, for rounding: 0 where it is exact, or rounded as a whole. */
  resetBlurMs: number;
  /** Whether it is a 429. */
  throttled: boolean;
  sentAt: number;
};

/** Decides how fast to send. All times are in ms of one monotonic clock, and are passed in. */
export type RateControl = {
  sent: (now: number) => void;
  heard: (now: number, answer: Heard) => void;
  /** Requests a second, evenly spaced; always above 0. */
  rate: (now: number) => number;
  /** The limit that the server has named; null where it has not. */
  seen: () => { limit: number; windowMs: number | null } | null;
};

/** After a refusal that headers have not foretold, the pace falls to this share, and grows by such a share with each answer. */
const BRAKE = 0.7;
const RELEASE = 0.03;
/** Headers that promise room before so many refusals are not believed for so long. */
const LIES = 3;
const DISTRUST_MS = 1_800_000;
/** One refusal against what was promised is forgotten in so many accepted requests. */
const FORGET_LIE = 200;
/** The pace is used or not over so long, and so many requests. */
const USED_MS = 1000;
const USED_REQUESTS = 4;
/** A day: no window is longer. */
const LONGEST_MS = 86_400_000;

/**
 * `cap` is never exceeded (null: none), `reserve` percent of the limit of the server stay free. Headers lead where they
 * come and make sense; where they do not, refusals do.
 */
export function createRateControl(options: {
  cap: number | null;
  reserve: number;
  startPerSecond: number;
}): RateControl {
  const cap = options.cap ?? Number.POSITIVE_INFINITY;
  const start = Math.min(cap, options.startPerSecond);
  const history = createSendHistory();
  const told = createHeaderPace(options.reserve, start, history);
  const blind = createBlindPace(start);
  let brake = 1;
  let lies = 0;
  let distrustUntil = Number.NEGATIVE_INFINITY;

  function rate(now: number): number {
    const led = now < distrustUntil ? Number.POSITIVE_INFINITY : told.rate(now);
    return Math.min(cap, led === Number.POSITIVE_INFINITY ? blind.rate() : led * brake);
  }

  /** Whether at least half of what refusals would allow is sent: a pace that nobody needs must not grow unseen. */
  function isUsed(now: number): boolean {
    const spanMs = Math.max(USED_MS, (USED_REQUESTS * 1000) / blind.rate());
    return history.until(now) - history.until(now - spanMs) >= (blind.rate() * spanMs) / 2000;
  }

  return {
    sent: (now) => history.add(now),
    heard(now, { limit, remaining, resetMs, resetBlurMs, throttled, sentAt }) {
      const promised = told.room(now) > 0.5;
      const isSound = limit !== null && remaining !== null && limit >= 1 && remaining >= 0 && remaining <= limit;
      // Refusals alone do not tell how places come back, and one that says that some are left is about something else.
      if (isSound && (!throttled || (remaining === 0 && told.seen() !== null))) {
        const ms = resetMs !== null && resetMs >= 0 && resetMs <= LONGEST_MS ? resetMs : null;
        told.heard(now, { limit, remaining, resetMs: ms, resetBlurMs, sentAt });
      }
      const led = now >= distrustUntil && told.rate(now) < Number.POSITIVE_INFINITY;
      const news = throttled ? blind.refused(now, sentAt) : false;
      if (!throttled) blind.accepted(now, sentAt, isUsed(now));
      if (!led) return;
      if (news) {
        brake *= BRAKE;
        lies += promised ? 1 : 0.5;
        if (lies >= LIES) {
          lies = 0;
          distrustUntil = now + DISTRUST_MS;
        }
      } else if (!throttled) {
        brake = Math.min(1, brake + RELEASE);
        lies = Math.max(0, lies - 1 / FORGET_LIE);
      }
      if (!throttled && now >= distrustUntil) blind.follow(rate(now));
    },
    rate,
    seen: told.seen,
  };
}
