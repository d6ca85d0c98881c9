import { type MockInstance, vi } from 'vitest';
import { realClock } from '../../../src/io/clock.ts';
import { afterEveryTest } from '../after-test.ts';

const { now, sleep, wallNow } = realClock;
const FASTER = 100;
const spies: MockInstance[] = [];

/**
 * Lets time pass a hundred times faster for the commands of this test. `aheadMs`: how far the time of day is ahead of
 * the real one, for what must have been so for a while. May be called again in one test.
 */
export function fastClock(aheadMs = 0): void {
  spies.push(
    vi.spyOn(realClock, 'now').mockImplementation(() => now() * FASTER),
    vi.spyOn(realClock, 'sleep').mockImplementation((ms) => sleep(ms / FASTER)),
    vi.spyOn(realClock, 'wallNow').mockImplementation(() => wallNow() + aheadMs),
  );
}

afterEveryTest(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
});
