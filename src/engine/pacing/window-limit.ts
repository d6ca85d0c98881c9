import type { Settings } from '../../core/settings/schema.ts';
import type { Clock } from '../ports.ts';
import { createArrivalDelay, UNKNOWN_DELAY_MS, USUAL_DELAY_MS } from './arrival-delay.ts';
import { createWindowCount } from './sliding-window.ts';

/** Requests leave the window so much later than they must, because clocks and timers are exact to about 1 ms. */
const GUARD_MS = 1.5;
/** The same under a lease: the requests of many accounts delay one another, here and at the server. */
const GUARD_LEASED_MS = 15;
/** The delay of the first requests of a run, or after an idle time: connections, server and this process may be cold. */
const COLD_DELAY_MS = 15;
/**
 * The same under a lease: an owner has just died, and processes start in its place, so requests may arrive late and those
 * after them may not. Each counts at its answer, which costs the time of one answer a window; a longer delay is not
 * believed.
 */
const COLD_DELAY_LEASED_MS = 250;
/** How many windows the start of processes takes. */
const COLD_WINDOWS_LEASED = 2;
/** The idle time after which requests are cold again, in windows: a 429, an outage, or a process that was stopped. */
const IDLE_WINDOWS = 2;
const MIN_WAIT_MS = 0.1;

/** A request that has been admitted. */
export type Pass = {
  /** The request has left this machine. Later calls are ignored. */
  markSent: () => void;
  /** The request has ended, however it did. Must be called once for every pass. */
  release: () => void;
};

const NO_PASS: Pass = { markSent: () => undefined, release: () => undefined };

/** The most requests in a window (none without a number), and its length. */
function windowOf(rate: Settings['rate'], guardMs: number): { cap: number; windowMs: number } {
  if (typeof rate !== 'number') return { cap: Number.POSITIVE_INFINITY, windowMs: 1000 + guardMs };
  const cap = Math.ceil(rate);
  return { cap, windowMs: (cap / rate) * 1000 + guardMs };
}

/**
 * Allows no more requests than the rate in any sliding second, as the server sees it: counts each request at the time
 * at which it has probably arrived. `onRoom` is called when a request has been sent, because only then is it known when
 * it leaves the window. `isLeased`: another process may have sent just before. Requests count also while the rate is
 * `auto`, because it may become a number.
 */
export function createWindowLimit(initial: Settings['rate'], clock: Clock, onRoom: () => void, isLeased = false) {
  const guardMs = isLeased ? GUARD_LEASED_MS : GUARD_MS;
  let isOff = initial === 'off';
  let { cap, windowMs } = windowOf(initial, guardMs);
  const sent = createWindowCount(windowMs);
  // The guard of a lease covers it.
  const unknownMs = isLeased ? USUAL_DELAY_MS : UNKNOWN_DELAY_MS;
  const estimateDelay = createArrivalDelay(unknownMs);
  const firstDelayMs = isLeased ? COLD_DELAY_LEASED_MS : COLD_DELAY_MS;
  const coldWindows = isLeased ? COLD_WINDOWS_LEASED : 1;
  let unsent = 0;
  let coldLeft = 0;
  let takenAt = Number.NEGATIVE_INFINITY;

  return {
    /** Another rate from now on. What was sent before counts. */
    setRate(next: Settings['rate']): void {
      isOff = next === 'off';
      ({ cap, windowMs } = windowOf(next, guardMs));
      sent.setWindow(windowMs);
      coldLeft = Math.min(coldLeft, coldWindows * cap);
    },
    /** ms until there is room; Infinity if that depends on requests that have not left yet. */
    roomIn(now: number): number {
      const size = sent.size(now);
      if (size + unsent < cap) return 0;
      if (size === 0) return Number.POSITIVE_INFINITY;
      // Not 0: rounding may let the oldest one seem to leave now, before it is forgotten.
      return Math.max(MIN_WAIT_MS, sent.oldest() + windowMs - now);
    },
    take(): Pass {
      if (isOff) return NO_PASS;
      const now = clock.now();
      if (now - takenAt > IDLE_WINDOWS * windowMs) coldLeft = coldWindows * cap;
      takenAt = now;
      const coldDelayMs = coldLeft > 0 ? firstDelayMs : 0;
      coldLeft -= 1;
      unsent += 1;
      let event: number | null = null;
      let sentAt: number | null = null;
      const countAt = (at: number) => {
        unsent -= 1;
        event = sent.add(at, clock.now());
        onRoom();
      };
      return {
        markSent() {
          if (event !== null) return;
          sentAt = clock.now();
          countAt(sentAt + Math.max(unknownMs, coldDelayMs));
        },
        release() {
          const now = clock.now();
          // A request that never left (refused, no such host) counts at its end.
          if (event === null) countAt(now);
          else if (sentAt !== null && now - sentAt < windowMs) {
            const answerMs = now - sentAt;
            sent.correct(event, sentAt + Math.max(estimateDelay(answerMs), Math.min(coldDelayMs, answerMs)));
          }
          sentAt = null;
        },
      };
    },
  };
}
