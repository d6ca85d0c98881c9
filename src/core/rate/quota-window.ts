import { createRollingMax } from './rolling-max.ts';
import type { SendHistory } from './send-history.ts';

const SHORTEST_WINDOW_MS = 500;
/** A request of another client makes ours seem older. Beyond this factor `reset` must mean something else. */
const MAX_AGE_FACTOR = 4;
/** Longer windows count only if the server names them, because other clients make our requests seem old without end. */
const MAX_UNNAMED_MS = 600_000;
const MAX_UNNAMED_PROBE_MS = 60_000;
/** A window is shorter than the time in which this many limits were sent. */
const SENT_LIMITS = 2;
/** Quota has come back when the oldest request that counts is clearly younger than the first of all. */
const CLEARLY_YOUNGER = 0.8;
const CLOCK_NOISE_MS = 100;

/**
 * Estimates how long a request counts against a quota. Whatever `reset` means (end of the window, next free place, all
 * free), it never exceeds the window. So the longest one seen lately is the window. A sliding window names itself only
 * at the start. From then on the age of the oldest request that counts confirms it. Without a usable `reset` that age
 * is the window.
 */
export function createQuotaWindow(sent: SendHistory) {
  const named = createRollingMax();
  const oldest = createRollingMax();
  let namedMs = 0;
  let ms = SHORTEST_WINDOW_MS;
  let longestMs = Number.POSITIVE_INFINITY;
  let isNamed = false;
  let cameBack = false;

  /** How long the oldest request that counts has counted: half-way between it and the one before, which does not. */
  function ageOfOldest(at: number, limit: number, used: number): number {
    const last = sent.until(at) - 1;
    const first = Math.max(0, Math.min(last, last + 1 - used));
    const longAgo = last - SENT_LIMITS * limit;
    if (longAgo >= 0) longestMs = Math.min(longestMs, at - sent.timeOf(longAgo));
    return Math.min(longestMs, at - (sent.timeOf(first) + sent.timeOf(Math.max(0, first - 1))) / 2);
  }

  return {
    /** `roundingMs`: how much too long `resetMs` may be. */
    onSample(at: number, limit: number, used: number, reset: { ms: number | null; roundingMs: number }): void {
      const ageMs = ageOfOldest(at, limit, used);
      if (ageMs < CLEARLY_YOUNGER * (at - sent.timeOf(0)) - CLOCK_NOISE_MS) cameBack = true;
      const resetMs = reset.ms ?? 0;
      const confirmedMs = Math.min(ageMs, Math.max(resetMs, namedMs));
      namedMs = named.add(at, ms, Math.max(confirmedMs, cameBack ? resetMs - reset.roundingMs : resetMs));
      const oldestMs = oldest.add(at, ms, Math.min(ageMs, MAX_UNNAMED_MS));
      isNamed = namedMs > 0 && ageMs <= MAX_AGE_FACTOR * namedMs;
      ms = Math.max(SHORTEST_WINDOW_MS, isNamed ? namedMs : oldestMs);
    },
    ms: () => ms,
    /** False until the server has named a time or quota has come back. */
    isKnown: () => isNamed || cameBack,
    /** The time between two requests that only find out whether quota is free again. */
    probeIntervalMs: () => (isNamed ? ms : Math.min(ms, MAX_UNNAMED_PROBE_MS)),
  };
}
