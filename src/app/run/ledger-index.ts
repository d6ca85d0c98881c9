import type { Outcome } from '../../core/attempt/outcome.ts';
import type { LedgerEntry } from '../../core/ledger/entry.ts';
import { addToIndex, emptyIndex, hasOutcome, type LedgerIndex, ROW_STATE } from '../../core/ledger/replay.ts';
import { runFiles } from '../../io/run/directory.ts';
import { OtherVersionError, openLedgerEntries, scanLedger } from '../../io/run/ledger-file.ts';
import { DamagedLedgerError } from '../../io/run/ledger-lines.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { fileError, isFileError, UsageError } from '../errors.ts';
import type { Run } from './open.ts';

/**
 * Reads a ledger once; `onEntry` is called with each entry. Throws if it is damaged, and UsageError if only another
 * version can read it.
 */
export async function indexLedger(
  path: string,
  rows: number,
  onEntry?: (entry: LedgerEntry) => void,
): Promise<LedgerIndex> {
  const index = emptyIndex(rows);
  try {
    await scanLedger(path, (entry, offset, length) => {
      addToIndex(index, entry, offset, length);
      onEntry?.(entry);
    });
  } catch (error) {
    if (error instanceof OtherVersionError) throw new UsageError(error.message);
    throw isFileError(error) ? fileError(`read ${path}`, error) : error;
  }
  return index;
}

/** Reads the ledger of a run, and checks that it is about rows that the plan sends. Throws like `indexLedger`. */
export async function checkedLedger({ dir, manifest }: Pick<Run, 'dir' | 'manifest'>): Promise<LedgerIndex> {
  const { plan, ledger } = runFiles(dir);
  const index = await indexLedger(ledger, manifest.input.rows);
  for await (const batch of readPlan(plan)) {
    for (const { row, action } of batch) {
      if (index.rowStates[row] === ROW_STATE.untouched) continue;
      const place = { line: null, offset: index.offset[row] as number };
      const refuse = (why: string) => new DamagedLedgerError(ledger, place, `it names row ${row}, ${why}`);
      if (action === 'rejected' || action === 'duplicate') throw refuse('which the plan does not send');
      if (manifest.started_at === null) throw refuse('and run.json says that nothing was sent');
    }
  }
  return index;
}

/** Opens a ledger that was indexed, to read outcomes by row. */
export function openOutcomes(path: string, index: LedgerIndex) {
  // A run that has sent nothing may have no ledger.
  const entries = index.rowStates.some(hasOutcome) ? openLedgerEntries(path) : null;
  return {
    of(row: number): Outcome | null {
      if (entries === null || !hasOutcome(index.rowStates[row] ?? 0)) return null;
      const entry = entries.entryAt(index.offset[row] as number, index.length[row] as number);
      return entry.type === 'outcome' ? entry : null;
    },
    close: () => entries?.close(),
  };
}
