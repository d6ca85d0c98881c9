import { ORDER_PATHS } from '../../core/api/parse-order.ts';
import { afterOrder } from '../../core/bulk/verdict.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { Unread } from '../reading/account-query.ts';
import { type Bulk, nowText, type OrderAtWork, record, takeShown } from './bulk.ts';
import { type Polled, pendingOf, pollOrder, waitForOrder } from './poll.ts';

/** Reads an order that has an id. Before a path has taken an order, both may have it. */
async function readOrder({ options, query }: Bulk, id: string): Promise<Polled> {
  const { path } = options.state;
  let polled: Polled = { kind: 'gone' };
  for (const one of path === null ? ORDER_PATHS : [path]) {
    polled = await pollOrder({ query, ports: options.ports }, { path: one, id });
    if (polled.kind !== 'gone') break;
  }
  return polled;
}

/** Reads the numbers of an order: those that are not at their target count as pending. */
async function readNumbers({ reader, comparison }: Bulk, { tasks, id }: OrderAtWork): Promise<Polled> {
  const entries = tasks.map(({ entry }) => entry);
  try {
    const { stateOf } = await reader.read(entries);
    const isMoved = (entry: PlanEntry) => afterOrder(comparison, entry, stateOf(entry)) === 'moved';
    const success = entries.filter(isMoved).map(({ phoneNumber }) => phoneNumber);
    const pending = entries.filter((entry) => !isMoved(entry)).map(({ phoneNumber }) => phoneNumber);
    return { kind: 'order', order: { id, success, pending, failed: [], isComplete: true } };
  } catch (error) {
    if (error instanceof Unread) return { kind: 'unread' };
    throw error;
  }
}

/** Polls an order. If that does not show what is pending, its numbers do. */
async function poll(bulk: Bulk, at: OrderAtWork): Promise<Polled> {
  if (at.id === '') return readNumbers(bulk, at);
  const polled = await readOrder(bulk, at.id);
  if (polled.kind === 'order' && pendingOf(polled.order, at.tasks.length) !== null) return polled;
  const numbers = await readNumbers(bulk, at);
  const isOver = numbers.kind === 'order' && numbers.order.pending.length === 0;
  // What the API does not know any longer moves nothing.
  return polled.kind === 'gone' && !isOver ? polled : numbers;
}

/** Waits until an order has nothing pending, or the patience is over. */
export async function followOrder(bulk: Bulk, at: OrderAtWork, patienceMs: number): Promise<void> {
  if (at.pending?.size === 0) return;
  const { context } = bulk.session;
  const waited = await waitForOrder(context, {
    poll: () => poll(bulk, at),
    size: at.tasks.length,
    patienceMs,
    pending: at.seen,
    async onSeen(pending) {
      at.changedAt = context.clock.wallNow();
      await record(bulk, { type: 'order_seen', at: nowText(bulk), order: at.order, pending });
    },
  });
  if (waited.order !== null) takeShown(at, waited.order);
  if (waited.kind === 'gone') at.pending = new Set();
  at.isPatienceOver = waited.kind === 'gone' || waited.kind === 'patience';
}
