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
  let ticks = [performance.now(), performance.now()] as const;
  // After a delay, the timer runs before the requests that came during it, so only the tick before tells.
  const timer = setInterval(() => {
    ticks = [ticks[1], performance.now()];
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
 * apart. Returns the most requests in any second as recorded.
 */
export function checkPace(arrivals: readonly Arrival[], rate: number, fail: Fail): number {
  arrivals.forEach(({ at }, to) => {
    const first = arrivals[to - rate];
    if (first === undefined || at - first.earliest >= WINDOW_MS) return;
    fail('rate', `${rate + 1} requests in ${(at - first.earliest).toFixed(1)} ms, limit ${rate}/s`);
  });
  return mostInWindow(
    arrivals.map(({ at }) => at),
    WINDOW_MS,
  );
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
