import { orderEndText } from '../../core/ledger/order-text.ts';
import type { RateControl } from '../../core/rate/rate-control.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { count, thousands } from '../../core/text/text.ts';
import { visible } from '../../core/text/visible.ts';
import { createWindowCount } from '../../engine/pacing/sliding-window.ts';
import type { Clock, ExecutorEvent } from '../../engine/ports.ts';
import { errorOf } from '../../engine/sending/request.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import { createProgress, type ProgressState } from '../../io/terminal/progress.ts';
import type { Reporting } from '../invocation.ts';
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

type AttemptEvent = Extract<ExecutorEvent, { event: 'attempt.failed' | 'read.failed' | 'order.failed' }>;
type RowEvent = Extract<ExecutorEvent, { event: 'row.updated' | 'row.failed' | 'row.held' }>;
type OrderEvent = Extract<ExecutorEvent, { event: 'order.placed' | 'order.ended' | 'order.pending' }>;
type Counts = Record<string, number>;

function answerFields({ answer, retryInMs }: AttemptEvent): Record<string, unknown> {
  const error = errorOf(answer);
  return {
    ...(answer.kind === 'http' ? { http_status: answer.status } : { network_code: answer.code }),
    error_code: error.code,
    error_title: error.title,
    error_detail: error.detail,
    retry_in_ms: retryInMs === null ? null : Math.round(retryInMs),
    request_id: answer.kind === 'http' ? answer.requestId : '',
    duration_ms: Math.round(answer.durationMs),
  };
}

function logRow(logger: Logger, { event, entry, outcome }: RowEvent): void {
  const isUpdated = event === 'row.updated';
  logger.log(isUpdated ? 'debug' : 'error', event, isUpdated ? 'row updated' : `row ${outcome.status}`, {
    row: entry.row,
    phone_number_id: entry.id,
    attempt: outcome.attempts,
    ...(isUpdated ? {} : { status: outcome.status, reason: outcome.reason }),
    ...(outcome.httpStatus === null ? { network_code: outcome.errorCode } : { http_status: outcome.httpStatus }),
    error_code: outcome.errorCode,
    error_title: outcome.errorTitle,
    error_detail: outcome.errorDetail,
    request_id: outcome.requestId,
    duration_ms: Math.round(outcome.durationMs),
  });
}

function logOrder(logger: Logger, event: OrderEvent, counts: () => Counts) {
  const name = `Bulk order ${event.order}`;
  switch (event.event) {
    case 'order.placed': {
      const { order, orderId, profile, success, pending, failed } = event;
      const text = `${name} placed: ${count(success + pending + failed, 'number')}, ${thousands(pending)} pending`;
      const fields = { order, order_id: orderId, messaging_profile_id: profile, success, pending, failed };
      return logger.log('info', 'order.placed', text, { ...counts(), ...fields });
    }
    case 'order.pending': {
      const { order, orderId, pending } = event;
      const text = `${name} may still move ${count(pending, 'number')}: resume continues with it`;
      return logger.log('warn', 'order.pending', text, { ...counts(), order, order_id: orderId, pending });
    }
    case 'order.ended': {
      const { order, result, why } = event;
      const level = result === 'done' ? 'info' : result === 'mismatch' ? 'error' : 'warn';
      return logger.log(level, 'order.ended', orderEndText(order, result, why), { ...counts(), order, result, why });
    }
  }
}

function logEvent(logger: Logger, event: ExecutorEvent, counts: () => Counts) {
  switch (event.event) {
    case 'attempt.failed': {
      const method = event.operation === 'read' ? 'GET' : 'PATCH';
      const fields = { row: event.entry.row, phone_number_id: event.entry.id, attempt: event.attempt, method };
      return logger.log('warn', 'attempt.failed', 'attempt failed', { ...fields, ...answerFields(event) });
    }
    case 'read.failed': {
      const fields = { method: 'GET', attempt: event.attempt, asked_for: event.what };
      return logger.log('warn', 'attempt.failed', event.description, { ...fields, ...answerFields(event) });
    }
    case 'order.failed': {
      const fields = { method: 'POST', attempt: event.attempt, order: event.order };
      return logger.log('warn', 'attempt.failed', event.description, { ...fields, ...answerFields(event) });
    }
    case 'row.updated':
    case 'row.held':
    case 'row.failed':
      return logRow(logger, event);
    case 'profile.held':
      return logger.log('error', 'profile.held', event.why, { ...counts(), messaging_profile_id: event.profile });
    case 'concurrency.lowered':
      return logger.log('warn', 'concurrency.lowered', event.why, { ...counts(), concurrency: event.to });
    case 'order.placed':
    case 'order.ended':
    case 'order.pending':
      return logOrder(logger, event, counts);
    case 'bulk.off':
      return logger.log('warn', 'bulk.off', `No more bulk orders: ${event.why}`, counts());
    case 'run.paused':
      return logger.log('info', 'run.paused', event.why, { ...counts(), wait_ms: Math.round(event.waitMs) });
    case 'run.resumed':
      return logger.log('info', 'run.resumed', 'sending again', counts());
    case 'run.stopping':
      return logger.log('warn', 'run.stopping', event.detail, { ...counts(), reason: event.reason });
    default:
      event satisfies never;
  }
}

/** Counts what the progress line shows. Counts start at 0 in every session. */
function createCounter({ settings, clock, control, total, inFlight, paused }: Options) {
  const startedAt = clock.now();
  const recentRows = createWindowCount(RATE_WINDOW_MS);
  let done = 0;
  let updated = 0;
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
    },
    counts: (): Counts => ({ rows_done: done, updated, failed: done - updated, total }),
    state(): ProgressState {
      const now = clock.now();
      const spanMs = Math.max(MIN_RATE_SPAN_MS, Math.min(RATE_WINDOW_MS, now - startedAt));
      const perSecond = (recentRows.size(now) / spanMs) * 1000;
      return {
        done,
        total,
        perSecond,
        allowedPerSecond: allowedPerSecond(now),
        failed: done - updated,
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
