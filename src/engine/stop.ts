import type { StopCause, StopReason } from '../core/attempt/stop-reason.ts';
import type { Clock } from './ports.ts';

export type Stop = ReturnType<typeof createStop>;

/** A request to end the run, shared by everything that may ask for it or must obey it. */
export function createStop() {
  let asked: StopCause | null = null;
  const callbacks = new Set<() => void>();
  return {
    /** Null while the run goes on. */
    asked: () => asked,
    /** The first reason stays; later calls are ignored. */
    ask(reason: StopReason, detail: string): void {
      if (asked !== null) return;
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

/** Waits for `ms`, or until a stop is asked for. */
export async function sleepOrStop(clock: Clock, stop: Stop, ms: number): Promise<void> {
  const sleep = clock.sleep(ms);
  const removeCallback = stop.onAsked(sleep.cancel);
  await sleep.done;
  removeCallback();
}
