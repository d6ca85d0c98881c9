import { orderEndText, orderPlacedText } from '../core/ledger/order-text.ts';
import { count } from '../core/text/text.ts';
import type { ExecutorEvent } from '../engine/ports.ts';
import { errorOf } from '../engine/sending/request.ts';
import type { Logger } from '../io/terminal/logger.ts';

type AttemptEvent = Extract<ExecutorEvent, { event: 'attempt.failed' | 'read.failed' | 'order.failed' }>;
type RowEvent = Extract<ExecutorEvent, { event: 'row.updated' | 'row.unchanged' | 'row.failed' | 'row.held' }>;
type OrderEvent = Extract<ExecutorEvent, { event: 'order.placed' | 'order.ended' | 'order.pending' }>;
export type Counts = Record<string, number>;

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
  const isAtTarget = event === 'row.updated' || event === 'row.unchanged';
  logger.log(isAtTarget ? 'debug' : 'error', event, `row ${outcome.status}`, {
    row: entry.row,
    phone_number_id: entry.id,
    attempt: outcome.attempts,
    ...(isAtTarget ? {} : { status: outcome.status, reason: outcome.reason }),
    ...(outcome.httpStatus === null ? { network_code: outcome.errorCode } : { http_status: outcome.httpStatus }),
    error_code: outcome.errorCode,
    error_title: outcome.errorTitle,
    error_detail: outcome.errorDetail,
    request_id: outcome.requestId,
    duration_ms: Math.round(outcome.durationMs),
  });
}

function logOrder(logger: Logger, event: OrderEvent) {
  switch (event.event) {
    case 'order.placed': {
      const { order, orderId, profile, success, pending, failed } = event;
      const fields = { order, order_id: orderId, messaging_profile_id: profile, success, pending, failed };
      return logger.log('info', 'order.placed', orderPlacedText(event), fields);
    }
    case 'order.pending': {
      const { order, orderId, pending } = event;
      const text = `Bulk order ${order} may still move ${count(pending, 'number')}: resume continues with it`;
      return logger.log('warn', 'order.pending', text, { order, order_id: orderId, pending });
    }
    case 'order.ended': {
      const { order, result, why } = event;
      const level = result === 'done' ? 'info' : result === 'mismatch' ? 'error' : 'warn';
      return logger.log(level, 'order.ended', orderEndText(order, result, why), { order, result, why });
    }
  }
}

/** Writes an event of the engine to the log. `counts`: of the session so far. */
export function logEvent(logger: Logger, event: ExecutorEvent, counts: () => Counts) {
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
    case 'row.unchanged':
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
      return logOrder(logger, event);
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
