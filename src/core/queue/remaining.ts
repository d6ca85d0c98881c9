import { attemptsBefore, hasOutcome, type LedgerIndex, ROW_STATE } from '../ledger/replay.ts';
import { paceOf } from '../ledger/sessions.ts';
import { concurrencyOf } from '../settings/resolve.ts';
import type { Settings } from '../settings/schema.ts';
import type { QueuedTask } from './tasks.ts';

/** What Redis may forget if it is killed: nothing, its last moments, or everything since its last dump. */
type Durability = 'always' | 'everysec' | 'none';

/** Seconds of appends that Redis with `everysec` may forget, with room for a slow disk. */
const FORGOTTEN_S = 3;
/** Rows that may have an intent while they wait for their first request. */
const UNSENT_ROWS = 64;
/** Requests a second to expect if nothing says how fast a run was sent. */
const MIN_PER_S = 200;

/**
 * How many rows without an entry are read before they are sent, because Redis started again and may have forgotten that
 * they were sent. Also with `always`: a replica that took over, a disk or a file that was put back may lack the last
 * moments too.
 */
export function doubtfulRows(
  durability: Durability,
  settings: Pick<Settings, 'rate' | 'concurrency'>,
  { sessions }: Pick<LedgerIndex, 'sessions'>,
): number {
  if (durability === 'none') return Number.POSITIVE_INFINITY;
  const { rate } = settings;
  const perSecond = typeof rate === 'number' ? rate : Math.max(MIN_PER_S, paceOf(sessions).rate.max_in_1s);
  return concurrencyOf(settings) + UNSENT_ROWS + Math.ceil(FORGOTTEN_S * perSecond);
}

/** A row that was handed over as it is to be processed now; null if it has an outcome. */
export function remainingTask(task: QueuedTask, index: LedgerIndex): QueuedTask | null {
  const { row } = task.entry;
  const state = index.rowStates[row] ?? 0;
  if (hasOutcome(state)) return null;
  if (state === ROW_STATE.untouched || task.first === 'read_only') return task;
  const isAmbiguous = state === ROW_STATE.intent || state === ROW_STATE.ambiguous;
  // What was put back counts the attempts from before the handover too; an intent alone does not.
  return { ...task, first: isAmbiguous ? 'read' : 'send', attempts: task.attempts + attemptsSince(index, task) };
}

function attemptsSince(index: LedgerIndex, { entry, attempts }: QueuedTask): number {
  const known = attemptsBefore(index, entry.row);
  return (index.attempts[entry.row] as number) >= attempts ? known - attempts : known;
}

/** How many rows of a handover a worker has begun, and how many of them have an outcome. */
export function countRows({ rowStates }: Pick<LedgerIndex, 'rowStates'>): { begun: number; ended: number } {
  let begun = 0;
  let ended = 0;
  for (const state of rowStates) {
    if (state !== ROW_STATE.untouched) begun += 1;
    if (hasOutcome(state)) ended += 1;
  }
  return { begun, ended };
}
