import { createBucketOthers } from './bucket-others.ts';
import { createPlaceNoise } from './place-noise.ts';
import { createRollingMax } from './rolling-max.ts';
import type { SendHistory } from './send-history.ts';
import { createWindowEstimate } from './window-estimate.ts';

/** What the headers of one answer say, checked: `limit` is at least 1, `remaining` from 0 to it. Times in ms. */
export type HeaderSample = {
  limit: number;
  remaining: number;
  resetMs: number | null;
  resetBlurMs: number;
  sentAt: number;
};

/** The pace that the headers of a server ask for. */
export type HeaderPace = {
  heard: (now: number, sample: HeaderSample) => void;
  /** Requests a second; Infinity while nothing is known, or no longer. */
  rate: (now: number) => number;
  /** The limit that the server has named last, and over how long it counts; null where that is not known yet. */
  seen: () => { limit: number; windowMs: number | null } | null;
  /** Places that should be free now, as a share of the reserve. */
  room: (now: number) => number;
};

/** The pace doubles in so long at most, and falls at once. */
const DOUBLING_MS = 3000;
/** Below this share of the reserve nothing is sent but what looks whether it goes on. */
const CLOSED = 0.25;
/** From this share of the reserve on the full pace is kept: the last place or two come and go. */
const OPEN = 0.75;
/** Without a reserve this share of the limit stays free all the same, for what arrives out of time. */
const LEAST_RESERVE = 0.02;
/** Where the window is not known, it is taken for at least this long when places run out. */
const UNKNOWN_WINDOW_MS = 10_000;
/** Of the time for which all is taken, this share is waited for a next look, and a minute where no window is longer. */
const WAITS = 0.5;
const LONGEST_WAIT_MS = 60_000;
/** And a window that ends nobody knows when is looked at so often in the time for which it lasts. */
const LOOKS = 1.5;
/** So much is sent while more than the reserve is free and the window is but guessed: who sends too little learns nothing. */
const GUESSED_PER_S = 1 / 15;
/** At the start, a window that is so many times as long as before, or as short, is another one. */
const OTHER_WINDOW = 1.5;
const EARLY_WINDOWS = 3;
const FLOW_MS = 1000;
const NEWEST = 0.1;

/**
 * Evenly so many requests in a window that the reserve stays free. What others take is what is taken at the server and
 * was not sent by us within one window: at its greatest, which is at the end of a fixed window, it is exact for every kind
 * of limiter, and it corrects a window that was taken for too short.
 */
export function createHeaderPace(reservePercent: number, startPerSecond: number, history: SendHistory): HeaderPace {
  const window = createWindowEstimate();
  const wrong = createPlaceNoise();
  let others = createRollingMax();
  let othersMs = 0;
  let limit = 0;
  let pace = startPerSecond;
  let heardAt = Number.NEGATIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  let lastOthers = 0;
  let wayMs = 0;
  let countsLater = false;
  let closedAt = Number.POSITIVE_INFINITY;
  let last = { at: 0, used: 0, sent: 0 };
  let ofBucket = createBucketOthers();
  let flow = { at: Number.NEGATIVE_INFINITY, sent: 0, used: 0, perSecond: 0 };

  const reserve = () => Math.max((limit * reservePercent) / 100, limit * LEAST_RESERVE, 1);
  const alone = (windowMs: number) => ((limit - reserve()) * 1000) / windowMs;
  const late = () => Math.min(limit * 0.1, (pace * wayMs) / 1000);
  const noise = () => Math.max(late(), Math.min(limit * 0.1, wrong.places()));
  const sentWithin = (at: number, ms: number) => history.until(at) - history.until(at - ms);

  /** Places that are free now, as far as is known. */
  function free(now: number, windowMs: number): number {
    if (window.look() === null) return limit - Math.max(0, lastOthers + sentWithin(now, windowMs));
    const filled = (limit * Math.max(0, now - last.at)) / windowMs;
    return limit - Math.max(0, last.used - filled) - (history.until(now) - last.sent);
  }

  /** Requests a second that look whether it goes on: once a window, and ever more seldom the longer it does not. */
  const look = (now: number, windowMs: number) =>
    ((window.isKnown() ? 1 : LOOKS) * 1000) / Math.max(windowMs, Math.min(LONGEST_WAIT_MS, (now - closedAt) * WAITS));

  function target(now: number, windowMs: number): number {
    if (!window.isKnown()) return ((free(now, windowMs) - reserve()) * 1000) / Math.max(UNKNOWN_WINDOW_MS, windowMs);
    const more = window.look();
    if (more !== null) return ofBucket.pace(alone(windowMs), more);
    // Requests that overtake one another look like others for a moment.
    return ((limit - reserve() - Math.max(0, others.most(now, windowMs) - 1 - late())) * 1000) / windowMs;
  }

  /** What comes back a second, over the last second or so: with what is free it bounds the pace where all is used up. */
  function measureFlow(at: number, sent: number, used: number): void {
    if (at - flow.at < FLOW_MS) return;
    const back = sent - flow.sent - (used - flow.used);
    flow = { at, sent, used, perSecond: Math.max(0, (back * 1000) / (at - flow.at)) };
  }

  /** Places that come back in a second. */
  const back = (windowMs: number) => (window.look() === null ? flow.perSecond : (limit * 1000) / windowMs);

  return {
    heard(now, sample) {
      const { sentAt, remaining, resetMs, resetBlurMs } = sample;
      if (sample.limit !== limit) {
        limit = sample.limit;
        window.limitChanged();
        others = createRollingMax();
        ofBucket = createBucketOthers();
        countsLater = false;
      }
      // When the server has decided is not known; in the middle of the way there and back is the best guess.
      const half = Math.max(0, now - sentAt) / 2;
      wayMs = heardAt === Number.NEGATIVE_INFINITY ? half : wayMs + (half - wayMs) * NEWEST;
      if (remaining === limit) countsLater = true;
      const used = limit - remaining + (countsLater ? 1 : 0);
      if (limit - used >= OPEN * reserve()) closedAt = Number.POSITIVE_INFINITY;
      else if (limit - used <= CLOSED * reserve()) closedAt = Math.min(closedAt, now);
      const decided = sentAt + half - wayMs;
      const sent = Math.max(1, history.until(Math.max(sentAt, decided)));
      const at = Math.max(sentAt, decided);
      if (sentAt >= latest) wrong.heard(sent - used);
      const first = history.timeOf(0);
      const oldest = Math.max(0, Math.min(sent - 1, sent - used));
      window.heard(at, {
        limit,
        used,
        resetMs,
        resetBlurMs,
        sent,
        wayMs,
        noise: noise(),
        ageMs: at - history.timeOf(oldest),
        sentWithin: (ms) => sent - history.until(at - ms),
        blurMs: history.timeOf(oldest) - history.timeOf(Math.max(0, oldest - 2)),
        sinceFirstMs: at - first,
      });
      const windowMs = window.ms();
      const taken = used - (sent - history.until(at - windowMs));
      // What others seemed to take of a window that was only guessed is not what they take of this one.
      const isEarly = at - first < EARLY_WINDOWS * windowMs;
      if (isEarly && Math.max(windowMs, othersMs) > OTHER_WINDOW * Math.min(windowMs, othersMs)) {
        others = createRollingMax();
        othersMs = windowMs;
      }
      others.most(now, windowMs);
      others.add(now, taken);
      if (sentAt >= latest) {
        latest = sentAt;
        lastOthers = taken;
        last = { at, used, sent };
        if (window.look() !== null) {
          ofBucket.heard(at, { limit, fillMs: windowMs, used, sent, noise: noise() }, alone(windowMs));
        }
        measureFlow(at, sent, used);
      }
      const left = limit - used - (history.until(now) - sent) - CLOSED * reserve();
      const goal = Math.max(
        Math.min(target(now, windowMs), back(windowMs) + left),
        look(now, windowMs),
        window.isGuessed() && limit - used > reserve() ? GUESSED_PER_S : 0,
        (0.02 * limit * 1000) / windowMs,
      );
      // From far below it goes up at once, but to no more than what a run begins with.
      const grown =
        Math.max(pace, Math.min(goal / 4, startPerSecond)) *
        2 ** (Math.min(Math.max(1000, 1000 / pace), DOUBLING_MS, now - heardAt) / DOUBLING_MS);
      pace = Math.min(goal, heardAt === Number.NEGATIVE_INFINITY ? pace : grown);
      heardAt = now;
    },
    rate(now) {
      if (limit === 0) return Number.POSITIVE_INFINITY;
      const windowMs = window.ms();
      if (now - heardAt > Math.max(600_000, 10 * windowMs)) return Number.POSITIVE_INFINITY;
      const open = (free(now, windowMs) / reserve() - CLOSED) / (OPEN - CLOSED);
      return Math.max(pace * Math.min(1, Math.max(0, open)), Math.min(pace, look(now, windowMs)));
    },
    seen: () => (limit === 0 ? null : { limit, windowMs: window.isKnown() ? window.ms() : null }),
    room: (now) => (limit === 0 ? 0 : free(now, window.ms()) / reserve()),
  };
}
