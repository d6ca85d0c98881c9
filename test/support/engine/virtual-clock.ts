import type { Clock } from '../../../src/engine/ports.ts';

type Timer = { at: number; order: number; wake: () => void };

/** Time that passes only when no other work is left: minutes of waiting take milliseconds. */
export type VirtualClock = Clock & {
  /** Lets time pass until the promise resolves or rejects, and returns its value. Throws if nothing is left to wait for. */
  until: <T>(promise: Promise<T>) => Promise<T>;
  /** The number of timers that have not fired. */
  pending: () => number;
  /** Runs an action at a time (ms from the start). */
  at: (ms: number, action: () => void) => void;
  /** Sets only the system clock, forward or back. */
  stepWall: (ms: number) => void;
};

const WALL_START = Date.UTC(2026, 10, 23, 2, 0, 0);

/** `random` returns the numbers of a simple generator, the same in every run. */
export function virtualClock(seed = 1): VirtualClock {
  let now = 0;
  let order = 0;
  let state = seed;
  let stepped = 0;
  let timers: Timer[] = [];

  function schedule(ms: number, wake: () => void): Timer {
    const timer = { at: now + Math.max(0, ms), order: order++, wake };
    timers.push(timer);
    return timer;
  }

  /** A turn of the event loop runs all promise chains, however long. */
  const runPromises = () => new Promise<void>((resolve) => setImmediate(resolve));

  return {
    now: () => now,
    wallNow: () => WALL_START + now + stepped,
    random: () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    },
    sleep(ms) {
      let wake: () => void = () => undefined;
      const done = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const timer = schedule(ms, wake);
      return {
        done,
        cancel: () => {
          timers = timers.filter((other) => other !== timer);
          wake();
        },
      };
    },
    pending: () => timers.length,
    at: (ms, action) => void schedule(ms - now, action),
    stepWall: (ms) => {
      stepped += ms;
    },
    async until(promise) {
      let ended = false;
      const end = () => {
        ended = true;
      };
      promise.then(end, end);
      for (;;) {
        await runPromises();
        if (ended) return promise;
        timers.sort((a, b) => a.at - b.at || a.order - b.order);
        const next = timers.shift();
        if (next === undefined)
          throw new Error(`nothing is left to wait for at ${now} ms, and the promise is still pending`);
        now = next.at;
        next.wake();
      }
    },
  };
}
