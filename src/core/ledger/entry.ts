import type { Outcome } from '../attempt/outcome.ts';
import type { AnswerCounts } from './answer-counts.ts';

/** The requests of one session, as they are counted in summary.json. Older versions did not write `answers`. */
export type RequestCounts = {
  total: number;
  writes: number;
  reads: number;
  retries: number;
  rate_limited: number;
  /** Bulk orders that were posted; missing if there were none. They are among the writes. */
  orders?: number | undefined;
  answers?: AnswerCounts | undefined;
};

/**
 * The measured rate of a session; the maxima are of any sliding window. `throttled_ms` is the part of `paused_ms` that
 * a 429 caused. `allowed`: how many requests the setting and the server allowed from the first request to the last;
 * null if nothing limits. `server_limit`: the limit that the server named last and its window (null while that is
 * unknown); null if it named none.
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

/** A row that was at its target when it was planned, and changed before the run: not one of the rows to send. */
type OfUnchanged = { unchangedButSent?: true };

type OfWave = { wave?: number; continued?: true };
type OfWorker = { worker?: string; host?: string; fence?: number };

/**
 * How far a wave has come. `started`; `sent`: its rows have had their turn; `kept`: a read has shown its rows at their
 * targets; `soaked`: another one has, after --soak; `passed`: the gate lets the next wave start. `not_kept` and
 * `refused` stop the run.
 */
export const WAVE_STEPS = ['started', 'sent', 'kept', 'soaked', 'passed', 'refused', 'not_kept'] as const;
export type WaveStep = (typeof WAVE_STEPS)[number];

/**
 * How a bulk order has ended, which is when all of its rows are decided. `done`: they were read back. `refused`: the API
 * did not take it. `still`: it has left numbers pending for so long that they go by PATCH. `mismatch`: it has changed
 * something that it must not change, and the run places no more orders.
 */
export const ORDER_RESULTS = ['done', 'refused', 'still', 'mismatch'] as const;
export type OrderResult = (typeof ORDER_RESULTS)[number];

/** Lines about bulk orders. `order` counts from 1 in the run. */
export type OrderEntry =
  | { type: 'order_intent'; at: string; order: number; profile: string; rows: number[]; on_profile: number }
  | {
      type: 'order_placed';
      at: string;
      order: number;
      order_id: string;
      success: number;
      pending: number;
      failed: number;
    }
  | { type: 'order_seen'; at: string; order: number; pending: number; mismatch?: string }
  | { type: 'order_ended'; at: string; order: number; result: OrderResult; why: string };

/**
 * One line of ledger.ndjson, the append-only record of an execution.
 * `session_started`, `session_seen`, `session_ended`: an executor started, what it has done so far, how it ended.
 * `allowed_per_s`: how many requests a second may leave now; null if nothing limits them.
 * `found`: what a number has that is sent although it has changed since the plan.
 * `wave` is the wave that the session sends, and `continued` says that the same command has sent an earlier one, so
 * that held profiles stay held. `bulk`: the session places bulk orders, and another one sends the other rows.
 * `intent`: the first write of a row in this session is about to leave.
 * `outcome`: how the row ended.
 * `put_back`: the file's word for requeued. The run stopped before the row had an outcome, or a bulk order has not moved
 * it; `ambiguous` if a write of it may have happened, or may still happen.
 * `profile_held`: this session sends no more rows of a profile.
 * `order_intent`: a bulk order of `rows` to `profile` is about to be posted, and `on_profile` numbers are on that
 * profile. `order_placed`: the API has taken it; `order_id` is '' if its answer named none. `order_seen`: more or fewer
 * of its numbers are pending, or the line before is of a clock that was ahead; `mismatch` is what it has changed that it
 * must not change, while it may still move rows.
 * Then the outcomes of its rows follow, and `order_ended`; a second one says `mismatch`, if that was seen only later.
 * `wave`: a step of a wave of `rows` rows, of which there are `waves`.
 * `handed_over`: workers may send the rows from now on; `queue` is the URL of Redis without user and password.
 * `steered`: an operator has changed something of a run at work, from what to what; of hold and release it is a profile.
 * A later line may undo it. `id`: its command in the queue.
 * `taken_back`: they have ended, and all that they wrote is in this ledger. `handover_lost`: what they have done since
 * the last line from them is not known.
 *
 * `stream`: where the line stands in the stream of the workers, if it comes from one. `worker`, `host` and `fence`: who
 * it was, and the number of its lease.
 */
export type LedgerEntry = { stream?: string } & (
  | ({ type: 'session_started'; reading?: true; bulk?: true; at: string; pid: number } & OfWave & OfWorker)
  | { type: 'intent'; row: number; at: string }
  | ({ type: 'found'; row: number; profile: string; product: string; at: string } & OfUnchanged)
  | ({ type: 'outcome' } & Outcome & OfUnchanged)
  | { type: 'put_back'; row: number; ambiguous: boolean; attempts: number; at: string }
  | { type: 'profile_held'; profile: string; why: string; at: string }
  | { type: 'session_seen'; at: string; requests: RequestCounts; rate: RateSeen; allowed_per_s?: number | null }
  | { type: 'session_ended'; bulk?: true; at: string; stop: string | null; requests: RequestCounts; rate: RateSeen }
  | { type: 'steered'; at: string; by: string; command: string; from: string; to: string; id?: string }
  | { type: 'wave'; at: string; wave: number; waves: number; rows: number; step: WaveStep }
  | OrderEntry
  | { type: 'handed_over'; at: string; queue: string; handover: string }
  | { type: 'taken_back' | 'handover_lost'; at: string; handover: string }
);
