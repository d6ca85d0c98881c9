import { attemptsBefore, hasOutcome, type LedgerIndex, ROW_STATE } from '../../core/ledger/replay.ts';
import type { OpenTasks } from '../../engine/bulk/bulk.ts';
import type { Task } from '../../engine/ports.ts';
import { openPlanEntries, readPlan } from '../../io/run/plan-file.ts';
import type { Run } from './open.ts';

/** The rows of a plan that are still to be processed, by what the ledger says. */
export async function* tasksOf(
  planPath: string,
  index: LedgerIndex,
  changes: number,
  isTaken: (row: number) => boolean = () => true,
): AsyncGenerator<Task> {
  // Unverified rows are read again only when no other row is left, so that an interrupted run ends like any other.
  const readsUnverified = index.ended >= changes;
  for await (const batch of readPlan(planPath)) {
    for (const entry of batch) {
      const state = index.rowStates[entry.row];
      // A row that was at its target is sent if it has drifted and --force is set.
      const isSent = entry.action === 'change' || (entry.action === 'unchanged' && index.overwritten.has(entry.row));
      if (!isSent || state === ROW_STATE.outcome || !isTaken(entry.row)) continue;
      if (state === ROW_STATE.unverified && !readsUnverified) continue;
      const isAmbiguous = state === ROW_STATE.intent || state === ROW_STATE.ambiguous;
      const first = state === ROW_STATE.unverified ? 'read_only' : isAmbiguous ? 'read' : 'send';
      yield { entry, first, attempts: attemptsBefore(index, entry.row) };
    }
  }
}

/** Opens a plan for the rows that were not sent yet, in any order. Throws what the file system throws. */
export function openTasks(planPath: string, index: LedgerIndex): OpenTasks {
  const { entryOf, close } = openPlanEntries(planPath);
  return { close, taskOf: (row) => ({ entry: entryOf(row), first: 'send', attempts: attemptsBefore(index, row) }) };
}

/** How many rows are to be sent in this session. */
export function rowsToSend(run: Run, index: LedgerIndex): number {
  const unchangedButSent = [...index.unchangedButSent].filter((row) => !hasOutcome(index.rowStates[row] ?? 0)).length;
  return (run.manifest.plan?.change ?? 0) - index.ended + unchangedButSent;
}
