import { ORDER_PATHS } from '../../core/api/parse-order.ts';
import { afterOrder } from '../../core/bulk/verdict.ts';
import { Unread } from '../reading/account-query.ts';
import { type Bulk, nowText, type OrderAtWork, record, takeShown } from './bulk.ts';
import { type Polled, pollOrder, waitForOrder } from './poll.ts';

/** Reads an order that has an id. Before a path has taken an order, both may have it. */
async function readOrder(bulk: Bulk, { id }: OrderAtWork): Promise<Polled> {
  const { options, query } = bulk;
  const { path } = options.state;
  let polled: Polled = { kind: 'gone' };
  for (const one of path === null ? ORDER_PATHS : [path]) {
    polled = await pollOrder({ query, ports: options.ports }, { path: one, id });
    if (polled.kind !== 'gone') return polled;
  }
  return polled;
}

/** Reads the numbers of an order without an id: those that are not at their target count as pending. */
async function readNumbers({ reader, comparison }: Bulk, { tasks }: OrderAtWork): Promise<Polled> {
  const entries = tasks.map(({ entry }) => entry);
  try {
    const { stateOf } = await reader.read(entries);
    const isMoved = entries.map((entry) => afterOrder(comparison, entry, stateOf(entry)) === 'moved');
    const phones = (moved: boolean) =>
      entries.filter((_, at) => isMoved[at] === moved).map(({ phoneNumber }) => phoneNumber);
    const order = { id: '', success: phones(true), pending: phones(false), failed: [], isComplete: true };
    return { kind: 'order', order };
  } catch (error) {
    if (error instanceof Unread) return { kind: 'unread', description: error.message };
    throw error;
  }
}

/** Waits until an order has nothing pending, or the patience is over. */
export async function followOrder(bulk: Bulk, at: OrderAtWork, patienceMs: number): Promise<void> {
  if (at.pending?.size === 0) return;
  const { context } = bulk.session;
  const waited = await waitForOrder(context, {
    look: () => (at.id === '' ? readNumbers(bulk, at) : readOrder(bulk, at)),
    size: at.tasks.length,
    patienceMs,
    pending: at.pending?.size ?? at.pendingBefore,
    async onSeen(pending) {
      at.changedAt = context.clock.wallNow();
      await record(bulk, { type: 'order_seen', at: nowText(bulk), order: at.order, pending });
    },
  });
  if (waited.order !== null) takeShown(at, waited.order);
  if (waited.kind === 'gone') at.pending = new Set();
  at.isPatienceOver = waited.kind === 'gone' || waited.kind === 'patience';
}
