import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { scanLedger } from '../../../src/io/run/ledger-file.ts';
import { makeFailure } from '../make.ts';

export const AT = '2026-11-23T02:00:00.000Z';

/** The entry before a write of a row. */
export const intent = (row: number): LedgerEntry => ({ type: 'intent', row, at: AT });

/** An entry in a ledger. */
export const line = (entry: LedgerEntry) => `${JSON.stringify(entry)}\n`;

/** The outcome of a row that failed. */
export function outcome(row: number, errorDetail = ''): LedgerEntry {
  const changes = { row, errorTitle: 'Zoë', errorDetail, durationMs: 1.5, finishedAt: AT };
  return { type: 'outcome', ...makeFailure(changes) };
}

export type Scanned = { entry: LedgerEntry; offset: number; length: number };

/** All entries of a ledger, with their places. */
export async function scanned(path: string): Promise<Scanned[]> {
  const found: Scanned[] = [];
  await scanLedger(path, (entry, offset, length) => found.push({ entry, offset, length }));
  return found;
}

/** The rows that entries are about, in order. */
export function rowsOf(found: Scanned[]): number[] {
  return found.map(({ entry }) => (entry as { row: number }).row);
}
