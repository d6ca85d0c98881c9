import { createRollingMax, type RollingMax } from './rolling-max.ts';

/** What one response says about the window of a quota. Times in ms. */
export type WindowSample = {
  limit: number;
  /** Until quota comes back, as the server names it. */
  resetMs: number | null;
  /** How much too long `resetMs` may be because of rounding. */
  resetRoundingMs: number;
  /** Age of the oldest of our requests that can still count against the quota. */
  ageMs: number;
  /** Age of the first request of all. */
  firstAgeMs: number;
  /** The youngest age within this time shows whether `reset` can be the window. */
  recentMs: number;
};

/** Estimates how long a request counts against a quota. */
export type QuotaWindow = {
  onSample: (at: number, sample: WindowSample) => void;
  ms: () => number;
  /** False until the server has named a time or quota has come back. */
  isKnown: () => boolean;
  /** The time between two requests that only find out whether quota is free again. */
  probeIntervalMs: () => number;
};

const SHORTEST_WINDOW_MS = 500;
/** A request of another client makes ours seem older. Beyond this factor `reset` must mean something else. */
const MAX_AGE_FACTOR = 4;
/** Longer windows count only if the server names them, because other clients make our requests seem old without end. */
const MAX_UNNAMED_MS = 600_000;
const MAX_UNNAMED_PROBE_MS = 60_000;
/** Quota has come back when the oldest request that counts is clearly younger than the first of all. */
const CLEARLY_YOUNGER = 0.8;
const CLOCK_NOISE_MS = 100;
const SHRINK_PER_LIMIT = 2;
const MIN_MEMORY_MS = 1000;

/**
 * Whatever `reset` means (end of the window, next free place, all free), it never exceeds the window. So the longest
 * one seen lately is the window. A sliding window names itself only at the start. From then on the age of the oldest
 * request that counts confirms it. Without a usable `reset` that age is the window.
 */
export function createQuotaWindow(): QuotaWindow {
  const named = createRollingMax();
  const oldest = createRollingMax();
  const youngest = createRollingMax();
  let namedMs = 0;
  let ms = 0;
  let isNamed = false;
  let cameBack = false;

  function rolled(max: RollingMax, at: number, value: number, memoryMs = Math.max(MIN_MEMORY_MS, ms)): number {
    max.most(at, memoryMs);
    max.add(at, value);
    return max.most(at, memoryMs);
  }

  return {
    onSample(at, { limit, resetMs, resetRoundingMs, ageMs, firstAgeMs, recentMs }) {
      if (ageMs < CLEARLY_YOUNGER * firstAgeMs - CLOCK_NOISE_MS) cameBack = true;
      const reset = resetMs ?? 0;
      const confirmed = Math.min(ageMs, Math.max(reset, namedMs));
      namedMs = rolled(named, at, Math.max(confirmed, cameBack ? reset - resetRoundingMs : reset));
      const oldestMs = rolled(oldest, at, Math.min(ageMs, MAX_UNNAMED_MS));
      const youngestMs = -rolled(youngest, at, -ageMs, Math.max(MIN_MEMORY_MS, ms, recentMs));
      isNamed = namedMs > 0 && youngestMs <= MAX_AGE_FACTOR * namedMs;
      // After a pause all requests are young: responses must confirm a shorter guess, to 1/7 after `limit` of them.
      const guessedMs = Math.max(oldestMs, ms * (1 - SHRINK_PER_LIMIT / Math.max(SHRINK_PER_LIMIT, limit)));
      ms = Math.max(SHORTEST_WINDOW_MS, isNamed ? namedMs : guessedMs);
    },
    ms: () => ms,
    isKnown: () => isNamed || cameBack,
    probeIntervalMs: () => (isNamed ? ms : Math.min(ms, MAX_UNNAMED_PROBE_MS)),
  };
}
