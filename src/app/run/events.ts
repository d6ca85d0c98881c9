import type { RateControl } from '../../core/rate/rate-control.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { createWindowCount } from '../../engine/pacing/sliding-window.ts';
import type { Clock, ExecutorEvent } from '../../engine/ports.ts';
import { errorOf } from '../../engine/sending/request-loop.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import { createProgress } from '../../io/terminal/progress.ts';
import type { Context } from '../context.ts';
import { print } from '../output.ts';

/** Turns what the executor says into log lines and the progress line. */
export type Reporter = { tell: (event: ExecutorEvent) => void; note: (text: string) => void; stop: () => void };

type Parts = {
  logger: Logger;
  settings: Settings;
  total: number;
  context: Context;
  clock: Clock;
  /** Requests under way now. */
  inFlight: () => number;
  control: RateControl;
};

const RECENT_MS = 10_000;

function answerFields(
  event: Extract<ExecutorEvent, { event: 'attempt.failed' | 'read.failed' }>,
): Record<string, unknown> {
  const { answer } = event;
  const error = errorOf(answer);
  return {
    ...(answer.kind === 'http' ? { http_status: answer.status } : { network_code: answer.code }),
    error_code: error.code,
    error_title: error.title,
    error_detail: error.detail,
    retry_in_ms: event.retryInMs === null ? null : Math.round(event.retryInMs),
    request_id: answer.kind === 'http' ? answer.requestId : '',
    duration_ms: Math.round(answer.durationMs),
  };
}

/** Follows one execution. Times are the clock's; counts start at 0 for every session. */
export function createEventReporter({ logger, settings, total, context, clock, inFlight, control }: Parts): Reporter {
  const seen = { done: 0, failed: 0, retries: 0, updated: 0 };
  const began = clock.now();
  let pauseEnd = 0;
  const doneRecently = createWindowCount(RECENT_MS);
  const concurrency = concurrencyOf(settings);

  /** Requests a second that are allowed now, where the setting does not say it. */
  const allowed = (now: number) => {
    if (settings.rate === 'off') return null;
    const perSecond = control.rate(now);
    return settings.rate === 'auto' || perSecond < settings.rate ? perSecond : null;
  };
  const look = () => {
    const now = clock.now();
    const spanMs = Math.max(1000, Math.min(RECENT_MS, now - began));
    const perSecond = (doneRecently.size(now) / spanMs) * 1000;
    const left = total - seen.done;
    return {
      done: seen.done,
      total,
      perSecond,
      allowedPerSecond: allowed(now),
      failed: seen.failed,
      retries: seen.retries,
      pausedMs: Math.max(0, pauseEnd - now),
      atConcurrency: inFlight() >= concurrency,
      etaText: perSecond > 0 ? formatDuration((left / perSecond) * 1000) : '?',
    };
  };
  const kind = settings.quiet || settings.json ? 'silent' : context.stderr.isTTY === true ? 'bar' : 'plain';
  const progress = createProgress(context.stderr, kind, look);

  const counts = () => ({ rows_done: seen.done, updated: seen.updated, failed: seen.failed, total });

  return {
    tell(event) {
      switch (event.event) {
        case 'attempt.failed': {
          if (event.retryInMs !== null) seen.retries += 1;
          const method = event.operation === 'read' ? 'GET' : 'PATCH';
          const fields = { row: event.entry.row, phone_number_id: event.entry.id, attempt: event.attempt, method };
          logger.log('warn', 'attempt.failed', 'attempt failed', { ...fields, ...answerFields(event) });
          return;
        }
        case 'read.failed': {
          if (event.retryInMs !== null) seen.retries += 1;
          const fields = { method: 'GET', attempt: event.attempt, asked_for: event.what };
          logger.log('warn', 'attempt.failed', event.description, { ...fields, ...answerFields(event) });
          return;
        }
        case 'row.updated':
        case 'row.held':
        case 'row.failed': {
          const { entry, outcome } = event;
          seen.done += 1;
          doneRecently.add(clock.now());
          const good = event.event === 'row.updated';
          if (good) seen.updated += 1;
          else seen.failed += 1;
          logger.log(good ? 'debug' : 'error', event.event, good ? 'row updated' : `row ${outcome.status}`, {
            row: entry.row,
            phone_number_id: entry.id,
            attempt: outcome.attempts,
            ...(good ? {} : { status: outcome.status, reason: outcome.reason }),
            ...(outcome.httpStatus === null
              ? { network_code: outcome.errorCode }
              : { http_status: outcome.httpStatus }),
            error_code: outcome.errorCode,
            error_title: outcome.errorTitle,
            error_detail: outcome.errorDetail,
            request_id: outcome.requestId,
            duration_ms: Math.round(outcome.durationMs),
          });
          return;
        }
        case 'profile.held':
          logger.log('error', 'profile.held', event.why, { ...counts(), messaging_profile_id: event.profile });
          return;
        case 'run.paused':
          pauseEnd = clock.now() + event.waitMs;
          logger.log('info', 'run.paused', event.why, { ...counts(), wait_ms: Math.round(event.waitMs) });
          return;
        case 'run.resumed':
          logger.log('info', 'run.resumed', 'sending again', counts());
          return;
        case 'run.stopping':
          logger.log('warn', 'run.stopping', event.detail, { ...counts(), reason: event.reason });
          return;
        default:
          event satisfies never;
      }
    },
    note: (text) => {
      // The bar would be drawn over it.
      progress.stop();
      if (kind !== 'silent') print(context.stderr, text);
    },
    stop: progress.stop,
  };
}
