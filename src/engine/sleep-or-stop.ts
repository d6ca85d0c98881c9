import type { Clock, Stop } from './ports.ts';

/** Waits so many ms, or until a stop is asked for. */
export async function sleepOrStop(clock: Clock, stop: Stop, ms: number): Promise<void> {
  const sleep = clock.sleep(ms);
  const forget = stop.onAsked(sleep.cancel);
  await sleep.done;
  forget();
}
