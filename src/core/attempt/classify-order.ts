import type { Answer } from '../api/response.ts';
import { type AnswerMeaning, classifyRefusal, isNotSent } from './classify.ts';

/** The statuses of a server that does not have the path of orders, and carries out nothing. */
export const NO_ORDER_PATH: ReadonlySet<number> = new Set([404, 405, 501]);
/** The statuses with which a server may refuse an order because it has too many numbers. */
export const ORDER_TOO_LARGE: ReadonlySet<number> = new Set([400, 413, 414, 422, 431]);

/**
 * What an answer to the POST of an order means. An order that may have been carried out is never sent again. A refusal
 * says nothing about single numbers, because the API gives no reasons for them.
 */
export function classifyOrder(answer: Answer): AnswerMeaning {
  if (isNotSent(answer)) return { kind: 'not_sent' };
  if (answer.kind === 'network') return { kind: 'retry', ambiguous: answer.sent };
  const { status, body } = answer;
  if (status >= 200 && status < 300)
    return body.kind === 'order' ? { kind: 'confirmed' } : { kind: 'retry', ambiguous: true };
  if (NO_ORDER_PATH.has(status)) return { kind: 'failed', reason: 'api_error', detail: '' };
  // The key may change numbers and place no orders. If the account is refused, the first PATCH says so.
  if (status === 403) return { kind: 'failed', reason: 'api_error', detail: '' };
  // Orders may be redirected although nothing else is.
  return classifyRefusal(answer, false);
}
