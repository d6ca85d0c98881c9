import { onOrderEnded, onTooLarge } from '../../core/bulk/ladder.ts';
import { afterOrder, otherChanges, outcomeAfter } from '../../core/bulk/verdict.ts';
import { orderName } from '../../core/ledger/order-text.ts';
import { STILL_MS } from '../../core/ledger/orders.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { count, listed } from '../../core/text/text.ts';
import { recordResult, recordSeen } from '../sending/session.ts';
import { addMissed, type Bulk, courseOf, nowText, type OrderAtWork, placeNoMore, record, recordEnd } from './bulk.ts';
import { type Found, readBack } from './read-back.ts';

/** Numbers that a message names. */
const MAX_NAMED = 3;
/** To name foreign numbers, a longer list is not read. */
const MAX_PAGES = 20;

/** What an order has changed of its rows besides the profile. */
function changesOf({ tasks, before }: OrderAtWork, { numberOf }: Found): Map<number, string> {
  const changes = new Map<number, string>();
  for (const { entry } of tasks) {
    const number = numberOf(entry);
    const text = number.state === 'found' ? otherChanges(before(entry), number.shown) : '';
    if (text !== '') changes.set(entry.row, text);
  }
  return changes;
}

/** Numbers on a profile that are not of an order to it and were changed since, in words; '' if none are known. */
async function othersOn(
  { reader }: Bulk,
  profile: string,
  { tasks, sentOn }: Pick<OrderAtWork, 'tasks' | 'sentOn'>,
): Promise<string> {
  if (sentOn === null) return '';
  const own = new Set(tasks.map(({ entry }) => entry.id));
  const on = (await reader.numbersOn(profile, MAX_PAGES)) ?? [];
  const others = on.filter(({ id, updatedAt }) => !own.has(id) && Date.parse(updatedAt) >= sentOn);
  if (others.length === 0) return '';
  const named = listed(others, MAX_NAMED, ({ id, phoneNumber }) => phoneNumber || id);
  return `; changed since then, and not of the order: ${named}`;
}

const nameOf = ({ order, id }: Pick<OrderAtWork, 'order' | 'id'>) => orderName({ order, orderId: id });

/** What an order has changed that it must not change; '' if nothing. */
async function mismatchOf(bulk: Bulk, at: OrderAtWork, found: Found, changes: Map<number, string>): Promise<string> {
  const { reader, missed, comparison } = bulk;
  const which = nameOf(at);
  const named = at.tasks
    .filter(({ entry }) => changes.has(entry.row))
    .map(({ entry }) => `${entry.phoneNumber}: ${changes.get(entry.row)}`);
  if (named.length > 0) {
    const more = named.length > MAX_NAMED ? `; and ${count(named.length - MAX_NAMED, 'other number')}` : '';
    return `${which} has changed ${named.slice(0, MAX_NAMED).join('; ')}${more}`;
  }
  if (found.mismatch() === '') return '';
  // Rows of earlier orders may have arrived late.
  const earlier = [...(missed.get(at.profile)?.values() ?? [])];
  const shown = earlier.length === 0 ? null : await reader.read(earlier);
  const late = earlier.filter((entry) => shown && afterOrder(comparison, entry, shown.stateOf(entry)) === 'moved');
  const text = found.mismatch(late.length);
  return text === '' ? '' : `${which} to profile ${at.profile}: ${text}${await othersOn(bulk, at.profile, at)}`;
}

/** Records the outcomes of the rows that the reads have decided. The others go by PATCH, or the order may still move them. */
async function recordOutcomes(bulk: Bulk, at: OrderAtWork, found: Found, changes: Map<number, string>): Promise<void> {
  const { clock } = bulk.session.options.ports;
  const open = new Set(found.open());
  const doubted = new Set(found.doubted());
  const durationMs = clock.now() - at.sentAt;
  const recorded = at.tasks.map((task) => {
    const state = found.stateOf(task);
    if (open.has(task) || (state === 'missed' && !doubted.has(task))) return undefined;
    const { entry, attempts } = task;
    // It may still move, whatever the order says, so it is read again before it is sent.
    if (state === 'missed' || state === 'unread') {
      const at = nowText(bulk);
      return record(bulk, { type: 'put_back', row: entry.row, ambiguous: true, attempts: attempts + 1, at });
    }
    const text = changes.get(entry.row);
    const more = text === undefined ? '' : `its bulk order has changed more than the profile: ${text}`;
    const facts = { id: at.id, attempts: attempts + 1, durationMs, at: nowText(bulk), more };
    const outcome = outcomeAfter(state, entry, found.numberOf(entry), facts);
    return recordResult(bulk.session, task, { kind: 'outcome', outcome });
  });
  await Promise.all(recorded);
}

/**
 * Compares the numbers on a profile with those after the last order to it, which may have moved others late. Returns
 * whether the next order may be placed.
 */
export async function hasCountStayed(bulk: Bulk, profile: string, onProfile: number): Promise<boolean> {
  const last = bulk.counted.get(profile);
  const late = bulk.missed.get(profile)?.size ?? 0;
  if (last === undefined || onProfile <= last.onProfile + late) return true;
  const counts = `the target profile had ${count(last.onProfile, 'number')} after the order and has ${onProfile} now`;
  const { taskOf, close } = bulk.options.openTasks();
  const tasks = last.rows.map(taskOf);
  close();
  const others = await othersOn(bulk, profile, { tasks, sentOn: last.sentOn });
  const text = `${nameOf(last)} to profile ${profile}: ${counts}${others}`;
  bulk.session.options.stop.ask('order_mismatch', text);
  await recordEnd(bulk, last.order, 'mismatch', text);
  return false;
}

/** What an order that has ended says about the next ones. */
function learn(bulk: Bulk, at: OrderAtWork, missed: PlanEntry[]): void {
  // Too little of it could be compared, so new canaries follow.
  if (at.sentOn === null) return;
  const { ladder } = bulk.options.state;
  const course = courseOf(bulk, at.profile);
  const size = at.tasks.length;
  const isCut = at.listed !== null && at.listed !== size && missed.length > 0;
  if (!isCut) onOrderEnded(ladder, course, size, size - missed.length);
  else if (!onTooLarge(ladder, course, size)) placeNoMore(bulk, 'the API carries out only a part of each order');
}

/**
 * Reads an order back, and ends it if it may not move any row later. Otherwise it stays open, and this command places no
 * more. Throws Stopped and Unread.
 */
export async function endOrder(bulk: Bulk, at: OrderAtWork): Promise<void> {
  const { stop, ports } = bulk.session.options;
  const found = await readBack(bulk, at);
  const changes = changesOf(at, found);
  const mismatch = await mismatchOf(bulk, at, found, changes);
  await recordOutcomes(bulk, at, found, changes);
  const open = found.open().length;
  const missed = found.notMoved().map(({ entry }) => entry);
  if (mismatch !== '') stop.ask('order_mismatch', mismatch);
  // If it stays open, its end cannot say so.
  if (mismatch !== '' && open > 0) {
    const pending = at.pending?.size ?? open;
    await record(bulk, { type: 'order_seen', at: nowText(bulk), order: at.order, pending, mismatch });
  }
  if (at.isPatienceOver) placeNoMore(bulk, `order ${at.order} was not done within --bulk-patience`);
  if (found.isCutShort() || (open > 0 && ports.clock.wallNow() - at.changedAt < STILL_MS)) {
    placeNoMore(bulk, `order ${at.order} may still move ${count(open, 'number')}`);
    ports.onEvent({ event: 'order.pending', order: at.order, orderId: at.id, pending: open });
  } else if (open > 0) {
    addMissed(bulk, at.profile, missed);
    await recordEnd(bulk, at.order, 'still', `${count(open, 'number')} pending, and no change for 20 minutes`);
  } else if (mismatch !== '') {
    await recordEnd(bulk, at.order, 'mismatch', mismatch);
  } else {
    await recordEnd(bulk, at.order, 'done', '');
    addMissed(bulk, at.profile, missed);
    learn(bulk, at, missed);
    const onProfile = found.onProfile();
    const { order, id, sentOn } = at;
    const rows = at.tasks.map(({ entry }) => entry.row);
    if (onProfile !== null) bulk.counted.set(at.profile, { order, id, sentOn, rows, onProfile });
  }
  await recordSeen(bulk.session);
}
