import { mostInWindow } from '../../support/engine/most-in-window.ts';
import type { Fail } from '../checks/violations.ts';
import type { Received } from '../server/handler.ts';
import type { ChaosServer } from '../server/server.ts';

/**
 * A request as the server saw it, from any sender. It was recorded at `at`, and cannot have arrived before `earliest`,
 * when the server last looked for requests. Both are monotonic, in ms.
 */
export type Arrival = Received & { earliest: number };

const WINDOW_MS = 1000;

/** Records every request to a server, with how late it may have been recorded. `stop` ends that. */
export function recordArrivals(server: ChaosServer): { arrivals: Arrival[]; stop: () => void } {
  const arrivals: Arrival[] = [];
  const began = performance.now();
  let ticks = [began, began, began] as const;
  // After a delay, the timer runs before the requests that came during it. A new connection is accepted in one turn of
  // the event loop and read in the next. So only the tick two before tells.
  const timer = setInterval(() => {
    ticks = [ticks[1], ticks[2], performance.now()];
  }, 1);
  const forget = server.onRequest((received) => {
    arrivals.push({ ...received, earliest: ticks[0] });
  });
  return {
    arrivals,
    stop() {
      clearInterval(timer);
      forget();
    },
  };
}

/**
 * More than `rate` requests in less than a second are a violation, from any sender, if they cannot have been further
 * apart. Returns the most requests in any second: of those that certainly came within it, and as recorded.
 */
export function checkPace(
  arrivals: readonly Arrival[],
  rate: number,
  fail: Fail,
): { maxPerSecond: number; maxRecorded: number } {
  let maxPerSecond = 0;
  let from = 0;
  arrivals.forEach(({ at }, to) => {
    while (at - (arrivals[from] as Arrival).earliest >= WINDOW_MS) from += 1;
    const count = to - from + 1;
    if (count > rate && count > maxPerSecond) fail('rate', `${count} requests in less than a second, limit ${rate}/s`);
    maxPerSecond = Math.max(maxPerSecond, count);
  });
  const times = arrivals.map(({ at }) => at);
  return { maxPerSecond, maxRecorded: mostInWindow(times, WINDOW_MS) };
}

/** A row must not be written again unless it was read after the write before. Returns the count of rows sent again. */
export function checkWrites(arrivals: readonly Arrival[], fail: Fail): number {
  const unread = new Map<number, number>();
  const written = new Set<number>();
  let resent = 0;
  for (const { kind, row, at } of arrivals) {
    if (kind === 'read') unread.delete(row);
    if (kind !== 'write') continue;
    const earlier = unread.get(row);
    if (earlier !== undefined) {
      fail('duplicate', `row ${row} was sent again after ${(at - earlier).toFixed(0)} ms without a read in between`);
    }
    if (written.has(row)) resent += 1;
    written.add(row);
    unread.set(row, at);
  }
  return resent;
}
