import type { Settings } from '../../core/settings/schema.ts';

/** Compares the requests that were sent with those that were allowed, from the first request to the last. */
export function createRateUsage(initial: Settings['rate']) {
  let rate = initial;
  /** A rate that was changed says nothing about the requests before. */
  let isChanged = false;
  let wasUnlimited = rate === 'off';
  let admitted = 0;
  let firstAt = 0;
  let lastAt = 0;
  let lastIntervalMs = 0;
  let measuredAt = 0;
  let measuredPerSecond = 0;
  let allowed = 0;
  let allowedAtLast = 0;

  /** The interval after each request belongs to it: at least that of the rate, and without one the mean interval. */
  function spanMs(): number {
    const span = lastAt - firstAt;
    if (rate !== 'off') {
      const isSteady = typeof rate === 'number' && !isChanged;
      return Math.max(span + lastIntervalMs, isSteady ? (1000 * admitted) / (rate as number) : 0);
    }
    return admitted === 1 || span === 0 ? 1000 : (span * admitted) / (admitted - 1);
  }

  return {
    /** Another rate from now on. */
    setRate(next: Settings['rate']): void {
      rate = next;
      isChanged = true;
      wasUnlimited ||= next === 'off';
    },
    /** Must be called whenever the rate or the pause changes. `perSecond`: the rate from now on. */
    measure(now: number, perSecond: number, pauseEnd: number): void {
      const from = Math.max(measuredAt, pauseEnd);
      if (admitted > 0 && now > from) allowed += ((now - from) * measuredPerSecond) / 1000;
      measuredAt = now;
      measuredPerSecond = perSecond;
    },
    /** A request was admitted; `measure` has been called at this time. */
    onAdmitted(now: number, intervalMs: number): void {
      if (admitted === 0) firstAt = now;
      allowedAtLast = allowed;
      lastIntervalMs = intervalMs;
      lastAt = now;
      admitted += 1;
    },
    /** Requests a second. */
    mean: () => (admitted === 0 ? 0 : (1000 * admitted) / spanMs()),
    /** How many requests were allowed; null without a limit. */
    allowed: () => (wasUnlimited ? null : admitted === 0 ? 0 : 1 + allowedAtLast),
  };
}
