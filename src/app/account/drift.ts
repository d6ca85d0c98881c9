import type { Outcome } from '../../core/attempt/outcome.ts';
import { compareEntry, unsentOutcome } from '../../core/attempt/unsent.ts';
import { profileCell } from '../../core/input/target.ts';
import type { LedgerEntry } from '../../core/ledger/entry.ts';
import { addToIndex, type LedgerIndex } from '../../core/ledger/replay.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { count } from '../../core/text/text.ts';
import { runFiles } from '../../io/run/directory.ts';
import type { Ledger } from '../../io/run/ledger-file.ts';
import { indexLedger } from '../run/ledger-index.ts';
import type { Run } from '../run/open.ts';
import { type Reread, unsentRows } from './reread.ts';

/** What a saved plan is compared with. `force`: drifted rows are sent too. */
type Comparison = { run: Run; reread: Reread; force: boolean; index: LedgerIndex };

const compared = ({ run, reread, force }: Comparison) => ({
  isUndo: run.manifest.source?.undo === true,
  force,
  closed: reread.closed,
});

/** Marks ledger entries of rows that were at their target when they were planned. */
const unchangedMark = ({ action }: PlanEntry) => (action === 'unchanged' ? { unchangedButSent: true as const } : {});

/**
 * What a number has that is sent although it has drifted: an undo restores that. Also for a number that has come back
 * to what was planned after it was found elsewhere. Null if it has what was planned.
 */
function foundEntry(comparison: Comparison, entry: PlanEntry): LedgerEntry | null {
  const { reread, index } = comparison;
  const number = reread.account.stateOf(entry);
  if (number.state !== 'found') return null;
  const isDrifted = compareEntry(compared(comparison), entry, number.shown) === 'drifted';
  if (!isDrifted && !index.overwritten.has(entry.row)) return null;
  const { profile, product } = number.shown;
  const values = { profile: profileCell(profile), product: product ?? '', at: new Date().toISOString() };
  return { type: 'found', ...unchangedMark(entry), row: entry.row, ...values };
}

/**
 * What becomes of a row of a saved plan. `unsent`: it ends without being sent. `sent`: it is still to be sent. `done`:
 * it was at its target when it was planned, and still is.
 */
type RowDrift = { kind: 'unsent'; outcome: Outcome } | { kind: 'sent'; found: LedgerEntry | null } | { kind: 'done' };

/** A row that a bulk order of this run had may have been moved by it late: an undo must know of it. */
function withOrder({ index }: Comparison, outcome: Outcome): Outcome {
  if (outcome.status !== 'unchanged' || !index.orders.missed.has(outcome.row)) return outcome;
  return { ...outcome, status: 'updated', reason: 'confirmed_by_read', attempts: 1 };
}

function driftOf(comparison: Comparison, entry: PlanEntry): RowDrift {
  const number = comparison.reread.account.stateOf(entry);
  const outcome = unsentOutcome(compared(comparison), entry, number, new Date().toISOString());
  if (outcome !== null) return { kind: 'unsent', outcome: withOrder(comparison, outcome) };
  const found = foundEntry(comparison, entry);
  return entry.action === 'change' || found !== null ? { kind: 'sent', found } : { kind: 'done' };
}

/** The ledger entry that records it; null if there is nothing to record. */
function driftEntry(drift: RowDrift, entry: PlanEntry): LedgerEntry | null {
  switch (drift.kind) {
    case 'unsent':
      return { type: 'outcome', ...drift.outcome, ...unchangedMark(entry) };
    case 'sent':
      return drift.found;
    case 'done':
      return null;
  }
}

/** Records the rows that are not sent because their numbers are at their target, drifted or gone. */
export async function recordDrift(comparison: Comparison, ledger: Ledger): Promise<void> {
  const { run, index } = comparison;
  for await (const batch of unsentRows(runFiles(run.dir).plan, index)) {
    const entries = batch
      .map((entry) => driftEntry(driftOf(comparison, entry), entry))
      .filter((entry) => entry !== null);
    await Promise.all(entries.map((entry) => ledger.record(entry)));
    for (const entry of entries) addToIndex(index, entry, 0, 0);
  }
}

/** Counts what has become of the rows of a saved plan. `sent`: rows that are still to be sent. */
export async function driftCounts(given: Omit<Comparison, 'index'>) {
  const { run, reread } = given;
  const { plan, ledger } = runFiles(run.dir);
  const comparison = { ...given, index: await indexLedger(ledger, run.manifest.input.rows) };
  const counts = { sent: 0, unchanged: 0, held: 0, closed: 0, failed: 0 };
  for await (const batch of unsentRows(plan, comparison.index)) {
    for (const entry of batch) {
      const drift = driftOf(comparison, entry);
      if (drift.kind === 'sent') counts.sent += 1;
      if (drift.kind !== 'unsent') continue;
      const { status } = drift.outcome;
      if (status === 'held' && reread.closed.has(entry.profileTarget)) counts.closed += 1;
      else counts[status === 'updated' ? 'unchanged' : (status as 'unchanged' | 'held' | 'failed')] += 1;
    }
  }
  return counts;
}

/** The counts in words; '' if all rows are as they were planned. */
export function driftText({ unchanged, held, closed, failed }: Awaited<ReturnType<typeof driftCounts>>): string {
  const parts = [
    ...(held > 0 ? [`${count(held, 'number')} changed elsewhere will be held`] : []),
    ...(closed > 0 ? [`${count(closed, 'number')} will be held, because the profile was disabled or deleted`] : []),
    ...(unchanged > 0 ? [`${count(unchanged, 'number')} at the target already`] : []),
    ...(failed > 0 ? [`${count(failed, 'number')} no longer there`] : []),
  ];
  return parts.length === 0 ? '' : `Since the plan was made: ${parts.join(', ')}.`;
}
