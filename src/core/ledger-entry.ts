import type { Outcome } from './outcome.ts';

/** What the requests of one session came to, as they are counted in summary.json. */
export type RequestCounts = { total: number; writes: number; reads: number; retries: number; rate_limited: number };

/** The pace that a session really had; the greatest numbers are of any sliding window. */
export type RateSeen = { mean_per_s: number; max_in_1s: number; max_in_60s: number; paused_ms: number };

/**
 * One line of ledger.ndjson, the append-only truth of an execution.
 * `intent`: the first write of a row is about to leave. `outcome`: the row has ended. `put_back`: the run stopped
 * before the row had ended; `ambiguous` when a write of it may have happened. `session`: an executor began or ended.
 */
export type LedgerEntry =
  | { type: 'session_started'; at: string; pid: number }
  | { type: 'intent'; row: number; at: string }
  | ({ type: 'outcome' } & Outcome)
  | { type: 'put_back'; row: number; ambiguous: boolean; attempts: number; at: string }
  | { type: 'session_ended'; at: string; stop: string | null; requests: RequestCounts; rate: RateSeen };

/** What the ledger says of a row: where its outcome stands, or how it was left. */
export const LEFT = { untouched: 0, intent: 1, put_back: 2, ambiguous: 3, outcome: 4 } as const;
export type Left = (typeof LEFT)[keyof typeof LEFT];

/** How a row is left after an entry about it; null for entries that are about no row. */
export function leftAfter(entry: LedgerEntry): { row: number; left: Left } | null {
  switch (entry.type) {
    case 'intent':
      return { row: entry.row, left: LEFT.intent };
    case 'put_back':
      return { row: entry.row, left: entry.ambiguous ? LEFT.ambiguous : LEFT.put_back };
    case 'outcome':
      return { row: entry.row, left: LEFT.outcome };
    case 'session_started':
    case 'session_ended':
      return null;
  }
}
