import { failure, type Reply } from '../http/reply.ts';
import { createRateLimiter, type RateVerdict } from './rate-limit.ts';

/** The forms of the retry-after header of a 429. */
export const RETRY_AFTER_FORMS = ['seconds', 'date', 'none'] as const;
export type RetryAfterForm = (typeof RETRY_AFTER_FORMS)[number];

type GateOptions = {
  key?: string | undefined;
  rateLimit?: number | undefined;
  rateWindowMs?: number | undefined;
  revokeAfter?: number | undefined;
  retryAfter?: RetryAfterForm | undefined;
};

/** `refusal` is null for an admitted request. `headers` are the x-ratelimit-* headers, empty without a limit. */
type Admission = { refusal: Reply | null; headers: Record<string, string> };

/** Admits or refuses a request on its arrival (`atMs`, monotonic), before its body is read. */
export type Gate = (authorization: string | undefined, atMs: number, answered: number) => Admission;

/**
 * Checks the key, then the rate limit. A request refused for its key does not count against the limit. Without a usable
 * Authorization header the answer is 404, as if nothing were there: the real service does the same on some routes.
 * Throws RangeError for an invalid limit or window.
 */
export function createGate(options: GateOptions): Gate {
  const { key, rateLimit, rateWindowMs = 1000, revokeAfter = Number.POSITIVE_INFINITY } = options;
  const limiter = rateLimit === undefined ? null : createRateLimiter(rateLimit, rateWindowMs);
  return (authorization, atMs, answered) => {
    const refusal = refuseKey(authorization, answered >= revokeAfter ? null : key);
    if (refusal !== null) return { refusal, headers: limiter ? rateHeaders(limiter.look(atMs)) : {} };
    if (limiter === null) return { refusal: null, headers: {} };
    const verdict = limiter.take(atMs);
    return {
      refusal: verdict.allowed ? null : { ...failure(429, '10011'), headers: waitHeaders(verdict, options.retryAfter) },
      headers: rateHeaders(verdict),
    };
  };
}

/** The error answer to an Authorization header, or null. `key` is the only accepted key; null: none is accepted. */
function refuseKey(authorization: string | undefined, key: string | null | undefined): Reply | null {
  const requestKey = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (requestKey === undefined) return failure(404, '10005');
  return key === undefined || key === requestKey ? null : failure(401, '10009');
}

function waitHeaders({ resetSeconds }: RateVerdict, form: RetryAfterForm = 'seconds'): Record<string, string> {
  if (form === 'none') return {};
  if (form === 'seconds') return { 'retry-after': String(resetSeconds) };
  const now = Date.now();
  const date = (ms: number) => new Date(ms).toUTCString();
  return { date: date(now), 'retry-after': date(now + resetSeconds * 1000) };
}

function rateHeaders(verdict: RateVerdict): Record<string, string> {
  return {
    'x-ratelimit-limit': String(verdict.limit),
    'x-ratelimit-remaining': String(verdict.remaining),
    'x-ratelimit-reset': String(verdict.resetSeconds),
  };
}
