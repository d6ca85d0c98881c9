import { MINUTE_MS } from '../text/duration.ts';
import type { LedgerEntry, OrderEntry } from './entry.ts';

/**
 * Rows of an order that has not changed for this long are read, and sent one by one. No document says until when an order
 * may still be carried out; this is four times the patience that is the default.
 */
export const STILL_MS = 20 * MINUTE_MS;

/** A bulk order that has not ended: it may still move those of its rows that have no outcome. */
export type OpenOrder = {
  order: number;
  /** Null if no answer to it is known, '' if the answer named none. */
  orderId: string | null;
  profile: string;
  rows: number[];
  /** How many numbers were on the target profile just before the order. */
  onProfile: number;
  /** How many numbers it had pending when it was last seen; null if that is unknown. */
  pending: number | null;
  /** Since when nothing of it has changed. */
  changedAt: string;
  /** Since its intent this run has written no other row. */
  isAlone: boolean;
};

/** The bulk orders of a ledger. */
export type OrdersSeen = {
  /** The number of the last one; 0 if there was none. */
  last: number;
  open: Map<number, OpenOrder>;
  /** The rows of open orders that have no outcome. */
  byRow: Map<number, OpenOrder>;
  /** Rows that orders had when they ended, and have not moved. */
  missed: Set<number>;
  /** What one has changed that it must not change: this run places no more. Null if none has. */
  mismatch: string | null;
};

type RowEntry = Extract<LedgerEntry, { row: number }>;

export function noOrders(): OrdersSeen {
  return { last: 0, open: new Map(), byRow: new Map(), missed: new Set(), mismatch: null };
}

export function isOrderEntry(entry: LedgerEntry): entry is OrderEntry {
  return entry.type.startsWith('order_');
}

function startOrder(seen: OrdersSeen, entry: Extract<OrderEntry, { type: 'order_intent' }>): OpenOrder {
  const { order, profile, rows, at } = entry;
  if (order <= seen.last) throw new Error(`it names order ${order} again`);
  for (const row of rows) {
    const earlier = seen.byRow.get(row);
    if (earlier !== undefined) throw new Error(`it names row ${row}, which order ${earlier.order} may still move`);
  }
  for (const other of seen.open.values()) other.isAlone = false;
  const since = { orderId: null, pending: null, changedAt: at, isAlone: true };
  const started: OpenOrder = { order, profile, rows, onProfile: entry.on_profile, ...since };
  seen.last = order;
  seen.open.set(order, started);
  for (const row of rows) seen.byRow.set(row, started);
  return started;
}

/** What an order has changed that it must not change; null if the entry does not say that. */
function mismatchIn(entry: OrderEntry): string | null {
  if (entry.type === 'order_seen') return entry.mismatch ?? null;
  return entry.type === 'order_ended' && entry.result === 'mismatch' ? entry.why : null;
}

/**
 * Adds a ledger entry about an order. Returns the order; null if it has ended before. Throws if the ledger cannot have
 * the entry here.
 */
export function addOrder(seen: OrdersSeen, entry: OrderEntry): OpenOrder | null {
  if (entry.type === 'order_intent') return startOrder(seen, entry);
  const order = seen.open.get(entry.order);
  const mismatch = mismatchIn(entry);
  // A later look at an order that has ended may show it.
  const isLate = entry.type === 'order_ended' && mismatch !== null && entry.order <= seen.last;
  if (order === undefined && !isLate) throw new Error(`it names order ${entry.order}, which is not open`);
  seen.mismatch ??= mismatch;
  if (order === undefined) return null;
  switch (entry.type) {
    case 'order_placed':
      order.orderId = entry.order_id;
      order.pending = entry.pending;
      order.changedAt = entry.at;
      break;
    case 'order_seen':
      // The clock of an earlier command may have been ahead.
      if (entry.pending !== order.pending || entry.at < order.changedAt) order.changedAt = entry.at;
      order.pending = entry.pending;
      break;
    case 'order_ended':
      seen.open.delete(order.order);
      for (const row of order.rows) if (seen.byRow.delete(row) && entry.result !== 'refused') seen.missed.add(row);
  }
  return order;
}

/** Adds an entry about a row, and returns whether an open order may still move that row. */
export function addRowBesideOrders(seen: OrdersSeen, entry: RowEntry): boolean {
  const own = seen.byRow.get(entry.row);
  if (entry.type === 'outcome') seen.byRow.delete(entry.row);
  for (const order of seen.open.values()) {
    if (order !== own && order.isAlone && !order.rows.includes(entry.row)) order.isAlone = false;
  }
  return own !== undefined;
}
