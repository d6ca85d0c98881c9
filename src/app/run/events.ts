import type { RateControl } from '../../core/rate/rate-control.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { visible } from '../../core/text/visible.ts';
import { createWindowCount } from '../../engine/pacing/sliding-window.ts';
import type { Clock, ExecutorEvent } from '../../engine/ports.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import { createProgress, type ProgressState } from '../../io/terminal/progress.ts';
import type { Reporting } from '../invocation.ts';
import { type Counts, logEvent } from '../log-events.ts';
import { print, progressKind } from '../output.ts';

type Options = Reporting & {
  logger: Logger;
  clock: Clock;
  control: RateControl;
  /** Rows to send. */
  total: number;
  /** Returns the number of requests in flight. */
  inFlight: () => number;
  /** The operator who has paused the run; null if none has. */
  paused?: () => { by: string } | null;
};

const RATE_WINDOW_MS = 10_000;
const MIN_RATE_SPAN_MS = 1000;

/** Counts what the progress line shows. Counts start at 0 in every session. */
function createCounter({ settings, clock, control, total, inFlight, paused }: Options) {
  const startedAt = clock.now();
  const recentRows = createWindowCount(RATE_WINDOW_MS);
  let done = 0;
  let updated = 0;
  let failed = 0;
  let retries = 0;
  let pausedUntil = 0;
  /** The order that is at work. */
  let order: ProgressState['order'] = null;
  /** The current limit, if the setting does not say it. */
  const allowedPerSecond = (now: number) => {
    if (settings.rate === 'off') return null;
    const perSecond = control.rate(now);
    return settings.rate === 'auto' || perSecond < settings.rate ? perSecond : null;
  };
  return {
    add(event: ExecutorEvent) {
      if ('retryInMs' in event && event.retryInMs !== null) retries += 1;
      if (event.event === 'run.paused') pausedUntil = clock.now() + event.waitMs;
      if (event.event === 'order.placed') order = { number: event.order, pending: event.pending };
      if (event.event === 'order.ended' || event.event === 'order.pending') order = null;
      if (!('outcome' in event)) return;
      done += 1;
      recentRows.add(clock.now());
      if (event.event === 'row.updated') updated += 1;
      else if (event.event !== 'row.unchanged') failed += 1;
    },
    counts: (): Counts => ({ rows_done: done, updated, failed, total }),
    state(): ProgressState {
      const now = clock.now();
      const spanMs = Math.max(MIN_RATE_SPAN_MS, Math.min(RATE_WINDOW_MS, now - startedAt));
      const perSecond = (recentRows.size(now) / spanMs) * 1000;
      return {
        done,
        total,
        perSecond,
        allowedPerSecond: allowedPerSecond(now),
        failed,
        retries,
        pausedMs: Math.max(0, pausedUntil - now),
        pausedBy: paused?.()?.by ?? null,
        order,
        atConcurrency: inFlight() >= concurrencyOf(settings),
        etaText: perSecond > 0 ? formatDuration(((total - done) / perSecond) * 1000) : '?',
      };
    },
  };
}

/** Turns the events of the engine into log lines and the progress line. */
export function createEventReporter(options: Options) {
  const { logger, context } = options;
  const counter = createCounter(options);
  const kind = progressKind(options);
  const progress = createProgress(context.stderr, kind, counter.state);
  /** Prints a line while the rows go on. */
  const say = (text: string) => {
    if (kind !== 'silent') progress.printAbove(() => print(context.stderr, text));
  };
  return {
    onEvent(event: ExecutorEvent) {
      counter.add(event);
      logEvent(logger, event, counter.counts);
      if (event.event === 'concurrency.lowered') say(`${event.why}\n`);
      if (event.event === 'bulk.off')
        say(`No more bulk orders: ${visible(event.why)}. The other rows are sent one by one.\n`);
    },
    say,
    note(text: string) {
      // The bar would be drawn over the text.
      progress.stop();
      if (kind !== 'silent') print(context.stderr, text);
    },
    state: counter.state,
    stop: progress.stop,
  };
}
