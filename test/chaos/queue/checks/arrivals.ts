import { mostInWindow } from '../../../support/engine/most-in-window.ts';
import type { Fail } from '../../checks/violations.ts';
import type { Received } from '../../server/handler.ts';
import type { ChaosServer } from '../../server/server.ts';

/** A shorter delay is usual. */
const BUSY_MS = 4;

const WINDOW_MS = 1000;

/**
 * Says how late a request may be recorded. After a delay, what came during it is recorded over some time: each of its
 * connections and requests has its turn. That takes at most as long as the delay was.
 */
export function createLateness(): { tick: (now: number) => void; earliest: (now: number) => number } {
  let lastTick = Number.NaN;
  let delay = { from: 0, until: 0 };
  return {
    tick(now) {
      // A delay during the time of another one makes it longer.
      if (now - lastTick > BUSY_MS) {
        const from = lastTick < delay.until ? delay.from : lastTick;
        delay = { from, until: now + (now - from) };
      }
      lastTick = now;
    },
    earliest: (now) => (now <= delay.until ? delay.from : Math.min(lastTick, now)),
  };
}

/** Records every request to a server, from any sender. `stop` ends that. */
export function recordArrivals(server: ChaosServer): { arrivals: Received[]; stop: () => void } {
  const arrivals: Received[] = [];
  const stop = server.onRequest((received) => arrivals.push(received));
  return { arrivals, stop };
}

/**
 * More than `rate` requests in less than a second are a violation, from any sender, if they cannot have been further
 * apart. Returns the most requests in any second: of those that certainly came within it, and as recorded.
 */
export function checkPace(
  arrivals: readonly Received[],
  rate: number,
  fail: Fail,
): { maxPerSecond: number; maxRecorded: number } {
  let maxPerSecond = 0;
  let from = 0;
  arrivals.forEach(({ at }, to) => {
    while (from < to && at - (arrivals[from] as Received).earliest >= WINDOW_MS) from += 1;
    maxPerSecond = Math.max(maxPerSecond, to - from + 1);
  });
  if (maxPerSecond > rate) fail('rate', `${maxPerSecond} requests in less than a second, limit ${rate}/s`);
  const times = arrivals.map(({ at }) => at);
  return { maxPerSecond, maxRecorded: mostInWindow(times, WINDOW_MS) };
}

/** A row must not be written again unless it was read after the write before. Returns the count of rows sent again. */
export function checkWrites(arrivals: readonly Received[], fail: Fail): number {
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
