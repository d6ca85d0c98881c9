import type { OrderRequest } from '../../core/api/parse-order.ts';
import type { ShownOrder } from '../../core/api/response.ts';
import { isAnId } from '../../core/input/cell-checks.ts';
import type { Clock } from '../ports.ts';
import { type AccountQuery, Stopped } from '../reading/account-query.ts';
import { type Stop, sleepOrStop } from '../stop.ts';
import type { OrderPorts } from './place.ts';

const FIRST_WAIT_MS = 1000;
/** Five minutes of patience are 14 polls. */
const MAX_WAIT_MS = 30_000;

/** What one poll of an order has shown. `gone`: the API does not know it. `unread`: it could not be read. */
export type Polled = { kind: 'order'; order: ShownOrder } | { kind: 'gone' } | { kind: 'unread' };

/** The statuses of an order that is not there. */
const GONE: ReadonlySet<number> = new Set([404, 410]);

/** Reads an order once. Throws Stopped. */
export async function pollOrder(
  { query, ports }: { query: AccountQuery; ports: Pick<OrderPorts, 'readOrder'> },
  named: Pick<OrderRequest, 'path'> & { id: string },
): Promise<Polled> {
  const { id } = named;
  // The ledger may have been edited.
  if (!isAnId(id)) return { kind: 'unread' };
  const result = await query.read(`order ${id}`, (onSent) => ports.readOrder(named, onSent), 'order');
  if ('refusedStatus' in result) return { kind: GONE.has(result.refusedStatus) ? 'gone' : 'unread' };
  const { body } = result;
  if (body.kind !== 'order') return { kind: 'unread' };
  const shownId = body.order.id.toLowerCase();
  const isOther = shownId !== '' && shownId !== id.toLowerCase();
  return isOther ? { kind: 'unread' } : { kind: 'order', order: body.order };
}

/** An order of `size` numbers to wait for. `pending`: how many were pending when it was last seen. */
export type OrderWait = {
  poll: () => Promise<Polled>;
  size: number;
  patienceMs: number;
  pending: number;
  /** Called when another number of them is pending than before. */
  onSeen: (pending: number) => Promise<void>;
};

/**
 * How the wait for an order has ended. `over`: nothing is pending. `gone`: the API does not know it. `patience`: it has
 * numbers pending, or has not shown whether it has. `stopped`: the run is to stop. `order`: as it was last seen.
 */
export type Waited = { kind: 'over' | 'gone' | 'patience' | 'stopped'; order: ShownOrder | null };

/** How many numbers an order has pending; null if it does not say. An API may leave empty lists out. */
export function pendingOf({ success, pending, failed, isComplete }: ShownOrder, size: number): number | null {
  const isSaid = isComplete || pending.length > 0 || success.length + failed.length >= size;
  return isSaid ? pending.length : null;
}

/** Polls an order after 1, 2, 4 and at most 30 seconds, until nothing is pending, or the patience is over. */
export async function waitForOrder(
  { clock, stop }: { clock: Clock; stop: Stop },
  { poll, size, patienceMs, onSeen, pending: before }: OrderWait,
): Promise<Waited> {
  const endsAt = clock.now() + patienceMs;
  let order: ShownOrder | null = null;
  let pending = before;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(MAX_WAIT_MS, 2 * waitMs)) {
    await sleepOrStop(clock, stop, Math.max(0, Math.min(waitMs, endsAt - clock.now())));
    if (stop.asked() !== null) return { kind: 'stopped', order };
    let polled: Polled;
    try {
      polled = await poll();
    } catch (error) {
      if (error instanceof Stopped) return { kind: 'stopped', order };
      throw error;
    }
    if (polled.kind === 'order') {
      order = polled.order;
      const now = pendingOf(order, size);
      if (now !== null && now !== pending) await onSeen(now);
      pending = now ?? pending;
      if (now === 0) return { kind: 'over', order };
    }
    if (clock.now() >= endsAt) return { kind: polled.kind === 'gone' ? 'gone' : 'patience', order };
  }
}
