import { writeFileSync } from 'node:fs';
import type { Outcome } from '../../../src/core/attempt/outcome.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { makeOutcome } from '../make.ts';
import { profile } from './plans.ts';
import { AT } from './run-directories.ts';

/** The entry of a row that was updated, but for the changes. */
export function outcome(row: number, changes: Partial<Outcome> = {}): LedgerEntry {
  return {
    type: 'outcome',
    ...makeOutcome({ row, profileAfter: profile(1), productAfter: '', durationMs: 12.4, finishedAt: AT, ...changes }),
  };
}

/** The entry of a row that failed: for good, or with `retryable` for now. */
export function failure(row: number, retryable: boolean, changes: Partial<Outcome> = {}): LedgerEntry {
  const how: Partial<Outcome> = retryable
    ? { reason: 'attempts_exhausted', httpStatus: 503 }
    : { reason: 'api_error', httpStatus: 422, errorCode: '10015' };
  return outcome(row, { status: 'failed', retryable, profileAfter: '', ...how, ...changes });
}

/** Writes the ledger of a run. */
export function writeLedger({ dir }: { dir: string }, entries: LedgerEntry[]): void {
  writeFileSync(runFiles(dir).ledger, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}
