import type { NumberState } from '../../core/account/number-table.ts';
import { type AfterOrder, afterOrder, countMismatch } from '../../core/bulk/verdict.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import type { Task } from '../ports.ts';
import { READ_AGAIN_AFTER_MS } from '../sending/read-back.ts';
import { sleepOrStop } from '../stop.ts';
import { type Bulk, both, type OrderAtWork } from './bulk.ts';
import type { ReadNumbers } from './read-numbers.ts';

/** Of the numbers that lists do not show at their target, this many are read by id; all if one of them is there. */
const SAMPLE_SIZE = 10;

const UNREAD: NumberState = { state: 'unread' };

export type Found = ReturnType<typeof createFound>;

/** What reads after an order show of it. */
function createFound({ comparison }: Bulk, at: OrderAtWork) {
  const numbers = new Map<number, NumberState>();
  let onProfile: number | null = null;
  const numberOf = ({ row }: PlanEntry) => numbers.get(row) ?? UNREAD;
  const stateOf = ({ entry }: Task): AfterOrder => afterOrder(comparison, entry, numberOf(entry));
  const notMoved = () => at.tasks.filter((task) => stateOf(task) !== 'moved');
  const isPending = ({ entry }: Task) => at.pending === null || at.pending.has(entry.phoneNumber);
  const open = () => notMoved().filter(isPending);
  return {
    numberOf,
    stateOf,
    notMoved,
    /** Rows that the order may still move. */
    open,
    /** Rows that it has not moved, although it does not say so. */
    doubted: () => notMoved().filter((task) => !isPending(task) && !at.failed.has(task.entry.phoneNumber)),
    /** Says how the profile has grown by other numbers; '' if it has not. `late`: rows of earlier orders that may have arrived. */
    mismatch(late = 0): string {
      if (at.onProfile === null || onProfile === null) return '';
      const moved = at.movedBefore + at.tasks.length - notMoved().length;
      return countMismatch({ before: at.onProfile, after: onProfile, moved, maybe: open().length + late });
    },
    take(entries: readonly PlanEntry[], { stateOf }: ReadNumbers): void {
      for (const entry of entries) numbers.set(entry.row, stateOf(entry));
    },
    takeCount(counted: number | null): void {
      onProfile = counted;
    },
  };
}

const entriesOf = (tasks: readonly Task[]) => tasks.map(({ entry }) => entry);

/**
 * Reads the rows of an order, and how many numbers are on its profile. What is not as it should be is read again a few
 * times, because lists may lag. After a stop everything is read only once. Throws Stopped and Unread.
 */
export async function readBack(bulk: Bulk, at: OrderAtWork): Promise<Found> {
  const { reader, session } = bulk;
  const { ports, stop } = session.options;
  const found = createFound(bulk, at);
  const isGood = () => found.doubted().length === 0 && found.mismatch() === '';
  const readOnce = async (entries: PlanEntry[]) => {
    const counted = at.onProfile === null ? Promise.resolve(null) : reader.countOn(at.profile);
    const [shown, onProfile] = await both(reader.read(entries, { whole: true }), counted);
    found.take(entries, shown);
    found.takeCount(onProfile);
  };
  await readOnce(entriesOf(at.tasks));
  for (const waitMs of READ_AGAIN_AFTER_MS) {
    if (isGood() || stop.asked() !== null) return found;
    await sleepOrStop(ports.clock, stop, waitMs);
    await readOnce(entriesOf(found.notMoved()));
  }
  if (isGood()) return found;
  const missed = found.notMoved();
  const [sample, others] = [missed.slice(0, SAMPLE_SIZE), missed.slice(SAMPLE_SIZE)];
  const readEach = async (tasks: Task[]) => found.take(entriesOf(tasks), await reader.readById(entriesOf(tasks)));
  await readEach(sample);
  if (sample.some((task) => found.stateOf(task) === 'moved')) await readEach(others);
  return found;
}
