/**
 * What the limit says about one request. `resetSeconds` is a whole number: the time until the next place is free again,
 * as `x-ratelimit-reset` is documented. It is 0 only when no place is taken.
 */
export type RateVerdict = { allowed: boolean; limit: number; remaining: number; resetSeconds: number };

/** A limiter: `take` asks for a place for a request that arrived at `atMs`, `look` asks how things stand. */
type RateLimiter = { take(atMs: number): RateVerdict; look(atMs: number): RateVerdict };

/**
 * An exact sliding window: no stretch of `windowMs` ever holds more than `limit` allowed requests. Refused requests
 * take no place. Times are monotonic milliseconds and must not go back. Throws RangeError unless the limit is a whole
 * number from 1 to 1,000,000 and the window is positive.
 */
export function createRateLimiter(limit: number, windowMs: number): RateLimiter {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000_000) {
    throw new RangeError(`the rate limit must be a whole number from 1 to 1000000, not ${limit}`);
  }
  if (!(windowMs > 0 && Number.isFinite(windowMs))) {
    throw new RangeError(`the window of the rate limit must be a positive number of milliseconds, not ${windowMs}`);
  }
  const arrivals = new Float64Array(limit); // a ring: it never has to hold more than `limit` of them
  let oldest = 0;
  let used = 0;

  const look = (atMs: number): RateVerdict => {
    while (used > 0 && atMs - (arrivals[oldest] ?? 0) >= windowMs) {
      oldest = (oldest + 1) % limit;
      used -= 1;
    }
    // In this order the result never exceeds the window, whatever the last digits of the times are.
    const wait = used === 0 ? 0 : windowMs - (atMs - (arrivals[oldest] ?? 0));
    return { allowed: used < limit, limit, remaining: limit - used, resetSeconds: Math.ceil(wait / 1000) };
  };
  const take = (atMs: number): RateVerdict => {
    const before = look(atMs);
    if (!before.allowed) return before;
    arrivals[(oldest + used) % limit] = atMs;
    used += 1;
    return { ...look(atMs), allowed: true };
  };
  return { take, look };
}
