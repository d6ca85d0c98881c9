import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { scanLedger } from '../../../src/io/run/ledger-file.ts';

export const AT = '2026-11-23T02:00:00.000Z';

/** The entry before a write of a row. */
export const intent = (row: number): LedgerEntry => ({ type: 'intent', row, at: AT });

/** An entry in a ledger. */
export const line = (entry: LedgerEntry) => `${JSON.stringify(entry)}\n`;

/** The outcome of a row that failed. */
export function outcome(row: number, errorDetail = ''): LedgerEntry {
  return {
    type: 'outcome',
    row,
    status: 'failed',
    reason: 'api_error',
    retryable: false,
    profileAfter: '',
    productAfter: '',
    httpStatus: 422,
    errorCode: '10015',
    errorTitle: 'Zoë',
    errorDetail,
    errorPointer: '',
    attempts: 1,
    durationMs: 1.5,
    requestId: '',
    finishedAt: AT,
  };
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
