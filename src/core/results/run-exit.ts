import type { StopCause } from '../attempt/stop-reason.ts';
import { openOrdersText } from '../ledger/order-text.ts';
import type { OrdersSeen } from '../ledger/orders.ts';
import { EXIT, exitName } from '../run/exit-codes.ts';
import type { State } from '../run/manifest.ts';
import { thousands } from '../text/text.ts';
import type { Tally } from './tally.ts';

/** The exit code of a run, and the state that is written to run.json. */
export type RunExit = { exit: number; state: State };

/** The exit code of a signal. Unknown signals get that of SIGTERM. */
export function signalExit(detail: string): number {
  if (detail === 'SIGHUP') return EXIT.interrupted_sighup;
  return detail === 'SIGINT' ? EXIT.interrupted_sigint : EXIT.interrupted_sigterm;
}

/** For a plan, a dry run, or an execution that never started. */
export function planExit(rejected: number, skipRejected: boolean, held = 0): RunExit {
  if (rejected === 0) return { exit: held === 0 ? EXIT.ok : EXIT.rows_not_at_target, state: 'planned' };
  return skipRejected ? { exit: EXIT.rows_not_at_target, state: 'planned' } : { exit: EXIT.input, state: 'refused' };
}

/** Whether a write happened or may have happened. */
function maybeWritten({ counts }: Tally): boolean {
  return counts.updated + counts.failed + counts.unverified > 0;
}

function stopExit({ reason, detail }: StopCause, tally: Tally): RunExit {
  switch (reason) {
    case 'internal':
      return { exit: EXIT.internal, state: 'interrupted' };
    case 'signal':
      return { exit: signalExit(detail), state: 'interrupted' };
    case 'drained':
      return { exit: EXIT.interrupted_sigterm, state: 'interrupted' };
    // Both end a session of a worker. The run itself ends with them only if no worker continues it.
    case 'worker_ended':
    case 'lease_lost':
      return { exit: EXIT.stopped, state: 'paused' };
    case 'key_refused':
    case 'account_refused':
    case 'unreachable':
    case 'not_this_api':
    case 'redirected':
      return { exit: EXIT.preflight, state: maybeWritten(tally) ? 'paused' : 'refused' };
    case 'finish_by':
    case 'stop_after':
      return { exit: EXIT.window, state: 'paused' };
    case 'order_pending':
      return { exit: EXIT.unverified_rows, state: 'paused' };
    case 'phone_number_mismatch':
    case 'write_not_kept':
    case 'wave_not_kept':
    case 'gate_refused':
    case 'order_mismatch':
    case 'server_wait':
    case 'max_failures':
    case 'max_same_error':
    case 'profiles_held':
    case 'outage':
    case 'queue_lost':
    case 'open_files':
      return { exit: EXIT.stopped, state: 'paused' };
  }
}

/**
 * For an execution. If several codes apply, the first of these counts: internal, signal, preflight, stopped, window,
 * unverified, not at target, retryable, ok.
 */
export function executionExit(stop: StopCause | null, tally: Tally): RunExit {
  const { counts } = tally;
  if (stop !== null) return stopExit(stop, tally);
  // Rows are left although nothing stopped the run: an internal error must not end as a success.
  if (counts.unprocessed + counts.planned > 0) return { exit: EXIT.internal, state: 'interrupted' };
  if (counts.unverified > 0) return { exit: EXIT.unverified_rows, state: 'paused' };
  if (tally.permanent + counts.held + counts.rejected > 0) return { exit: EXIT.rows_not_at_target, state: 'finished' };
  if (counts.failed > 0) return { exit: EXIT.retryable_rows, state: 'finished' };
  return { exit: EXIT.ok, state: 'finished' };
}

/** What a run is counted by. */
type Counted = { tally: Tally; orders: Pick<OrdersSeen, 'byRow'> };

/** Explains an exit code by the counts; null for a good one. */
export function countsError(exit: number, { tally: { counts }, orders }: Counted) {
  if (exit === EXIT.ok || exit === EXIT.changes) return null;
  const parts = (['failed', 'unverified', 'held', 'rejected'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${thousands(counts[status])} ${status}`);
  const what = parts.length > 0 ? parts.join(', ') : 'some rows have no outcome';
  const files = counts.held > 0 ? 'failed.csv and held.csv' : 'failed.csv';
  const message = `Not every row is at its target: ${what}; see ${files}. ${openOrdersText(orders)}`;
  return { code: exitName(exit), message: message.trimEnd() };
}
