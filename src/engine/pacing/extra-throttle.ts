import type { HttpAnswer } from '../../core/api/response.ts';
import { rateHeaders, serverWaitMs } from '../../core/attempt/backoff.ts';
import type { RateControl } from '../../core/rate/rate-control.ts';
import type { Stop } from '../stop.ts';
import { createPaceMemory } from './pace-memory.ts';
import { createThrottle, type Throttle, type ThrottleLimits, type ThrottleOptions } from './throttle.ts';

/** No command waits longer than this for what only informs. */
const MAX_WAIT_MS = 30_000;
const MAX_RETRY_BASE_MS = 1000;
const MAX_RETRY_MS = 5000;

/** Learns from answers as ever, but not from a 429, because an endpoint may have a limit of its own. */
function withoutRefusals(control: RateControl | null): RateControl | null {
  if (control === null) return null;
  return {
    ...control,
    onResponse(now, seen) {
      if (!seen.throttled) control.onResponse(now, seen);
    },
  };
}

/** The waits between the attempts of requests that only inform: those of the settings, but short. */
export function shortRetries<L extends Omit<ThrottleLimits, 'max_server_wait'>>(limits: L): L {
  const { retry_base: base, retry_max: max } = limits;
  return { ...limits, retry_base: Math.min(base, MAX_RETRY_BASE_MS), retry_max: Math.min(max, MAX_RETRY_MS) };
}

/**
 * The throttle of requests that only inform, on the pacer of all requests. Half a minute of 429 or a longer wait that the
 * server asks for ends these requests. What the server asks for holds what is sent after them, as ever. But an endpoint
 * that names another limit than the numbers do has a limit of its own: what it says of that limit is about nothing else.
 */
export function createExtraThrottle(
  { ports, pacer, control, limits: given }: Omit<ThrottleOptions, 'stop' | 'memory'>,
  stop: Stop,
): Throttle {
  const limits = shortRetries({ ...given, max_server_wait: Math.min(given.max_server_wait, MAX_WAIT_MS) });
  const memory = createPaceMemory();
  const throttle = createThrottle({ ports, pacer, stop, limits, memory, control: () => withoutRefusals(control()) });

  function hasOwnLimit({ wait }: HttpAnswer): boolean {
    const { limit } = rateHeaders(wait, ports.clock.wallNow());
    return limit !== null && limit !== (control()?.serverLimit()?.limit ?? null);
  }

  return {
    ...throttle,
    onResponse(answer, admittedAt) {
      if (!hasOwnLimit(answer)) return throttle.onResponse(answer, admittedAt);
      const isRefused = answer.status === 429;
      const askedMs = serverWaitMs(answer.wait, isRefused, ports.clock.wallNow()) ?? 0;
      if (askedMs > limits.max_server_wait) stop.ask('server_wait', 'an endpoint with a limit of its own asks to wait');
      else if (isRefused) throttle.onResponse(answer, admittedAt);
    },
  };
}
