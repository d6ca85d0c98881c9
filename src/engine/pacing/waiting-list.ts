import type { Clock } from '../ports.ts';

/** Requests that wait for a time or for an event, whichever comes first. */
export function createWaitingList(clock: Clock) {
  const waiting = new Set<() => void>();
  return {
    /** Ends all waits. */
    wake(): void {
      for (const wakeOne of [...waiting]) wakeOne();
    },
    /** Waits for `ms` (Infinity: without end), or until `wake` is called. */
    async wait(ms: number): Promise<void> {
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
