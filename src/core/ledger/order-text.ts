import type { OrderResult } from './entry.ts';

const RESULTS: Record<OrderResult, string> = {
  done: 'ended, and its numbers were read back',
  refused: 'was refused',
  still: 'left numbers pending for too long: they are read, and sent one by one',
  mismatch: 'changed what it must not change',
};

/** How a bulk order has ended, for people. */
export function orderEndText(order: number, result: OrderResult, why: string): string {
  return `Bulk order ${order} ${RESULTS[result]}${why === '' ? '' : `: ${why}`}`;
}
