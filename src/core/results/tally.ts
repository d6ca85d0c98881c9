import { STATUSES, type Status } from '../attempt/outcome.ts';
import type { RowReason } from '../plan/reason.ts';
import { isFailed, type Result } from './rows.ts';

/** One cause why rows are not at their target, and how many rows share it. */
export type Cause = {
  status: Status;
  reason: RowReason;
  http_status: number | null;
  error_code: string;
  error_title: string;
  count: number;
  example_row: number;
};

/** The results of a run, counted row by row. */
export type Tally = {
  counts: Record<Status, number>;
  /** Rows that failed for good. */
  permanent: number;
  causes: Map<string, Cause>;
};

/** Distinct causes that are counted separately: titles that differ in every row must not fill the memory. */
const MAX_CAUSES = 200;

export function emptyTally(): Tally {
  const counts = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<Status, number>;
  return { counts, permanent: 0, causes: new Map() };
}

/** Counts one result. Returns the key of its cause, or null if it is at its target or was not sent yet. */
export function addResult(tally: Tally, { status, reason, outcome, entry }: Result): string | null {
  tally.counts[status] += 1;
  if (status === 'failed' && outcome?.retryable !== true) tally.permanent += 1;
  return addCause(tally, { status, reason, outcome, row: entry.row })?.key ?? null;
}

type Ended = Pick<Result, 'status' | 'reason' | 'outcome'> & { row: number };

/** Counts the cause why a row is not at its target; null if it is, or was not sent yet. */
export function addCause(tally: Tally, { status, reason, outcome, row }: Ended): { key: string; cause: Cause } | null {
  if (status === 'unprocessed' || !(isFailed(status) || status === 'held')) return null;
  const http = outcome?.httpStatus ?? null;
  const keyOf = (code: string, title: string) => [status, reason, http, code, title].join('\n');
  const named = [outcome?.errorCode ?? '', outcome?.errorTitle ?? ''] as const;
  const [code, title] = tally.causes.size < MAX_CAUSES || tally.causes.has(keyOf(...named)) ? named : ['', ''];
  const key = keyOf(code, title);
  const error = { http_status: http, error_code: code, error_title: title };
  const cause = tally.causes.get(key) ?? { status, reason, ...error, count: 0, example_row: row };
  cause.count += 1;
  tally.causes.set(key, cause);
  return { key, cause };
}

/** Causes with their keys, the most frequent first. */
function sortedEntries({ causes }: Tally): [string, Cause][] {
  return [...causes].sort(([, a], [, b]) => b.count - a.count || a.example_row - b.example_row);
}

/** Causes, the most frequent first. */
export function sortedCauses(tally: Tally): Cause[] {
  return sortedEntries(tally).map(([, cause]) => cause);
}

/** The keys of causes, in the order of `sortedCauses`. */
export function sortedKeys(tally: Tally): string[] {
  return sortedEntries(tally).map(([key]) => key);
}

/** The sum of all statuses. If it differs from the rows read, rows were lost. */
export function sumOf(tally: Tally): number {
  return Object.values(tally.counts).reduce((sum, n) => sum + n, 0);
}
