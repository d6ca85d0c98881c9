import type { HttpAnswer } from '../../core/api/response.ts';
import { backoffMs, rateHeaders, serverWaitMs } from '../../core/attempt/backoff.ts';
import type { RateControl } from '../../core/rate/rate-control.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { formatDuration, MINUTE_MS } from '../../core/text/duration.ts';
import type { Ports } from '../ports.ts';
import type { Stop } from '../stop.ts';
import type { PaceMemory } from './pace-memory.ts';
import type { Pacer } from './pacer.ts';

export type Throttle = ReturnType<typeof createThrottle>;

export type ThrottleLimits = Pick<Settings, 'retry_base' | 'retry_max' | 'max_server_wait'>;

export type ThrottleOptions = {
  ports: Pick<Ports, 'clock' | 'onEvent'>;
  pacer: Pacer;
  /** Null without a limit: rate headers are not read then. */
  control: () => RateControl | null;
  stop: Stop;
  limits: ThrottleLimits;
  /** Of earlier phases of the command. */
  memory: PaceMemory;
};

/** A `reset` from here on is a time of day. It and the `Date` that it is compared with are whole seconds. */
const MIN_TIME_OF_DAY_S = 1e9;
const TIME_OF_DAY_ROUNDING_MS = 2000;
/** A year: a date cannot hold any wait. */
const MAX_NAMED_WAIT_MS = 31_536_000_000;

/** The first full minute after a wait, as messages name it: `2026-11-23T02:15Z`. */
function timeAfter(wallNow: number, waitMs: number): string {
  const at = Math.ceil((wallNow + Math.min(waitMs, MAX_NAMED_WAIT_MS)) / MINUTE_MS) * MINUTE_MS;
  return `${new Date(at).toISOString().slice(0, 16)}Z`;
}

/** Whether an answer shows that requests are accepted: it is about the request, not about who may send when. */
function isAccepted(status: number): boolean {
  if (status >= 400 && status < 500) return ![401, 403, 408, 425, 429].includes(status);
  return status >= 200 && status < 300;
}

/** Pauses all requests, and says when a pause begins and ends. */
function createPauses({ ports, pacer, stop, memory }: Pick<ThrottleOptions, 'ports' | 'pacer' | 'stop' | 'memory'>) {
  const { clock, onEvent } = ports;
  const cancels = new Set<() => void>();

  function announce(ms: number, why: string): void {
    memory.pausedWhy = why;
    onEvent({ event: 'run.paused', waitMs: ms, why });
    const sleep = clock.sleep(ms);
    const removeCallback = stop.onAsked(sleep.cancel);
    cancels.add(sleep.cancel);
    void sleep.done.then(() => {
      removeCallback();
      cancels.delete(sleep.cancel);
      if (clock.now() >= pacer.pausedUntil()) onEvent({ event: 'run.resumed' });
    });
  }

  return {
    announce,
    pause(ms: number, why: string, isThrottled: boolean): void {
      if (pacer.pause(ms, isThrottled)) announce(ms, why);
    },
    end(): void {
      for (const cancel of cancels) cancel();
    },
  };
}

/** Counts 429s without an accepted request in between. */
function createRefusals({
  ports,
  pacer,
  limits,
  memory,
}: Pick<ThrottleOptions, 'ports' | 'pacer' | 'limits' | 'memory'>) {
  const { clock } = ports;
  return {
    onAccepted(): void {
      memory.throttledSince = null;
      memory.throttledRounds = 0;
    },
    /** How long to pause after a 429: as long as the server asks, or twice as long each time. */
    waitAfter(askedMs: number, admittedAt: number) {
      const now = clock.now();
      memory.throttledSince ??= now;
      // Requests that were in flight when the pause began met the same limit.
      if (memory.throttledRounds === 0 || admittedAt >= pacer.pausedSince()) memory.throttledRounds += 1;
      // At least half of the backoff, because a pause of all requests must not be close to 0.
      const share = 0.5 + clock.random() / 2;
      const ownMs = backoffMs(memory.throttledRounds, limits.retry_base, limits.retry_max, share);
      const waitMs = askedMs > 0 ? askedMs : ownMs;
      const lastedMs = now - memory.throttledSince;
      return { waitMs, lastedMs, isTooLong: lastedMs + waitMs > limits.max_server_wait };
    },
  };
}

/**
 * Pauses all requests when the server asks for it: one 429 is enough. If the server asks for a longer wait than the
 * limit, the run stops and no row fails.
 */
export function createThrottle({ ports, pacer, control, stop, limits, memory }: ThrottleOptions) {
  const { clock } = ports;
  const pauses = createPauses({ ports, pacer, stop, memory });
  const refusals = createRefusals({ ports, pacer, limits, memory });

  function giveUp(waitMs: number, what: string): void {
    // The phase may have ended with this answer, and the next one must know.
    pacer.pause(waitMs, false);
    const when = timeAfter(clock.wallNow(), waitMs);
    const limit = formatDuration(limits.max_server_wait);
    stop.ask('server_wait', `${what}, longer than --max-server-wait ${limit}; go on after ${when}`);
  }

  function updateRate({ status, wait }: HttpAnswer, admittedAt: number): void {
    const limitedBy = control();
    const isThrottled = status === 429;
    // A server error says nothing about how many requests are accepted.
    if (limitedBy === null || (!isThrottled && !isAccepted(status))) return;
    const resetRoundingMs = Number(wait.rateLimitReset) >= MIN_TIME_OF_DAY_S ? TIME_OF_DAY_ROUNDING_MS : 0;
    const headers = rateHeaders(wait, clock.wallNow());
    limitedBy.onResponse(clock.now(), { ...headers, resetRoundingMs, throttled: isThrottled, sentAt: admittedAt });
    pacer.onRateChange();
  }

  function onThrottled(askedMs: number, admittedAt: number): void {
    const { waitMs, lastedMs, isTooLong } = refusals.waitAfter(askedMs, admittedAt);
    if (isTooLong) {
      giveUp(waitMs, `nothing but 429 for ${formatDuration(lastedMs)}, and another ${formatDuration(waitMs)} to wait`);
    } else pauseAfter429(waitMs, askedMs);
  }

  function pauseAfter429(waitMs: number, askedMs: number): void {
    pauses.pause(waitMs, askedMs > 0 ? 'HTTP 429: the server asks to wait' : 'HTTP 429', true);
  }

  const leftMs = pacer.pausedUntil() - clock.now();
  if (leftMs > limits.max_server_wait) giveUp(leftMs, `the server asks to wait ${formatDuration(leftMs)}`);
  else if (leftMs > 0) pauses.announce(leftMs, 'the server asks to wait');

  return {
    /** The run has ended: removes the timers of pauses. */
    end: pauses.end,
    /** `admittedAt`: when the request was admitted, in monotonic ms. */
    onResponse(answer: HttpAnswer, admittedAt: number): void {
      const { status, wait } = answer;
      updateRate(answer, admittedAt);
      if (isAccepted(status)) refusals.onAccepted();
      const askedMs = serverWaitMs(wait, status === 429, clock.wallNow()) ?? 0;
      if (askedMs > limits.max_server_wait) giveUp(askedMs, `the server asks to wait ${formatDuration(askedMs)}`);
      else if (status === 429) onThrottled(askedMs, admittedAt);
      else if (askedMs > 0) pauses.pause(askedMs, `HTTP ${status}: the server asks to wait`, false);
    },
    /**
     * The same for an answer about a bulk order. Its endpoints may have a limit of their own, which is not learned, and a
     * success only says when to look again. Returns whether a 429 asks for so long a wait that the request is given up.
     */
    onOrderResponse({ status, wait }: HttpAnswer, admittedAt: number): boolean {
      if (isAccepted(status)) refusals.onAccepted();
      if (status !== 429) return false;
      const askedMs = serverWaitMs(wait, true, clock.wallNow()) ?? 0;
      const { waitMs, isTooLong } = refusals.waitAfter(askedMs, admittedAt);
      if (!isTooLong) pauseAfter429(waitMs, askedMs);
      return isTooLong;
    },
  };
}
