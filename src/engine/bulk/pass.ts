import { nextSize, rowsNeeded } from '../../core/bulk/ladder.ts';
import { patchReason } from '../../core/plan/entry.ts';
import { count } from '../../core/text/text.ts';
import type { Task } from '../ports.ts';
import { Unread } from '../reading/account-query.ts';
import { type Bulk, courseOf, isHeldNow, placeNoMore } from './bulk.ts';
import { endOrder } from './end-order.ts';
import { followOrder } from './follow.ts';
import { postOrder, prepareOrder } from './order.ts';

/** The rows that wait for orders, by their target profile. Only their numbers: all rows of a plan may have to wait. */
function createWaiting(taskOf: (row: number) => Task) {
  const byProfile = new Map<string, number[]>();
  return {
    profiles: () => [...byProfile.keys()],
    size: (profile: string) => byProfile.get(profile)?.length ?? 0,
    add(profile: string, row: number): void {
      const rows = byProfile.get(profile);
      if (rows === undefined) byProfile.set(profile, [row]);
      else rows.push(row);
    },
    putBack(profile: string, tasks: Task[]): void {
      byProfile.get(profile)?.unshift(...tasks.map(({ entry }) => entry.row));
    },
    /** Takes up to `size` rows. Of two with the same phone number one is left to PATCH. */
    take(profile: string, size: number): Task[] {
      const tasks = byProfile.get(profile)?.splice(0, size).map(taskOf) ?? [];
      return [...new Map(tasks.map((task) => [task.entry.phoneNumber, task])).values()];
    },
    drop: (profile: string) => void byProfile.delete(profile),
  };
}

type Waiting = ReturnType<typeof createWaiting>;

/** Whether orders may be placed. Asks for a stop if --stop-after is reached. */
function mayPlace({ session, options: { state } }: Bulk): boolean {
  const { stop, limits } = session.options;
  const { launched } = session.series;
  if (state.off === null && limits.stop_after !== null && launched >= limits.stop_after) {
    stop.ask('stop_after', `--stop-after ${limits.stop_after}: ${count(launched, 'row')} sent`);
  }
  return state.off === null && stop.asked() === null;
}

/** Executes one order. Returns the rows that a smaller order may take. Throws Stopped. */
async function executeOrder(bulk: Bulk, profile: string, tasks: Task[]): Promise<Task[]> {
  try {
    const ready = await prepareOrder(bulk, profile, tasks);
    if (ready === null) return [];
    bulk.isAtWork = true;
    const posted = await postOrder(bulk, ready);
    if (Array.isArray(posted)) return posted;
    await followOrder(bulk, posted, bulk.options.patienceMs);
    await endOrder(bulk, posted);
  } catch (error) {
    // What was not posted goes by PATCH, and an order that could not be read back stays open.
    if (!(error instanceof Unread)) throw error;
    placeNoMore(bulk, error.message);
  } finally {
    bulk.isAtWork = false;
  }
  return [];
}

/** Places orders to a profile as long as enough of its rows wait. `areAll`: no more will come. */
async function placeOrders(bulk: Bulk, waiting: Waiting, profile: string, areAll: boolean): Promise<void> {
  const { session, options } = bulk;
  const { ladder } = options.state;
  const course = courseOf(bulk, profile);
  const { stop_after: limit } = session.options.limits;
  while (waiting.size(profile) >= rowsNeeded(ladder, course, areAll) && mayPlace(bulk)) {
    const room = limit === null ? Number.POSITIVE_INFINITY : limit - session.series.launched;
    const tasks = waiting.take(profile, Math.min(nextSize(ladder, course), room));
    const isHeld = isHeldNow(bulk, tasks);
    if (!isHeld) waiting.putBack(profile, await executeOrder(bulk, profile, tasks));
    if (isHeld || course.isClosed) waiting.drop(profile);
  }
}

/** Goes over the rows once, and places an order as soon as enough rows to its profile wait. Throws Stopped. */
async function placeAll(bulk: Bulk, waiting: Waiting): Promise<void> {
  const { session, options } = bulk;
  for await (const { entry, first } of session.options.tasks()) {
    if (!mayPlace(bulk)) return;
    const profile = entry.profileTarget;
    const isFit = first === 'send' && entry.action === 'change' && patchReason(entry) === null;
    const needsPatch = options.overwritten.has(entry.row) || options.orders.missed.has(entry.row);
    if (!isFit || needsPatch || session.context.isHeld(entry)) continue;
    if (courseOf(bulk, profile).isClosed) continue;
    waiting.add(profile, entry.row);
    await placeOrders(bulk, waiting, profile, false);
  }
  for (const profile of waiting.profiles()) await placeOrders(bulk, waiting, profile, true);
}

/** Places all orders that the rows of a plan need. Throws Stopped. */
export async function placeAllOrders(bulk: Bulk): Promise<void> {
  const { taskOf, close } = bulk.options.openTasks();
  try {
    await placeAll(bulk, createWaiting(taskOf));
  } finally {
    close();
  }
}
