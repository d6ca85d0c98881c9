import type { OpenOrder } from '../../src/core/ledger/orders.ts';
import { PROFILE } from './make.ts';

/** A bulk order of rows 1 and 2 that has one number pending. */
export function makeOpenOrder(changes: Partial<OpenOrder> = {}): OpenOrder {
  return {
    order: 3,
    orderId: 'o-3',
    profile: PROFILE,
    rows: [1, 2],
    onProfile: 7,
    pending: 1,
    changedAt: '2026-11-23T02:01:00.000Z',
    isAlone: true,
    ...changes,
  };
}
