import type { RateSeen } from '../../core/ledger/entry.ts';
import type { RateControl } from '../../core/rate/rate-control.ts';
import type { Settings } from '../../core/settings/schema.ts';
import type { Clock, Ports } from '../ports.ts';
import type { Steering } from '../steering.ts';
import { type Stop, waitOrStop } from '../stop.ts';
import { createPaceMemory, type PaceMemory } from './pace-memory.ts';
import { extendPause, notePause, type Pause, pausedUpTo } from './pause.ts';
import { createRateUsage } from './rate-usage.ts';
import { createWaitingList } from './waiting-list.ts';
import { createWindowLimit, type Pass } from './window-limit.ts';

/** Slots are longer than the rate demands by this factor, because the window limit and late timers use that up. */
const SLOT_SLACK = 1.005;
/** A request may be late by this much without delaying the next one, or late timers would lower the mean. */
const CATCH_UP_MS = 20;
/** Waiting requests compute their wait again when the rate has grown by this factor. */
const NOTABLE_GROWTH = 1.05;
/** Waiting requests also compute it again at this interval, because the rate may grow without an answer. */
const RECOMPUTE_MS = 1000;

export type Pacer = ReturnType<typeof createPacer>;

type PacerOptions = {
  rate: Settings['rate'];
  /** What an operator changes while the run is at work. */
  steering?: Pick<Steering, 'rate' | 'isPaused' | 'onChange'> | undefined;
  control: RateControl;
  clock: Clock;
  stop: Stop;
  /** Of earlier phases of the command. */
  memory?: PaceMemory | undefined;
  untilMayLeave?: Ports['untilMayLeave'];
};

/** The slots of a rate, one for each request. */
function createSlots(memory: PaceMemory) {
  /** A pause or an idle time is not made up: requests go on evenly after it, without a burst. */
  const nextAt = (intervalMs: number) => Math.max(memory.lastSlotAt + intervalMs, memory.pause.end);
  return {
    nextAt,
    take(now: number, intervalMs: number): void {
      const isFirst = memory.lastSlotAt === Number.NEGATIVE_INFINITY;
      // Slots are counted from those that were due, so that timers that fire late do not lower the mean.
      memory.lastSlotAt = isFirst ? now : Math.max(nextAt(intervalMs), now - CATCH_UP_MS - intervalMs);
    },
  };
}

/** How fast requests may be admitted, as the setting, the control and the operators decide together. */
function createSpeed(options: PacerOptions, pause: Pause, wake: () => void) {
  const { steering, control, clock, untilMayLeave } = options;
  let { rate } = options;
  const usage = createRateUsage(rate);
  const limit = createWindowLimit(rate, clock, wake, untilMayLeave !== undefined);
  const isPaused = () => steering?.isPaused() === true;
  const perSecond = (now: number) => (rate === 'off' ? Number.POSITIVE_INFINITY : control.rate(now));
  const measure = (now: number) => usage.measure(now, isPaused() ? 0 : perSecond(now), pause.end);
  /** Takes over what an operator has changed. */
  function takeOver(): void {
    const now = clock.now();
    notePause(pause, now, isPaused());
    const next = steering?.rate() ?? rate;
    if (next !== rate) usage.setRate(next);
    rate = next;
    limit.setRate(rate);
    measure(now);
    wake();
  }
  notePause(pause, clock.now(), isPaused());
  return {
    usage,
    limit,
    isLimited: () => rate !== 'off',
    isPaused,
    perSecond,
    intervalMs: (now: number) => (1000 * SLOT_SLACK) / perSecond(now),
    /** Must be called whenever the rate or a pause may have changed. */
    measure,
    /** No request follows. */
    end: steering?.onChange(takeOver) ?? (() => undefined),
  };
}

/**
 * Paces all requests of a run: attempts, retries and reads. They are spaced evenly on a monotonic clock, at the rate of
 * the control. If the rate is a number, a window limit is kept as well. Slots alone are not enough, because a request
 * may leave long after it was admitted (connecting, a cold process). The window alone would allow bursts.
 */
export function createPacer(options: PacerOptions) {
  const { control, clock, stop, memory = createPaceMemory(), untilMayLeave } = options;
  const { meter, pause } = memory;
  const pausedBefore = pausedUpTo(pause, clock.now());
  const waiting = createWaitingList(clock);
  const speed = createSpeed(options, pause, waiting.wake);
  const { usage, limit, perSecond, intervalMs, measure } = speed;
  const slots = createSlots(memory);
  let waitedAtRate = 0;
  let holdingFor: symbol | null = null;

  /** ms until the next request may be admitted; Infinity if that depends on an event. */
  function dueIn(now: number, holder: symbol | undefined): number {
    if (holdingFor !== null && holdingFor !== holder) return Number.POSITIVE_INFINITY;
    // What may still leave after a stop is not held by an operator's pause.
    if (speed.isPaused() && stop.asked() === null) return Number.POSITIVE_INFINITY;
    if (!speed.isLimited()) return Math.max(0, pause.end - now);
    return Math.max(0, slots.nextAt(intervalMs(now)) - now, limit.roomIn(now));
  }

  function take(now: number): Pass {
    const interval = intervalMs(now);
    slots.take(now, interval);
    measure(now);
    usage.onAdmitted(now, interval);
    if (speed.isLimited()) control.onSent(now);
    meter.second.add(now);
    meter.minute.add(now);
    return limit.take();
  }

  return {
    /** No request follows. */
    end: speed.end,
    /** Waits for a slot. Null if `mayGo` returns false, by default at a stop. `holder` passes its own hold. */
    async admit(holder?: symbol, mayGo = () => stop.asked() === null): Promise<Pass | null> {
      const removeCallback = stop.onAsked(waiting.wake);
      try {
        for (;;) {
          if (untilMayLeave !== undefined) await waitOrStop(stop, untilMayLeave());
          if (!mayGo()) return null;
          const now = clock.now();
          const due = dueIn(now, holder);
          if (due <= 0) return take(now);
          waitedAtRate = perSecond(now);
          await waiting.wait(due === Number.POSITIVE_INFINITY ? due : Math.min(due, RECOMPUTE_MS));
        }
      } finally {
        removeCallback();
      }
    },
    /**
     * Admits nothing for this long; of several pauses, the one that ends last counts. Returns whether the pause became
     * longer. `isThrottled`: a 429 is the reason.
     */
    pause(ms: number, isThrottled: boolean): boolean {
      const now = clock.now();
      if (now + ms <= pause.end) return false;
      measure(now);
      extendPause(pause, now, now + ms, isThrottled);
      return true;
    },
    /** The rate may have changed: waiting requests compute their wait again. */
    onRateChange(): void {
      const now = clock.now();
      measure(now);
      if (perSecond(now) > waitedAtRate * NOTABLE_GROWTH) waiting.wake();
    },
    /** Admits nothing but the holder until it is called with null. */
    hold(holder: symbol | null): void {
      holdingFor = holder;
      if (holder === null) waiting.wake();
    },
    pausedUntil: () => pause.end,
    /** When the present pause began: answers to earlier requests are no news. */
    pausedSince: () => pause.start,
    measured: () => rateSeen({ usage, memory, control, pausedBefore }, clock.now()),
  };
}

type Measured = {
  usage: ReturnType<typeof createRateUsage>;
  memory: PaceMemory;
  control: RateControl;
  /** The pauses of earlier phases, which have counted them. */
  pausedBefore: ReturnType<typeof pausedUpTo>;
};

function rateSeen({ usage, memory, control, pausedBefore }: Measured, now: number): RateSeen {
  const { meter } = memory;
  const paused = pausedUpTo(memory.pause, now);
  const limit = control.serverLimit();
  return {
    mean_per_s: usage.mean(),
    max_in_1s: meter.second.most(),
    max_in_60s: meter.minute.most(),
    paused_ms: paused.paused_ms - pausedBefore.paused_ms,
    throttled_ms: Math.max(0, paused.throttled_ms - pausedBefore.throttled_ms),
    allowed: usage.allowed(),
    server_limit: limit && { requests: limit.limit, window_ms: limit.windowMs && Math.round(limit.windowMs) },
  };
}
