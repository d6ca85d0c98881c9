/** What a simulated server does. Times in ms. */
export type ServerOptions = {
  /** A fixed window by the clock, one that begins with the first request, a sliding one, or a bucket of tokens. */
  kind: 'aligned' | 'first' | 'sliding' | 'bucket';
  limit: number;
  windowMs: number;
  /** What `reset` means: the end of the window (fixed windows only), the next free place, or all places free. */
  reset: 'end' | 'next' | 'zero-while-free' | 'full' | 'none';
  /** How `reset` is rounded to seconds; `time`: it is a time of day in whole seconds. */
  whole: 'ceil' | 'floor' | 'round' | 'fraction' | 'time';
  /** Whether `remaining` counts the request that it answers. */
  counted: 'after' | 'before';
  headers: 'all' | 'none' | 'only-429' | 'some' | 'limit-remaining';
  latency: [number, number];
  /** How far the first window by the clock has run at the start. */
  phaseMs: number;
  /** The share of requests that are refused at random, whatever the limit is. */
  refuses: number;
};

/** How a limiter decided about one request. */
export type Decision = { allowed: boolean; remaining: number; resetMs: number };
type Limiter = { take: (at: number) => Decision; setLimit: (limit: number) => void };
type LimiterOptions = Pick<ServerOptions, 'kind' | 'limit' | 'windowMs' | 'reset' | 'phaseMs'>;

function createFixed({ kind, windowMs, reset, phaseMs, ...options }: LimiterOptions): Limiter {
  let limit = options.limit;
  let windowEnd = Number.NEGATIVE_INFINITY;
  let used = 0;
  return {
    take(at) {
      if (at >= windowEnd) {
        used = 0;
        const into = kind === 'first' ? 0 : (at + phaseMs) % windowMs;
        windowEnd = at - into + windowMs;
      }
      const allowed = used < limit;
      if (allowed) used += 1;
      const remaining = Math.max(0, limit - used);
      return { allowed, remaining, resetMs: reset === 'zero-while-free' && remaining > 0 ? 0 : windowEnd - at };
    },
    setLimit: (next) => {
      limit = next;
    },
  };
}

function createSliding({ windowMs, reset, ...options }: LimiterOptions): Limiter {
  let limit = options.limit;
  let arrivals: number[] = [];
  let front = 0;
  return {
    take(at) {
      while (front < arrivals.length && (arrivals[front] as number) <= at - windowMs) front += 1;
      if (front > 5000) {
        arrivals = arrivals.slice(front);
        front = 0;
      }
      const allowed = arrivals.length - front < limit;
      if (allowed) arrivals.push(at);
      const remaining = Math.max(0, limit - (arrivals.length - front));
      const next = (arrivals[front] as number) + windowMs - at;
      const full = (arrivals.at(-1) as number) + windowMs - at;
      const free = reset === 'zero-while-free' && remaining > 0;
      return { allowed, remaining, resetMs: reset === 'full' ? full : free ? 0 : next };
    },
    setLimit: (next) => {
      limit = next;
    },
  };
}

function createBucket({ windowMs, reset, ...options }: LimiterOptions): Limiter {
  let limit = options.limit;
  let tokens = limit;
  let tokenAt = 0;
  return {
    take(at) {
      tokens = Math.min(limit, tokens + (Math.max(0, at - tokenAt) * limit) / windowMs);
      tokenAt = Math.max(at, tokenAt);
      const allowed = tokens >= 1;
      if (allowed) tokens -= 1;
      const remaining = Math.floor(tokens);
      const next = ((1 - (tokens - remaining)) * windowMs) / limit;
      const full = ((limit - tokens) * windowMs) / limit;
      const free = reset === 'zero-while-free' && remaining > 0;
      return { allowed, remaining, resetMs: reset === 'full' ? full : free ? 0 : next };
    },
    setLimit: (next) => {
      tokens = Math.min(tokens, next);
      limit = next;
    },
  };
}

/** A limiter with one place a request; a refused request takes none. */
export function createLimiter(options: LimiterOptions): Limiter {
  if (options.kind === 'sliding') return createSliding(options);
  return options.kind === 'bucket' ? createBucket(options) : createFixed(options);
}
