import type { LedgerEntry } from '../../src/core/ledger/entry.ts';
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

/** The orders of a ledger: `1: 10 done`, or `1: 10` while it is open. */
export function ordersIn(ledger: Iterable<LedgerEntry>): string[] {
  const orders = new Map<number, string>();
  for (const line of ledger) {
    if (line.type === 'order_intent') orders.set(line.order, `${line.order}: ${line.rows.length}`);
    if (line.type === 'order_ended') orders.set(line.order, `${orders.get(line.order)} ${line.result}`);
  }
  return [...orders.values()];
}
