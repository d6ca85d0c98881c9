import type { Outcome } from '../../core/attempt/outcome.ts';
import { addToIndex, emptyIndex, hasOutcome, type LedgerIndex } from '../../core/ledger/replay.ts';
import { OtherVersionError, openLedgerEntries, scanLedger } from '../../io/run/ledger-file.ts';
import { fileError, isFileError, UsageError } from '../errors.ts';

/** Reads a ledger once. Throws if it is damaged, and UsageError if only another version can read it. */
export async function indexLedger(path: string, rows: number): Promise<LedgerIndex> {
  const index = emptyIndex(rows);
  try {
    await scanLedger(path, (entry, offset, length) => addToIndex(index, entry, offset, length));
  } catch (error) {
    if (error instanceof OtherVersionError) throw new UsageError(error.message);
    throw isFileError(error) ? fileError(`read ${path}`, error) : error;
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
