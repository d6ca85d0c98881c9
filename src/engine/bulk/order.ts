import { ORDER_PATHS } from '../../core/api/parse-order.ts';
import type { ShownOrder, ShownSettings } from '../../core/api/response.ts';
import type { Outcome } from '../../core/attempt/outcome.ts';
import { onTooLarge } from '../../core/bulk/ladder.ts';
import { afterOrder, beforeOrder, outcomeAfter } from '../../core/bulk/verdict.ts';
import type { Task } from '../ports.ts';
import { recordResult, recordSeen } from '../sending/session.ts';
import {
  addMissed,
  type Bulk,
  both,
  courseOf,
  isHeldNow,
  nowText,
  type OrderAtWork,
  orderAtWork,
  placeNoMore,
  record,
  recordEnd,
  takeShown,
} from './bulk.ts';
import { hasCountStayed } from './end-order.ts';
import { type Placed, placeOrder } from './place.ts';
import type { ReadNumbers } from './read-numbers.ts';

/** Rows that are as planned, with what their numbers have, and the numbers that are on the target profile. */
export type Ready = { profile: string; tasks: Task[]; shown: Map<number, ShownSettings>; onProfile: number };

/** The outcome of a row that a refused order has moved all the same; null if none has. */
function movedByRefused(bulk: Bulk, { entry, attempts }: Task, { stateOf }: ReadNumbers): Outcome | null {
  const number = stateOf(entry);
  if (!bulk.refused.has(entry.row) || afterOrder(bulk.comparison, entry, number) !== 'moved') return null;
  return outcomeAfter('moved', entry, number, { id: '', attempts: attempts + 1, durationMs: 0, at: nowText(bulk) });
}

/**
 * Reads the rows of an order. Those that are not as planned end, or are left to PATCH. Null if no order is to be posted.
 * Throws Stopped and Unread.
 */
export async function prepareOrder(bulk: Bulk, profile: string, tasks: Task[]): Promise<Ready | null> {
  const { session, comparison, reader } = bulk;
  const entries = tasks.map(({ entry }) => entry);
  const [numbers, onProfile] = await both(reader.read(entries, { whole: true }), reader.countOn(profile));
  const shown = new Map<number, ShownSettings>();
  const ended: Promise<void>[] = [];
  for (const task of tasks) {
    const verdict = beforeOrder(comparison, task.entry, numbers.stateOf(task.entry), nowText(bulk));
    if (verdict.kind === 'order') shown.set(task.entry.row, verdict.shown);
    if (verdict.kind !== 'ended') continue;
    const outcome = movedByRefused(bulk, task, numbers) ?? verdict.outcome;
    ended.push(recordResult(session, task, { kind: 'outcome', outcome }));
  }
  await Promise.all(ended);
  if (onProfile === null) placeNoMore(bulk, 'the API does not say how many numbers are on a profile');
  const ready = tasks.filter(({ entry }) => shown.has(entry.row));
  if (onProfile === null || ready.length === 0 || !(await hasCountStayed(bulk, profile, onProfile))) return null;
  for (const { row } of entries) bulk.missed.get(profile)?.delete(row);
  if (session.options.stop.asked() !== null || isHeldNow(bulk, ready)) return null;
  return { profile, tasks: ready, shown, onProfile };
}

/** Posts an order to the path that takes it; the other one is tried once if the API does not have the first. */
async function placeOnPath(bulk: Bulk, order: number, { profile, tasks }: Ready): Promise<Placed> {
  const { session, options } = bulk;
  const { state, ports } = options;
  const { context } = session;
  const { onEvent } = session.options.ports;
  const phoneNumbers = tasks.map(({ entry }) => entry.phoneNumber);
  // An operator may hold the profile while the order waits for its turn.
  const isWanted = () => !isHeldNow(bulk, tasks);
  let placed: Placed = { kind: 'no_path' };
  for (const path of state.path === null ? ORDER_PATHS : [state.path]) {
    placed = await placeOrder({ context, ports, onEvent }, { number: order, path, profile, phoneNumbers, isWanted });
    if (placed.kind === 'placed') state.path = path;
    if (placed.kind !== 'no_path') break;
  }
  return placed;
}

/** Takes the answer to an order that the API has taken. */
async function takePlaced(bulk: Bulk, at: OrderAtWork, shown: ShownOrder): Promise<void> {
  const { order, profile } = at;
  const { id, success, pending, failed } = shown;
  const counts = { success: success.length, pending: pending.length, failed: failed.length };
  await record(bulk, { type: 'order_placed', at: nowText(bulk), order, order_id: id, ...counts });
  bulk.session.options.ports.onEvent({ event: 'order.placed', order, orderId: id, profile, ...counts });
  at.id = id;
  takeShown(at, shown);
}

/** The order in the ledger before it is posted, and how the API took it. Returns its rows if a smaller one may take them. */
export async function postOrder(bulk: Bulk, ready: Ready): Promise<OrderAtWork | Task[]> {
  const { session, options } = bulk;
  const { profile, tasks, shown, onProfile } = ready;
  const { clock } = session.options.ports;
  const order = bulk.last + 1;
  const rows = tasks.map(({ entry }) => entry.row);
  await record(bulk, { type: 'order_intent', at: nowText(bulk), order, profile, rows, on_profile: onProfile });
  bulk.last = order;
  const sent = { sentAt: clock.now(), sentOn: clock.wallNow() };
  const placed = await placeOnPath(bulk, order, ready);
  if (placed.kind === 'placed' || placed.kind === 'unknown') {
    session.series.launched += tasks.length;
    session.series.launchedSinceHold += tasks.length;
    const before: OrderAtWork['before'] = ({ row }) => shown.get(row) ?? {};
    const at = orderAtWork({ order, profile, tasks, onProfile, before, ...sent, changedAt: clock.wallNow() });
    if (placed.kind === 'placed') await takePlaced(bulk, at, placed.order);
    // To wait for it may take long, and a kill must not lose that it was sent.
    await recordSeen(session);
    return at;
  }
  const why = {
    not_sent: `it was not sent, because ${isHeldNow(bulk, tasks) ? 'its profile is held' : 'the run stops'}`,
    no_path: 'the API has no bulk orders',
    refused: placed.kind === 'refused' ? placed.description : '',
  }[placed.kind];
  await recordEnd(bulk, order, 'refused', why);
  if (placed.kind === 'refused') {
    const entries = tasks.map(({ entry }) => entry);
    for (const { row } of entries) bulk.refused.add(row);
    addMissed(bulk, profile, entries);
  }
  const isTooLarge = placed.kind === 'refused' && placed.isTooLarge;
  if (isTooLarge && onTooLarge(options.state.ladder, courseOf(bulk, profile), tasks.length)) return tasks;
  if (placed.kind !== 'not_sent') placeNoMore(bulk, why);
  return [];
}
