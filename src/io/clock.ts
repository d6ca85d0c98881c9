import { setTimeout as timer } from 'node:timers';

/** The longest delay that setTimeout takes: 24.8 days. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Real time: a monotonic clock and the time of day in ms, timers that can be ended early, and random numbers. */
export const realClock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  random: () => Math.random(),
  sleep(ms: number): { done: Promise<void>; cancel: () => void } {
    let wake: () => void = () => undefined;
    let started: NodeJS.Timeout | undefined;
    const done = new Promise<void>((resolve) => {
      // Callers check the clock after a sleep, so one that ends early is only repeated.
      started = timer(resolve, Math.min(ms, MAX_TIMEOUT_MS));
      wake = resolve;
    });
    return {
      done,
      cancel: () => {
        clearTimeout(started);
        wake();
      },
    };
  },
};
