import type { Outcome } from '../attempt/outcome.ts';

/** What the requests of one session came to, as they are counted in summary.json. */
export type RequestCounts = { total: number; writes: number; reads: number; retries: number; rate_limited: number };

/**
 * The pace that a session really had; the greatest numbers are of any sliding window. `throttled_ms` is the part of the
 * pauses that a 429 began. `allowed`: how many requests there might have been from the first to the last, by the setting
 * and by what the server allowed; null where nothing limits. `server_limit`: what the server named last, and the window
 * for which that seems to hold (null where that is not known yet); null where it named none.
 */
export type RateSeen = {
  mean_per_s: number;
  max_in_1s: number;
  max_in_60s: number;
  paused_ms: number;
  throttled_ms: number;
  allowed: number | null;
  server_limit: { requests: number; window_ms: number | null } | null;
};

/**
 * One line of ledger.ndjson, the append-only truth of an execution.
 * `found`: what a row has that is sent although somebody else has changed it since the plan.
 * `intent`: the first write of a row in this session is about to leave. `outcome`: the row has ended
 * (`besides`: it was not to be sent, as it had been at its target). `put_back`: the
 * run stopped before the row had ended; `ambiguous` when a write of it may have happened. `profile_held`: no more rows
 * of a profile are sent in this session. `session_*`: an executor began, what it had come to so far, how it ended.
 */
export type LedgerEntry =
  | { type: 'session_started'; reading?: true; at: string; pid: number }
  | { type: 'intent'; row: number; at: string }
  | { type: 'found'; besides?: true; row: number; profile: string; product: string; at: string }
  | ({ type: 'outcome'; besides?: true } & Outcome)
  | { type: 'put_back'; row: number; ambiguous: boolean; attempts: number; at: string }
  | { type: 'profile_held'; profile: string; why: string; at: string }
  | { type: 'session_seen'; at: string; requests: RequestCounts; rate: RateSeen }
  | { type: 'session_ended'; at: string; stop: string | null; requests: RequestCounts; rate: RateSeen };
