import type { Clock, Stop } from './ports.ts';
import { createWayEstimate, WAY_MS } from './way-estimate.ts';
import { createWindowCount, type Place } from './window-count.ts';

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

/** A request that has been let through. */
export type Pass = {
  /** It has left this machine. Later calls are ignored. */
  left: () => void;
  /** It is over, whatever came of it. Must be called once for every pass. */
  settled: () => void;
};

/** One rate for all requests of a run: attempts, retries and reads. */
export type Pacer = {
  /** Waits for a place. Null when the run is to stop. `holder` passes a hold that it has put itself. */
  admit: (holder?: symbol) => Promise<Pass | null>;
  /** Nobody is admitted for so long; the longest of several pauses counts. Gives whether it made the pause longer. */
  pause: (ms: number) => boolean;
  /** Nobody but the holder is admitted until it lets go (with null). */
  hold: (holder: symbol | null) => void;
  pausedUntil: () => number;
  /** When the present pause began: answers to requests from before it say nothing new. */
  pausedSince: () => number;
  seen: () => { requests: number; mean_per_s: number; max_in_1s: number; max_in_60s: number; paused_ms: number };
};

/**
 * Even spacing on a monotonic clock, and a count of the requests that have left within the window: never more than
 * `rate` of them in any sliding second as the server sees it. Slots alone are not enough, since a request may leave
 * long after it was admitted (connecting, a cold process); the count alone lets bursts through.
 */
export function createPacer(rate: number | 'off', clock: Clock, stop: Stop): Pacer {
  const cap = rate === 'off' ? Number.POSITIVE_INFINITY : Math.ceil(rate);
  const windowMs = rate === 'off' ? 0 : (cap / rate) * 1000 + GUARD_MS;
  const interval = rate === 'off' ? 0 : (1000 * SLACK) / rate;
  const recent = createWindowCount(windowMs);
  const second = createWindowCount(1000);
  const minute = createWindowCount(60_000);
  const began = clock.now();
  let nextSlot = began;
  let notLeft = 0;
  let admitted = 0;
  let coldLeft = cap;
  const way = createWayEstimate();
  let pauseEnd = Number.NEGATIVE_INFINITY;
  let pauseBegin = Number.NEGATIVE_INFINITY;
  let pausedMs = 0;
  let firstAt = began;
  let lastAt = began;
  let holding: symbol | null = null;
  const waiting = new Set<() => void>();

  const wake = () => {
    for (const callback of [...waiting]) callback();
  };

  /** ms until the next request may be admitted; Infinity when that depends on an event. */
  function dueIn(now: number, holder: symbol | undefined): number {
    if (holding !== null && holding !== holder) return Number.POSITIVE_INFINITY;
    const pause = pauseEnd - now;
    if (rate === 'off') return Math.max(0, pause);
    const slot = nextSlot - now;
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
    // A pause or an idle time is not made up: sending goes on evenly after it, without a burst.
    nextSlot = admitted === 0 ? now + interval : Math.max(nextSlot + interval, now - CATCH_UP_MS);
    if (admitted === 0) firstAt = now;
    admitted += 1;
    lastAt = now;
    second.add(now);
    minute.add(now);
    if (rate === 'off') return { left: () => undefined, settled: () => undefined };
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
    async admit(holder) {
      const forget = stop.onAsked(wake);
      try {
        for (;;) {
          if (stop.asked() !== null) return null;
          const now = clock.now();
          const due = dueIn(now, holder);
          if (due <= 0) return take(now);
          await untilChange(due);
        }
      } finally {
        forget();
      }
    },
    pause(ms) {
      const now = clock.now();
      const end = now + ms;
      if (end <= pauseEnd) return false;
      if (pauseEnd < now) pauseBegin = now;
      pausedMs += end - Math.max(now, pauseEnd);
      pauseEnd = end;
      nextSlot = Math.max(nextSlot, end);
      return true;
    },
    hold(holder) {
      holding = holder;
      if (holder === null) wake();
    },
    pausedUntil: () => pauseEnd,
    pausedSince: () => pauseBegin,
    seen() {
      // Every request stands for the interval after it; less than a second says nothing about requests a second.
      const spanS = Math.max(1, (lastAt - firstAt + interval) / 1000);
      return {
        requests: admitted,
        mean_per_s: admitted / spanS,
        max_in_1s: second.most(),
        max_in_60s: minute.most(),
        // A pause that a stop has cut short is counted to now only.
        paused_ms: Math.max(0, pausedMs - Math.max(0, pauseEnd - clock.now())),
      };
    },
  };
  return pacer;
}
