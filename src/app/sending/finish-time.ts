import { type FinishBy, localTime, readFinishBy } from '../../core/settings/finish-by.ts';
import type { Settings } from '../../core/settings/schema.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Stop } from '../../engine/stop.ts';
import { type FailedEnding, refusal } from '../ending/run-ending.ts';

/** When the run must end, or the refusal of a time that has passed or is too far away to be meant. */
export function finishTimeOf({ finish_by: text }: Settings): { finishBy: FinishBy | null } | { refused: FailedEnding } {
  if (text === null) return { finishBy: null };
  const finishBy = readFinishBy(text, Date.now());
  if (!('missed' in finishBy)) return { finishBy };
  const isPast = finishBy.missed <= Date.now();
  const how = isPast
    ? `was ${localTime(finishBy.missed)}. Give a later time.`
    : `would be ${localTime(finishBy.missed)}, more than 12 hours from now. If that is meant, name the day too.`;
  const message = `That window was missed, so nothing was sent: --finish-by ${text} ${how}`;
  return { refused: refusal('window_missed', message, isPast ? '' : new Date(finishBy.missed).toISOString()) };
}

/** Asks for a stop at the finish time, by the monotonic clock. Returns a function that cancels it. */
export function stopAtFinishTime(finishBy: FinishBy | null, stop: Stop, clock: Clock): () => void {
  if (finishBy === null) return () => undefined;
  const now = Date.now();
  const at = 'at' in finishBy ? finishBy.at : now + finishBy.afterMs;
  const sleep = clock.sleep(Math.max(0, at - now));
  let isCancelled = false;
  void sleep.done.then(() => {
    if (!isCancelled) stop.ask('finish_by', `--finish-by: it is ${localTime(at)}`);
  });
  return () => {
    isCancelled = true;
    sleep.cancel();
  };
}
