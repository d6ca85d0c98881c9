import type { StopReason } from '../../core/attempt/classify.ts';
import type { RateSeen } from '../../core/ledger/entry.ts';
import { createRateControl, type RateControl } from '../../core/rate/rate-control.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import { type Settings, START_PER_S } from '../../core/settings/schema.ts';
import { createPacer } from '../pacing/pacer.ts';
import type { Meter } from '../pacing/sliding-window.ts';
import { createThrottle } from '../pacing/throttle.ts';
import type { Ports } from '../ports.ts';
import type { Stop } from '../stop.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { createKeyCheck } from './key-check.ts';
import type { RequestContext } from './request-loop.ts';
import { createRequestQueue } from './request-queue.ts';

/** The settings of how fast requests may be, and how often one is tried. */
export type PipelineLimits = Pick<
  Settings,
  | 'rate'
  | 'reserve'
  | 'concurrency'
  | 'max_attempts'
  | 'retry_base'
  | 'retry_max'
  | 'max_server_wait'
  | 'outage_patience'
>;

/** Stops after which the API may still be asked what has become of writes that may have happened. */
const LOOKED_AFTER: ReadonlySet<StopReason> = new Set([
  'outage',
  'max_failures',
  'max_same_error',
  'profiles_held',
  'finish_by',
  'stop_after',
]);
/** For so long: whoever waits for the end of a run waits for this too. */
const LAST_LOOKS_MS = 30_000;

/** All requests of a command under one rate, with what they share, and what they came to. */
export type Pipeline = RequestContext & { rateSeen: () => RateSeen; end: () => void };

/**
 * What decides how fast is sent: at most a rate that was set, which needs no reserve, as whoever sets it knows who else
 * is there. Phases of a command share one, or each would learn anew what the server allows.
 */
export function createControl({ rate, reserve }: Pick<Settings, 'rate' | 'reserve'>): RateControl {
  return typeof rate === 'number'
    ? createRateControl({ cap: rate, reserve: 0, startPerSecond: rate })
    : createRateControl({ cap: null, reserve, startPerSecond: START_PER_S });
}

export type PipelineOptions = {
  ports: Pick<Ports, 'clock' | 'onEvent'>;
  limits: PipelineLimits;
  control: RateControl;
  stop: Stop;
  meter?: Meter | undefined;
  /** Whether rows other than the given number that wait for the breaker may still be sent. */
  othersAtWork: (waiting: number) => boolean;
};

export function createPipeline({ ports, limits, control, stop, meter, othersAtWork }: PipelineOptions): Pipeline {
  const pacer = createPacer(limits.rate, control, ports.clock, stop, meter);
  const concurrency = concurrencyOf(limits);
  const waits = {
    retryBaseMs: limits.retry_base,
    retryMaxMs: limits.retry_max,
    maxServerWaitMs: limits.max_server_wait,
  };
  const breaker = createCircuitBreaker(ports, stop, { concurrency, patienceMs: limits.outage_patience, othersAtWork });
  // Without a limit nobody asks what servers say about one, and to hear it costs some us a request.
  const throttle = createThrottle(ports, pacer, limits.rate === 'off' ? null : control, stop, waits);
  let looksUntil = Number.POSITIVE_INFINITY;
  stop.onAsked(() => {
    looksUntil = ports.clock.now() + LAST_LOOKS_MS;
  });
  return {
    clock: ports.clock,
    stop,
    lanes: createRequestQueue(concurrency, pacer, breaker, stop),
    throttle,
    keyCheck: createKeyCheck(ports, pacer, stop),
    breaker,
    limits: { maxAttempts: limits.max_attempts, patienceMs: limits.outage_patience, ...waits },
    requests: { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 },
    mayLook() {
      const asked = stop.asked();
      return asked === null || (LOOKED_AFTER.has(asked.reason) && ports.clock.now() < looksUntil);
    },
    pausedForMs: () => Math.max(0, pacer.pausedUntil() - ports.clock.now()),
    answered: 0,
    rateSeen() {
      const seen = pacer.seen();
      return { ...seen, paused_ms: seen.paused_ms + breaker.pausedMs() };
    },
    // A pause that the last answer asked for would keep the process alive, for as long as --max-server-wait.
    end: throttle.end,
  };
}
