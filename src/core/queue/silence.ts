import type { Settings } from '../settings/schema.ts';

/** A little more than the window in which a server counts requests, and room for requests that arrive late. */
const WINDOW_MS = 1010;
const LATE_MS = 250;

/**
 * How long a new owner of an account waits before its first request: until what the owner before has sent has left the
 * window of the rate. `silentMs`: since when that owner can have had no request on its way; negative if it still may.
 */
export function silenceLeftMs(rate: Settings['rate'], silentMs: number): number {
  const neededMs = rate === 'off' ? 0 : Math.max(1, typeof rate === 'number' ? 1 / rate : 1) * WINDOW_MS + LATE_MS;
  return Math.max(0, neededMs - silentMs);
}
