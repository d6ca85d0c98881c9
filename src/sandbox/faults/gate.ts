import { failure, type Reply } from '../http/reply.ts';
import { createRateLimiter, type RateVerdict } from './rate-limit.ts';

type GateOptions = {
  key?: string | undefined;
  rateLimit?: number | undefined;
  rateWindowMs?: number | undefined;
  revokeAfter?: number | undefined;
};

/** `refusal` is null for an admitted request. `headers` are the x-ratelimit-* headers, empty without a limit. */
type Admission = { refusal: Reply | null; headers: Record<string, string> };

/** Admits or refuses a request on its arrival (`atMs`, monotonic), before its body is read. */
export type Gate = (authorization: string | undefined, atMs: number, answered: number) => Admission;

/**
 * Checks the key, then the rate limit. A request refused for its key does not count against the limit. Throws
 * RangeError for an invalid limit or window.
 */
export function createGate(options: GateOptions): Gate {
  const { key, rateLimit, rateWindowMs = 1000, revokeAfter = Number.POSITIVE_INFINITY } = options;
  const limiter = rateLimit === undefined ? null : createRateLimiter(rateLimit, rateWindowMs);
  return (authorization, atMs, answered) => {
    if (answered >= revokeAfter || !accepts(authorization, key)) {
      return { refusal: failure(401, '10009'), headers: limiter ? rateHeaders(limiter.look(atMs)) : {} };
    }
    if (limiter === null) return { refusal: null, headers: {} };
    const verdict = limiter.take(atMs);
    return { refusal: verdict.allowed ? null : failure(429, '10011'), headers: rateHeaders(verdict) };
  };
}

function accepts(authorization: string | undefined, key: string | undefined): boolean {
  if (authorization === undefined || authorization.slice(0, 7).toLowerCase() !== 'bearer ') return false;
  const requestKey = authorization.slice(7).trim();
  return key === undefined ? requestKey !== '' : requestKey === key;
}

function rateHeaders(verdict: RateVerdict): Record<string, string> {
  return {
    'x-ratelimit-limit': String(verdict.limit),
    'x-ratelimit-remaining': String(verdict.remaining),
    'x-ratelimit-reset': String(verdict.resetSeconds),
  };
}
