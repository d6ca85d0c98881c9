import type { NumberState } from '../../core/account/number-table.ts';
import { type AfterOrder, afterOrder, type Counts, countMismatch, isShort } from '../../core/bulk/verdict.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import type { Task } from '../ports.ts';
import { READ_AGAIN_AFTER_MS } from '../sending/read-back.ts';
import { sleepOrStop } from '../stop.ts';
import { type Bulk, type OrderAtWork, placeNoMore } from './bulk.ts';
import type { ReadNumbers } from './read-numbers.ts';

/** Of the numbers that lists do not show at their target, this many are read by id, to see whether lists lag. */
const SAMPLE_SIZE = 10;
/** The waits after those of READ_AGAIN_AFTER_MS for lists that lag: twice as long each time, up to a maximum. */
const FIRST_WAIT_MS = 8000;
const MAX_WAIT_MS = 30_000;

const UNREAD: NumberState = { state: 'unread' };

export type Found = ReturnType<typeof createFound>;

/** What reads after an order show of it. */
function createFound({ comparison }: Bulk, at: OrderAtWork) {
  const numbers = new Map<number, NumberState>();
  let onProfile: number | null = null;
  let doListsLag = false;
  let isCutShort = false;
  const numberOf = ({ row }: PlanEntry) => numbers.get(row) ?? UNREAD;
  const stateOf = ({ entry }: Task): AfterOrder => afterOrder(comparison, entry, numberOf(entry));
  const notMoved = () => at.tasks.filter((task) => stateOf(task) !== 'moved');
  const isPending = ({ entry }: Task) => at.pending === null || at.pending.has(entry.phoneNumber);
  const open = () => notMoved().filter((task) => isCutShort || isPending(task));
  const countsOf = (late: number): Counts | null => {
    if (at.onProfile === null || onProfile === null) return null;
    const moved = at.movedBefore + at.tasks.length - notMoved().length;
    return { before: at.onProfile, after: onProfile, moved, late, isOpen: open().length > 0 };
  };
  return {
    numberOf,
    stateOf,
    notMoved,
    /** Rows that the order may still move. */
    open,
    /** Rows that it has not moved, although it does not say so. */
    doubted: () => notMoved().filter((task) => !isPending(task) && !at.failed.has(task.entry.phoneNumber)),
    /** Says how the profile has grown by other numbers; '' if it has not. `late`: rows of earlier orders that have arrived. */
    mismatch(late = 0): string {
      const counts = countsOf(late);
      const isUnknown = counts === null || isCutShort || (doListsLag && isShort(counts));
      return isUnknown ? '' : countMismatch(counts);
    },
    /** Whether fewer numbers are on the profile than were moved there. */
    isShort(): boolean {
      const counts = countsOf(0);
      return counts !== null && isShort(counts);
    },
    take(entries: readonly PlanEntry[], { stateOf }: ReadNumbers): void {
      for (const entry of entries) numbers.set(entry.row, stateOf(entry));
    },
    /** How many numbers are on the profile; null if that was not counted. */
    onProfile: () => onProfile,
    takeCount(counted: number | null): void {
      onProfile = counted;
    },
    /** The run stops before it could be read again: a later command decides about what one read has not shown. */
    cutShort(): void {
      isCutShort = true;
    },
    isCutShort: () => isCutShort,
    /** Lists do not show what has moved: that they show too little says nothing. */
    giveListsUp(): void {
      doListsLag = true;
    },
  };
}

const entriesOf = (tasks: readonly Task[]) => tasks.map(({ entry }) => entry);

/**
 * Reads the rows of an order, and how many numbers are on its profile. What is not as it should be is read again a few
 * times. Lists that are known to lag are waited for as long as an order is. After a stop everything is read only once.
 * Throws Stopped and Unread.
 */
export async function readBack(bulk: Bulk, at: OrderAtWork): Promise<Found> {
  const { reader, session, comparison } = bulk;
  const { ports, stop } = session.options;
  const found = createFound(bulk, at);
  const endsAt = ports.clock.now() + bulk.options.patienceMs;
  const readOnce = async (entries: PlanEntry[]) => {
    // First the count: what has moved by then is at its target when it is read.
    if (at.onProfile !== null) found.takeCount(await reader.countOn(at.profile));
    found.take(entries, await reader.read(entries, { whole: true }));
  };
  const isOver = () => {
    if (found.doubted().length === 0 && found.mismatch() === '') return true;
    if (stop.asked() !== null) found.cutShort();
    return found.isCutShort();
  };
  const readAgain = async (waitMs: number) => {
    await sleepOrStop(ports.clock, stop, waitMs);
    await readOnce(entriesOf(found.notMoved()));
  };
  await readOnce(entriesOf(at.tasks));
  for (const waitMs of READ_AGAIN_AFTER_MS) {
    if (isOver()) return found;
    await readAgain(waitMs);
  }
  if (isOver()) return found;
  const sample = entriesOf(found.notMoved().slice(0, SAMPLE_SIZE));
  const shown = await reader.readById(sample);
  const doListsLag = sample.some((entry) => afterOrder(comparison, entry, shown.stateOf(entry)) === 'moved');
  if (!doListsLag && !found.isShort()) {
    found.take(sample, shown);
    return found;
  }
  for (
    let waitMs = FIRST_WAIT_MS;
    !isOver() && ports.clock.now() < endsAt;
    waitMs = Math.min(2 * waitMs, MAX_WAIT_MS)
  ) {
    await readAgain(Math.min(waitMs, endsAt - ports.clock.now()));
  }
  if (!doListsLag || isOver()) return found;
  const missed = entriesOf(found.notMoved());
  found.take(missed, await reader.readById(missed));
  found.giveListsUp();
  placeNoMore(bulk, 'the lists of numbers do not show what an order has moved');
  return found;
}
