import type { RateSeen } from '../../core/ledger/entry.ts';

export type Pause = ReturnType<typeof createPause>;

/**
 * The pauses of all requests. A longer pause extends a shorter one. `throttledMs`: the part that 429s have caused.
 * `onLonger` is called whenever the pause becomes longer.
 */
export function createPause() {
  return {
    start: Number.NEGATIVE_INFINITY,
    end: Number.NEGATIVE_INFINITY,
    totalMs: 0,
    throttledMs: 0,
    onLonger: (): void => undefined,
    /** Since when an operator has paused the run (null: it is not), and how long earlier such pauses have lasted. */
    steeredSince: null as number | null,
    steeredMs: 0,
  };
}

/** Whether an operator has paused the run, from now on. */
export function notePause(pause: Pause, now: number, isPaused: boolean): void {
  if (isPaused) pause.steeredSince ??= now;
  else {
    pause.steeredMs = steeredUpTo(pause, now);
    pause.steeredSince = null;
  }
}

function steeredUpTo({ steeredSince, steeredMs }: Pause, now: number): number {
  return steeredMs + (steeredSince === null ? 0 : now - steeredSince);
}

/** Pauses until `end`. The pause must not be longer than that already. */
export function extendPause(pause: Pause, now: number, end: number, isThrottled: boolean): void {
  if (pause.end < now) pause.start = now;
  const addedMs = end - Math.max(now, pause.end);
  pause.totalMs += addedMs;
  if (isThrottled) pause.throttledMs += addedMs;
  pause.end = end;
  pause.onLonger();
}

/** How long the pauses have lasted up to now, because a stop may cut the last one short. */
export function pausedUpTo(pause: Pause, now: number): Pick<RateSeen, 'paused_ms' | 'throttled_ms'> {
  const pausedMs = Math.max(0, pause.totalMs - Math.max(0, pause.end - now));
  return {
    paused_ms: pausedMs + steeredUpTo(pause, now),
    throttled_ms: Math.min(pause.throttledMs, pausedMs),
  };
}
