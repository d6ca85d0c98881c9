import type { StopCause, StopReason } from '../../core/attempt/stop-reason.ts';
import { type OpenOrder, STILL_MS } from '../../core/ledger/orders.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { concurrencyOf } from '../../core/settings/resolve.ts';
import type { Task } from '../ports.ts';
import { createAccountQuery, Stopped, Unread } from '../reading/account-query.ts';
import type { Execution } from '../sending/executor.ts';
import { createReadBackRule } from '../sending/pipeline.ts';
import { createSession, type ExecuteOptions, failWith, type Session } from '../sending/session.ts';
import { LEAVES_READS } from '../stop.ts';
import { type Bulk, nowText, type OrderAtWork, type OrderOptions, orderAtWork, placeNoMore, record } from './bulk.ts';
import { endOrder } from './end-order.ts';
import { followOrder } from './follow.ts';
import { placeAllOrders } from './pass.ts';
import { createNumberReader } from './read-numbers.ts';

/** A few reads say what became of all rows of an order, so they follow a signal too. */
const LEAVES_ORDER_READS: ReadonlySet<StopReason> = new Set([...LEAVES_READS, 'signal', 'drained']);

function createBulk(options: OrderOptions, session: Session): Bulk {
  const { ports, limits } = session.options;
  const { isUndo, orders } = options;
  const mayReadBack = createReadBackRule(ports.clock, session.options.stop, LEAVES_ORDER_READS);
  const query = createAccountQuery(session.pipeline, ports.onEvent, () => bulk.isAtWork && mayReadBack());
  const bulk: Bulk = {
    options,
    session,
    query,
    reader: createNumberReader({ query, ports: options.ports, concurrency: concurrencyOf(limits) }),
    comparison: { isUndo, force: limits.force, closed: new Map() },
    last: orders.last,
    isAtWork: false,
    counted: new Map(),
    missed: new Map(),
    refused: new Set(),
  };
  return bulk;
}

/** The rows of open orders that have no outcome, by order. */
async function tasksOfOpen({ options, session }: Bulk): Promise<Map<OpenOrder, Task[]>> {
  const { open, byRow } = options.orders;
  const found = new Map([...open.values()].map((order): [OpenOrder, Task[]] => [order, []]));
  if (found.size === 0) return found;
  for await (const task of session.options.tasks()) {
    const order = byRow.get(task.entry.row);
    if (order !== undefined) found.get(order)?.push(task);
  }
  return found;
}

/** An order of an earlier command, or of one that was killed. */
function openAgain({ options, session }: Bulk, order: OpenOrder, tasks: Task[]): OrderAtWork {
  const { clock } = session.options.ports;
  const changedAt = Date.parse(order.changedAt);
  // Later, others may have moved numbers to the profile.
  const isFresh = order.isAlone && clock.wallNow() - changedAt < STILL_MS;
  const { order: number, profile, orderId, pending, rows } = order;
  const known = {
    ...{ order: number, profile, tasks },
    before: ({ productBefore }: PlanEntry) => (productBefore === '' ? {} : { product: productBefore }),
    onProfile: isFresh ? order.onProfile : null,
    ...{ changedAt, sentAt: clock.now(), sentOn: null },
  };
  const movedBefore = rows.filter(options.isUpdated).length;
  return orderAtWork(known, { id: orderId ?? '', seen: pending ?? tasks.length, movedBefore });
}

/** Continues with the orders that have not ended, oldest first. */
async function endOpenOrders(bulk: Bulk): Promise<void> {
  const { clock } = bulk.session.options.ports;
  for (const [order, tasks] of await tasksOfOpen(bulk)) {
    if (bulk.session.options.stop.asked() !== null) return;
    const at = openAgain(bulk, order, tasks);
    if (at.changedAt > clock.wallNow()) {
      // By a clock that was ahead it would be waited for too long, and no other run could start.
      at.changedAt = clock.wallNow();
      await record(bulk, { type: 'order_seen', at: nowText(bulk), order: at.order, pending: at.seen });
    }
    const isStill = clock.wallNow() - at.changedAt >= STILL_MS;
    if (tasks.length > 0) await followOrder(bulk, at, isStill ? 0 : bulk.options.patienceMs);
    await endOrder(bulk, at);
  }
}

/** A stop has been asked for, and has been said to be. */
function announceStop({ options, onChange }: Session): void {
  const { reason, detail } = options.stop.asked() as StopCause;
  options.ports.onEvent({ event: 'run.stopping', reason, detail });
  onChange();
}

/**
 * Executes what bulk orders can do of a plan: ends those that are open, and places new ones. The rows that are left go
 * by PATCH. Throws what a port throws.
 */
export function executeOrders(options: OrderOptions): (given: ExecuteOptions) => Promise<Execution> {
  return async (given) => {
    const { stop } = given;
    const session = createSession(given);
    const { pipeline, rows } = session;
    // Orders go one by one: no other row can show whether the API is down.
    rows.areAllRead = true;
    given.observe?.(pipeline.paceNow);
    stop.onAsked(() => announceStop(session));
    const bulk = createBulk(options, session);
    try {
      await endOpenOrders(bulk);
      if (options.mayPlace) await placeAllOrders(bulk);
    } catch (error) {
      if (error instanceof Unread) placeNoMore(bulk, error.message);
      else if (!(error instanceof Stopped)) failWith(session, error);
    }
    session.end();
    if (session.crash !== null) throw session.crash.error;
    return { stop: stop.asked(), requests: pipeline.requests, rate: pipeline.measuredRate() };
  };
}
