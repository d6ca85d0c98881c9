import type { RateSeen } from '../../core/ledger/entry.ts';
import { createRateControl, type RateControl } from '../../core/rate/rate-control.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import { type Settings, START_PER_S } from '../../core/settings/schema.ts';
import type { PaceNow } from '../../core/status/pace.ts';
import { type Contact, createContact } from '../contact.ts';
import { createFileLimit } from '../file-limit.ts';
import { createCircuitBreaker } from '../outage/circuit-breaker.ts';
import { createOutageWatch } from '../outage/outage-watch.ts';
import { createExtraThrottle } from '../pacing/extra-throttle.ts';
import { createPaceMemory, type PaceMemory } from '../pacing/pace-memory.ts';
import { createPacer } from '../pacing/pacer.ts';
import { createThrottle, type Throttle, type ThrottleLimits } from '../pacing/throttle.ts';
import type { Clock, Ports } from '../ports.ts';
import type { Steering } from '../steering.ts';
import { LEAVES_READS, type Stop } from '../stop.ts';
import { createKeyCheck } from './key-check.ts';
import type { RequestContext, RequestLimits } from './request.ts';
import { createRequestQueue } from './request-queue.ts';

/** The settings of the rate and of retries. */
export type PipelineLimits = RequestLimits &
  ThrottleLimits &
  Pick<Settings, 'rate' | 'reserve' | 'concurrency' | 'base_url'>;

/** The end of the run waits for these reads, so they get little time. */
const READ_BACK_AFTER_STOP_MS = 30_000;

/**
 * All requests of a command, under one rate. `end` must be called after the last one.
 * `extraThrottle`: for those that only inform.
 */
export type Pipeline = RequestContext & {
  extraThrottle: (stop: Stop) => Throttle;
  measuredRate: () => RateSeen;
  paceNow: () => PaceNow;
  end: () => void;
};

type PipelineOptions = {
  ports: Pick<Ports, 'clock' | 'onEvent' | 'untilMayLeave'>;
  limits: PipelineLimits;
  control: RateControl;
  stop: Stop;
  /** Of earlier phases of the command. */
  memory?: PaceMemory | undefined;
  /** What earlier phases of this command have learned about the API. */
  contact?: Contact | undefined;
  /** What an operator changes while the run is at work; `limits` are live then. */
  steering?: Steering | undefined;
  /** Whether rows other than this many that wait for the breaker may still be sent. */
  othersAtWork: (waiting: number) => boolean;
};

/**
 * A rate that was set is kept without a reserve, because its user knows who else uses the account. All phases of a
 * command share one control, so that none has to learn the limit of the server again.
 */
export function createControl({ rate, reserve }: Pick<Settings, 'rate' | 'reserve'>): RateControl {
  return typeof rate === 'number'
    ? createRateControl({ cap: rate, reserve: 0, startPerSecond: rate })
    : createRateControl({ cap: null, reserve, startPerSecond: START_PER_S });
}

/** Makes a control follow the rate that an operator sets. Returns a function that ends that. */
export function steerControl(control: RateControl, steering: Steering, { reserve }: Pick<Settings, 'reserve'>) {
  let rate = steering.rate();
  return steering.onChange(() => {
    const next = steering.rate();
    if (next === rate) return;
    rate = next;
    if (typeof next === 'number') control.restrict(next, 0);
    else control.restrict(null, reserve);
  });
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { ports, limits, control, stop, steering, memory = createPaceMemory(), othersAtWork } = options;
  const { clock } = ports;
  const contact = options.contact ?? createContact(limits.base_url);
  const { untilMayLeave } = ports;
  const pacer = createPacer({ rate: limits.rate, control, clock, stop, steering, memory, untilMayLeave });
  const concurrency = () => concurrencyOf(limits);
  const files = createFileLimit({ ports, stop, concurrency, patienceMs: limits.outage_patience });
  const breaker = createCircuitBreaker(ports, stop, limits.outage_patience);
  // Without a limit no rate headers need to be read, which saves some microseconds a request.
  const limitedBy = () => (limits.rate === 'off' ? null : control);
  const throttle = createThrottle({ ports, pacer, control: limitedBy, stop, limits, memory });
  const queue = createRequestQueue({ concurrency, pacer, breaker, stop, contact, files });
  let isPaused = steering?.isPaused() ?? false;
  const endSteering = steering?.onChange(() => {
    queue.onConcurrency();
    if (isPaused && !steering.isPaused()) {
      // The time of an operator's pause is no time without an accepted request.
      memory.throttledSince = null;
      files.onOperatorResumed();
      breaker.onOperatorResumed();
    }
    isPaused = steering.isPaused();
  });
  const requests = { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 };
  const context: RequestContext = {
    clock,
    stop,
    queue,
    contact,
    files,
    throttle,
    keyCheck: createKeyCheck(clock, pacer, stop),
    outages: createOutageWatch({ clock, stop, breaker, othersAtWork }),
    limits,
    requests,
    mayReadBack: createReadBackRule(clock, stop),
    pausedForMs: () => Math.max(0, pacer.pausedUntil() - clock.now()),
    answered: 0,
  };
  const extraThrottles: Throttle[] = [];
  return {
    ...context,
    extraThrottle(stopOfThem) {
      const extra = createExtraThrottle({ ports, pacer, control: limitedBy, limits }, stopOfThem);
      extraThrottles.push(extra);
      return extra;
    },
    measuredRate() {
      const measured = pacer.measured();
      return { ...measured, paused_ms: measured.paused_ms + breaker.pausedMs() };
    },
    paceNow: () => ({
      requests: { ...requests },
      set: limits.rate,
      allowed: limitedBy()?.rate(clock.now()) ?? null,
      serverLimit: control.serverLimit(),
      inFlight: queue.inFlight(),
      concurrency: concurrency(),
      files: files.room(),
      pausedMs: Math.max(0, Math.round(pacer.pausedUntil() - clock.now())),
      pausedWhy: memory.pausedWhy,
      outage: breaker.outage(),
    }),
    // The timer of a pause would keep the process alive for as long as the server asks to wait.
    end() {
      for (const extra of extraThrottles) extra.end();
      throttle.end();
      pacer.end();
      endSteering?.();
    },
  };
}

/** Whether reads may follow a stop: for a short time, if it was for one of `reasons`. */
export function createReadBackRule(clock: Clock, stop: Stop, reasons = LEAVES_READS): () => boolean {
  let until = Number.POSITIVE_INFINITY;
  stop.onAsked(() => {
    until = clock.now() + READ_BACK_AFTER_STOP_MS;
  });
  return () => {
    const asked = stop.asked();
    return asked === null || (reasons.has(asked.reason) && clock.now() < until);
  };
}
