import { setTimeout as timer } from 'node:timers';

/** Real time: a monotonic clock in ms, the time of day, timers that can be ended early, and chance. */
export const realClock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  random: () => Math.random(),
  sleep(ms: number): { done: Promise<void>; cancel: () => void } {
    let wake: () => void = () => undefined;
    let started: NodeJS.Timeout | undefined;
    const done = new Promise<void>((resolve) => {
      // setTimeout takes at most 2^31-1 ms (24.8 days); whoever waits that long looks at the clock again.
      started = timer(resolve, Math.min(ms, 2_147_483_647));
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
