import { count, printable, thousands } from '../text/text.ts';
import type { OrderEntry, OrderResult } from './entry.ts';
import { type OpenOrder, type OrdersSeen, STILL_MS } from './orders.ts';

const RESULTS: Record<OrderResult, string> = {
  done: 'ended, and its numbers were read back',
  refused: 'was refused',
  still: 'left numbers pending for too long: they are read, and sent one by one',
  mismatch: 'changed what it must not change',
};

/** What the API has said when it took a bulk order. */
type Placed = Pick<Extract<OrderEntry, { type: 'order_placed' }>, 'order' | 'success' | 'pending' | 'failed'>;

export function orderPlacedText({ order, success, pending, failed }: Placed): string {
  const waiting = pending === 0 ? '' : `, ${thousands(pending)} pending`;
  return `Bulk order ${order} placed: ${count(success + pending + failed, 'number')}${waiting}`;
}

/** How a bulk order has ended, for people. */
export function orderEndText(order: number, result: OrderResult, why: string): string {
  return `Bulk order ${order} ${RESULTS[result]}${why === '' ? '' : `: ${why}`}`;
}

/** `bulk order 3 (ID)`. */
export function orderName({ order, orderId }: Pick<OpenOrder, 'order' | 'orderId'>): string {
  return `bulk order ${order}${orderId ? ` (${printable(orderId)})` : ''}`;
}

/** From when on rows of an open order may be sent one by one, in UTC. */
function stillFrom({ changedAt }: OpenOrder): string {
  return `${new Date(Date.parse(changedAt) + STILL_MS).toISOString().slice(0, 16)}Z`;
}

/** What is known of a row that an open order may still move. */
export function openOrderText(order: OpenOrder): string {
  const when = `if nothing changes, resume sends it by itself from ${stillFrom(order)} on`;
  return `${orderName(order)} may still move this number; ${when}`;
}

/** What open orders may still do; '' if there is nothing. */
export function openOrdersClause({ byRow }: Pick<OrdersSeen, 'byRow'>): string {
  const orders = [...new Set(byRow.values())];
  const last = orders.at(-1);
  if (last === undefined) return '';
  const names = orders.map(orderName).join(' and ');
  const when = `if nothing changes, resume sends them one by one from ${stillFrom(last)} on`;
  return `${names} may still move ${count(byRow.size, 'row')}; ${when}`;
}

/** The same as a sentence. */
export function openOrdersText(orders: Pick<OrdersSeen, 'byRow'>): string {
  const clause = openOrdersClause(orders);
  return clause === '' ? '' : `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
