import { createPause } from './pause.ts';
import { createMeter } from './sliding-window.ts';

/**
 * What all phases of a command share, so that none forgets what the server asked for in another: a wait that the last
 * read was asked for holds the first write as well.
 */
export type PaceMemory = ReturnType<typeof createPaceMemory>;

export function createPaceMemory() {
  return {
    meter: createMeter(),
    pause: createPause(),
    /** What the server has answered when the last pause began. */
    pausedWhy: '',
    /** When the last slot was taken. */
    lastSlotAt: Number.NEGATIVE_INFINITY,
    /** Since when no request was accepted but all were throttled, and how many pauses that has caused. */
    throttledSince: null as number | null,
    throttledRounds: 0,
  };
}
