import type { StopCause, StopReason } from '../core/attempt/stop-reason.ts';
import type { Clock } from './ports.ts';

/** Stops after which writes that may have happened are still read back. */
export const LEAVES_READS: ReadonlySet<StopReason> = new Set([
  'outage',
  'max_failures',
  'write_not_kept',
  'order_mismatch',
  'order_pending',
  'max_same_error',
  'profiles_held',
  'finish_by',
  'stop_after',
]);

/** What was sent has done something else than it must. */
const GRAVE: ReadonlySet<StopReason> = new Set(['write_not_kept', 'order_mismatch']);

export type Stop = ReturnType<typeof createStop>;

/** A request to end the run, shared by everything that may ask for it or must obey it. */
export function createStop() {
  let asked: StopCause | null = null;
  const callbacks = new Set<() => void>();
  return {
    /** Null while the run goes on. */
    asked: () => asked,
    /**
     * The first reason stays, and later calls are ignored. Only that writes are not kept, or have changed more than they
     * must, replaces a reason that lets reads end, because what was sent is to be undone then.
     */
    ask(reason: StopReason, detail: string): void {
      if (asked !== null) {
        const isGraver = GRAVE.has(reason) && !GRAVE.has(asked.reason) && LEAVES_READS.has(asked.reason);
        if (isGraver) asked = { reason, detail };
        return;
      }
      asked = { reason, detail };
      for (const callback of [...callbacks]) callback();
      callbacks.clear();
    },
    /** Calls back once when a stop is asked for, or has been. Returns a function that removes the callback. */
    onAsked(callback: () => void): () => void {
      if (asked === null) callbacks.add(callback);
      else callback();
      return () => callbacks.delete(callback);
    },
  };
}

/** Waits for something, or until a stop is asked for. */
export async function waitOrStop(stop: Stop, something: Promise<void>): Promise<void> {
  let removeCallback: (() => void) | undefined;
  const stopped = new Promise<void>((resolve) => {
    removeCallback = stop.onAsked(resolve);
  });
  await Promise.race([something, stopped]).finally(removeCallback);
}

/** Waits for `ms`, or until a stop is asked for. */
export async function sleepOrStop(clock: Clock, stop: Stop, ms: number): Promise<void> {
  const sleep = clock.sleep(ms);
  const removeCallback = stop.onAsked(sleep.cancel);
  await sleep.done;
  removeCallback();
}
