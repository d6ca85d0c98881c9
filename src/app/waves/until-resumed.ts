import type { Steering } from '../../engine/steering.ts';
import { type Stop, waitOrStop } from '../../engine/stop.ts';

/** Waits while an operator has paused the run, or until it is to stop. */
export async function untilResumed(steering: Pick<Steering, 'isPaused' | 'onChange'>, stop: Stop): Promise<void> {
  while (steering.isPaused() && stop.asked() === null) {
    let removeCallback: (() => void) | undefined;
    const changed = new Promise<void>((resolve) => {
      removeCallback = steering.onChange(resolve);
    });
    await waitOrStop(stop, changed).finally(removeCallback);
  }
}
