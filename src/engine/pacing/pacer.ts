import type { RateSeen } from '../../core/ledger/entry.ts';
import type { RateControl } from '../../core/rate/rate-control.ts';
import type { Settings } from '../../core/settings/schema.ts';
import type { Clock } from '../ports.ts';
import type { Stop } from '../stop.ts';
import { createArrivalDelay, WAY_MS } from './arrival-delay.ts';
import { createMeter, createWindowCount, type Place } from './sliding-window.ts';

/** What a request that counts must be older than the window: clocks and timers are exact to about a millisecond. */
const GUARD_MS = 1.5;
/** Slots are laid out so much slower than the limit, which is what the guard and late timers use up. */
const SLACK = 1.005;
/** Lateness up to this is made up, so that timers that fire late do not lower the mean. */
const CATCH_UP_MS = 20;
/** The way of the first requests of a run, which meet a server that may be as cold as this process. */
const COLD_WAY_MS = 15;
/** The shortest wait for room in the window. */
const LEAST_WAIT_MS = 0.1;
/** Who waits looks anew how long when the pace has grown by so much, and so often: places come back without an answer. */
const FASTER = 1.05;
const LOOK_MS = 1000;

/** A request that has been let through. */
export type Pass = {
  /** It has left this machine. Later calls are ignored. */
  left: () => void;
  /** It is over, whatever came of it. Must be called once for every pass. */
  settled: () => void;
};

/** One rate for all requests of a run: attempts, retries and reads. */
export type Pacer = {
  /**
   * Waits for a place. Null when the run is to stop, or as `mayGo` says. `holder` passes a hold that it has put itself.
   */
  admit: (holder?: symbol, mayGo?: () => boolean) => Promise<Pass | null>;
  /**
   * Nobody is admitted for so long; the longest of several pauses counts. Gives whether it made the pause longer.
   * `throttled`: a 429 is why.
   */
  pause: (ms: number, throttled: boolean) => boolean;
  /** The control has heard something: who waits looks anew how long. */
  look: () => void;
  /** Nobody but the holder is admitted until it lets go (with null). */
  hold: (holder: symbol | null) => void;
  pausedUntil: () => number;
  /** When the present pause began: answers to requests from before it say nothing new. */
  pausedSince: () => number;
  seen: () => RateSeen;
};

/**
 * Even spacing on a monotonic clock at the pace of the control, and with a number as the rate a count of the requests
 * that have left within the window: never more than `rate` of them in any sliding second as the server sees it. Slots
 * alone are not enough, since a request may leave long after it was admitted (connecting, a cold process); the count
 * alone lets bursts through.
 */
export function createPacer(
  rate: Settings['rate'],
  control: RateControl,
  clock: Clock,
  stop: Stop,
  { second, minute } = createMeter(),
): Pacer {
  const cap = typeof rate === 'number' ? Math.ceil(rate) : Number.POSITIVE_INFINITY;
  const windowMs = typeof rate === 'number' ? (cap / rate) * 1000 + GUARD_MS : 0;
  /** Requests a second that may be admitted now. */
  const pace = (now: number) => (rate === 'off' ? Number.POSITIVE_INFINITY : control.rate(now));
  const recent = createWindowCount(windowMs);
  const began = clock.now();
  let lastSlot = Number.NEGATIVE_INFINITY;
  let notLeft = 0;
  let admitted = 0;
  let coldLeft = cap;
  const way = createArrivalDelay();
  let pauseEnd = Number.NEGATIVE_INFINITY;
  let pauseBegin = Number.NEGATIVE_INFINITY;
  let pausedMs = 0;
  let throttledMs = 0;
  // What was allowed since the first request, counted up whenever something changes, at the pace of then.
  let allowed = 0;
  let allowedAtLast = 0;
  let measuredAt = began;
  let measuredPace = 0;
  let firstAt = began;
  let lastAt = began;
  let lastIntervalMs = 0;
  let waitedAt = 0;
  let holding: symbol | null = null;
  const waiting = new Set<() => void>();

  const wake = () => {
    for (const callback of [...waiting]) callback();
  };

  /** Every request stands for the interval after it: that of the rate at least, and without one that between the others. */
  function spanMs(): number {
    const span = lastAt - firstAt;
    if (rate !== 'off') return Math.max(span + lastIntervalMs, typeof rate === 'number' ? (1000 * admitted) / rate : 0);
    return admitted === 1 || span === 0 ? 1000 : (span * admitted) / (admitted - 1);
  }

  /** A pause or an idle time is not made up: sending goes on evenly after it, without a burst. */
  function nextSlot(now: number): number {
    return Math.max(lastSlot + (1000 * SLACK) / pace(now), pauseEnd);
  }

  function measure(now: number): void {
    const from = Math.max(measuredAt, pauseEnd);
    if (now > from) allowed += ((now - from) * measuredPace) / 1000;
    measuredAt = now;
    measuredPace = pace(now);
  }

  /** ms until the next request may be admitted; Infinity when that depends on an event. */
  function dueIn(now: number, holder: symbol | undefined): number {
    if (holding !== null && holding !== holder) return Number.POSITIVE_INFINITY;
    const pause = pauseEnd - now;
    if (rate === 'off') return Math.max(0, pause);
    const slot = nextSlot(now) - now;
    const full = recent.size(now) + notLeft >= cap;
    if (full && recent.size(now) === 0) return Number.POSITIVE_INFINITY;
    // Full is full: the time of the oldest may come out as now, for the last digit of a sum, before it is forgotten.
    const room = full ? Math.max(LEAST_WAIT_MS, recent.oldest() + windowMs - now) : 0;
    return Math.max(0, pause, slot, room);
  }

  async function untilChange(ms: number): Promise<void> {
    const sleep = ms === Number.POSITIVE_INFINITY ? null : clock.sleep(ms);
    await new Promise<void>((resolve) => {
      const changed = () => {
        waiting.delete(changed);
        resolve();
      };
      waiting.add(changed);
      void sleep?.done.then(changed);
    });
    sleep?.cancel();
  }

  function take(now: number): Pass {
    // Slots are counted on from those that were due, or timers that fire late would lower the mean.
    lastIntervalMs = (1000 * SLACK) / pace(now);
    lastSlot = admitted === 0 ? now : Math.max(nextSlot(now), now - CATCH_UP_MS - lastIntervalMs);
    if (admitted === 0) {
      firstAt = now;
      measuredAt = now;
      measuredPace = pace(now);
    }
    measure(now);
    allowedAtLast = allowed;
    if (rate !== 'off') control.sent(now);
    admitted += 1;
    lastAt = now;
    second.add(now);
    minute.add(now);
    if (typeof rate !== 'number') return { left: () => undefined, settled: () => undefined };
    const coldWay = coldLeft > 0 ? COLD_WAY_MS : 0;
    coldLeft -= 1;
    notLeft += 1;
    let place: Place | null = null;
    const count = (at: number) => {
      notLeft -= 1;
      place = recent.add(at, clock.now());
      wake();
    };
    let leftAt: number | null = null;
    return {
      left: () => {
        if (place !== null) return;
        leftAt = clock.now();
        count(leftAt + Math.max(WAY_MS, coldWay));
      },
      settled: () => {
        const at = clock.now();
        // A request that never left (refused, no such host) counts as one that left at its end.
        if (place === null) count(at);
        else if (leftAt !== null && at - leftAt < windowMs) {
          const tookMs = at - leftAt;
          recent.correct(place, leftAt + Math.max(way.of(tookMs), Math.min(coldWay, tookMs)));
        }
        leftAt = null;
      },
    };
  }

  const pacer: Pacer = {
    async admit(holder, mayGo = () => stop.asked() === null) {
      const forget = stop.onAsked(wake);
      try {
        for (;;) {
          if (!mayGo()) return null;
          const now = clock.now();
          const due = dueIn(now, holder);
          if (due <= 0) return take(now);
          waitedAt = pace(now);
          await untilChange(due === Number.POSITIVE_INFINITY ? due : Math.min(due, LOOK_MS));
        }
      } finally {
        forget();
      }
    },
    pause(ms, throttled) {
      const now = clock.now();
      const end = now + ms;
      if (end <= pauseEnd) return false;
      measure(now);
      if (pauseEnd < now) pauseBegin = now;
      const longer = end - Math.max(now, pauseEnd);
      pausedMs += longer;
      if (throttled) throttledMs += longer;
      pauseEnd = end;
      return true;
    },
    look() {
      const now = clock.now();
      measure(now);
      if (pace(now) > waitedAt * FASTER) wake();
    },
    hold(holder) {
      holding = holder;
      if (holder === null) wake();
    },
    pausedUntil: () => pauseEnd,
    pausedSince: () => pauseBegin,
    seen() {
      const now = clock.now();
      // A pause that a stop has cut short is counted to now only.
      const ahead = Math.max(0, pauseEnd - now);
      const limit = control.seen();
      return {
        mean_per_s: admitted === 0 ? 0 : (1000 * admitted) / spanMs(),
        max_in_1s: second.most(),
        max_in_60s: minute.most(),
        paused_ms: Math.max(0, pausedMs - ahead),
        throttled_ms: Math.max(0, Math.min(throttledMs, pausedMs - ahead)),
        allowed: rate === 'off' ? null : admitted === 0 ? 0 : 1 + allowedAtLast,
        server_limit:
          limit === null
            ? null
            : { requests: limit.limit, window_ms: limit.windowMs === null ? null : Math.round(limit.windowMs) },
      };
    },
  };
  return pacer;
}
