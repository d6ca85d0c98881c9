import type { Clock } from '../ports.ts';

/** Requests that wait for a time or for an event, whichever comes first. */
export type WaitingList = {
  /** Waits for `ms` (Infinity: without end), or until `wake` is called. */
  wait: (ms: number) => Promise<void>;
  /** Ends all waits. */
  wake: () => void;
};

export function createWaitingList(clock: Clock): WaitingList {
  const waiting = new Set<() => void>();
  return {
    wake() {
      for (const wakeOne of [...waiting]) wakeOne();
    },
    async wait(ms) {
      const sleep = ms === Number.POSITIVE_INFINITY ? null : clock.sleep(ms);
      await new Promise<void>((resolve) => {
        const wakeOne = () => {
          waiting.delete(wakeOne);
          resolve();
        };
        waiting.add(wakeOne);
        void sleep?.done.then(wakeOne);
      });
      sleep?.cancel();
    },
  };
}
