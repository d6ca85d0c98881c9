import { OUTCOME_STATUSES, type Outcome } from '../attempt/outcome.ts';
import type { LedgerEntry, RequestCounts } from '../ledger/entry.ts';
import { addHold } from '../ledger/held-profiles.ts';
import { addOrder, addRowBesideOrders, isOrderEntry, noOrders } from '../ledger/orders.ts';
import { addSession, noSessions, paceOf } from '../ledger/sessions.ts';
import { addSteered, notSteered } from '../ledger/steered.ts';
import type { RowCounts, RunStatus } from '../results/run-status.ts';
import { addCause, type Cause, emptyTally, sortedCauses } from '../results/tally.ts';

export type RunCounts = ReturnType<typeof createRunCounts>;

/** Causes that a status shows. */
export const MAX_CAUSES = 20;

/**
 * Counts a run by the lines of its ledger, those of earlier sessions and those that come: one byte a row. `planned`: the
 * rows to send by the plan.
 */
export function createRunCounts(rows: number, planned: number) {
  /** How a row has ended: 0 if it has not, else one more than the place of its status. */
  const endings = new Uint8Array(rows + 1);
  const counts = { updated: 0, unchanged: 0, failed: 0, unverified: 0, held: 0 };
  const tally = emptyTally();
  /** The causes of rows whose outcome may be replaced. */
  const replaceable = new Map<number, Cause>();
  const sessions = noSessions();
  const heldProfiles = new Map<string, string>();
  const steering = notSteered();
  const orders = noOrders();
  let total = planned;
  const unplanned = new Set<number>();

  function addOutcome(outcome: Outcome): void {
    const { row, status } = outcome;
    const before = OUTCOME_STATUSES[(endings[row] as number) - 1];
    if (before !== undefined) counts[before] -= 1;
    const replaced = replaceable.get(row);
    if (replaced !== undefined) replaced.count -= 1;
    replaceable.delete(row);
    endings[row] = 1 + OUTCOME_STATUSES.indexOf(status);
    counts[status] += 1;
    const cause = addCause(tally, { status, reason: outcome.reason, outcome, row });
    if (cause !== null && status === 'unverified') replaceable.set(row, cause.cause);
  }

  return {
    add(entry: LedgerEntry): void {
      addSession(sessions, entry);
      addHold(heldProfiles, entry);
      if (entry.type === 'steered') addSteered(steering, entry);
      // A row that was at its target when it was planned, and is sent all the same.
      if ((entry.type === 'found' || entry.type === 'outcome') && entry.unchangedButSent && !unplanned.has(entry.row)) {
        unplanned.add(entry.row);
        total += 1;
      }
      if (entry.type === 'outcome') addOutcome(entry);
      if (isOrderEntry(entry)) addOrder(orders, entry);
      else if ('row' in entry) addRowBesideOrders(orders, entry);
    },
    rows(): RowCounts {
      const done = Object.values(counts).reduce((sum, n) => sum + n, 0);
      return { total, done, ...counts, left: Math.max(0, total - done) };
    },
    /** The requests of all sessions; `live`: those of the session at work, as they are now. */
    requests(live: RequestCounts | null): RequestCounts {
      const { requests, rate } = live === null ? paceOf(sessions) : sessions.ended;
      return live === null ? requests : paceOf({ ...sessions, open: { requests: live, rate } }).requests;
    },
    /** For how long all sessions were paused, as last recorded. */
    pausedMs: (): number => paceOf(sessions).rate.paused_ms,
    causes: (): Cause[] =>
      sortedCauses(tally)
        .filter(({ count }) => count > 0)
        .slice(0, MAX_CAUSES),
    steering,
    /** The bulk order at work; nothing if there is none. */
    order(): { order?: NonNullable<RunStatus['order']> } {
      const [open] = orders.open.values();
      if (open === undefined) return {};
      const { order, orderId, pending } = open;
      return { order: { order, order_id: orderId, rows: orders.byRow.size, pending } };
    },
    /** Profiles that this session holds, and why. */
    heldProfiles,
  };
}
