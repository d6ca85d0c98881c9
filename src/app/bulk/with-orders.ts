import { openOrdersClause } from '../../core/ledger/order-text.ts';
import { hasEndedAs, type LedgerIndex } from '../../core/ledger/replay.ts';
import { visible } from '../../core/text/visible.ts';
import { newOrderState, type OrderOptions } from '../../engine/bulk/bulk.ts';
import { executeOrders } from '../../engine/bulk/executor.ts';
import { ABOUT_ENDED_ROWS, type execute } from '../../engine/sending/executor.ts';
import { newSeries, type Series } from '../../engine/sending/session.ts';
import { runFiles } from '../../io/run/directory.ts';
import type { Reporting } from '../invocation.ts';
import { warn } from '../output.ts';
import { indexLedger } from '../run/ledger-index.ts';
import type { Run } from '../run/open.ts';
import { openTasks, rowsToSend } from '../run/tasks.ts';
import { type Part, stoppedBy, type Turn } from '../waves/course.ts';

/** One session of the ledger: its rows, and what carries them out if that is not what the command sends rows with. */
export type SessionPart = Omit<Partial<Part>, 'index'> & {
  index: LedgerIndex;
  total: number;
  bulk?: { execute: typeof execute };
  /** Orders have had their turn. */
  isRest?: true;
};

type Lent = {
  /** What the ledger said when the command began. */
  index: LedgerIndex;
  ports: OrderOptions['ports'];
  say: (text: string) => void;
  /** Sends rows as one session. Never throws. */
  send: (part: SessionPart) => Promise<Turn>;
};

/** What a run at work lends to its orders, over all sessions of a command. */
export type OrderRun = ReturnType<typeof createOrderRun>;

/** Says at once if --bulk auto cannot place orders. */
export function createOrderRun(run: Run, reporting: Reporting, { index, ports, say, send }: Lent) {
  const { settings } = reporting;
  const state = newOrderState();
  const isAsked = settings.bulk === 'auto';
  if (run.manifest.settings.offline === 'true') state.off = 'the plan was made without the account';
  if (index.orders.mismatch !== null) state.off = 'an order of this run has changed what it must not change';
  if (isAsked && state.off !== null) say(`No bulk orders: ${state.off}. The rows are sent one by one.\n`);
  const readLedger = () => indexLedger(runFiles(run.dir).ledger, run.manifest.input.rows);
  return { run, state, isAsked, patienceMs: settings.bulk_patience, ports, reporting, send, readLedger };
}

/** A run that stops for another reason, such as a signal, says it beside that. */
function warnOfMismatch(
  { reporting }: OrderRun,
  { index, after, stopped }: { index: LedgerIndex; after: LedgerIndex } & Pick<Turn, 'stopped'>,
): void {
  const { mismatch } = after.orders;
  if (mismatch === null || index.orders.mismatch !== null || stopped?.reason === 'order_mismatch') return;
  warn(reporting, `after a bulk order the account is not as it must be: ${visible(mismatch)}`);
}

/** Sends the rows of `part`, or all that are left: first what bulk orders can do, then the others one by one. */
export async function sendWithOrders(on: OrderRun, index: LedgerIndex, part?: Omit<Part, 'index'>): Promise<Turn> {
  const { run, state, isAsked, patienceMs, ports } = on;
  const { orders, overwritten } = index;
  const whole = { ...part, index, total: part?.total ?? rowsToSend(run, index) };
  const mayPlace = isAsked && state.off === null;
  if (!mayPlace && orders.open.size === 0) return on.send(whole);
  // Both sessions count for --stop-after.
  const series: Series = part?.series ?? newSeries();
  const isUpdated = (row: number) => hasEndedAs(index, row, 'updated');
  const isUndo = run.manifest.source?.undo === true;
  const found = { orders, isUpdated, overwritten, openTasks: () => openTasks(runFiles(run.dir).plan, index) };
  const execute = executeOrders({ ...found, state, mayPlace, isUndo, patienceMs, ports });
  const ordered = await on.send({ ...whole, series, bulk: { execute } });
  if (ordered.failure !== null) return ordered;
  const after = await on.readLedger();
  const { open, byRow } = after.orders;
  const total = whole.total - (after.ended - index.ended) - byRow.size;
  const { stopped } = ordered;
  warnOfMismatch(on, { index, after, stopped });
  // Whether a stop has stopped anything, the other session says if no row is left.
  if (stopped !== null && (ABOUT_ENDED_ROWS.has(stopped.reason) || total + byRow.size > 0)) return ordered;
  // Not those that an open order may still move.
  const isTaken = (row: number) => !byRow.has(row) && (part?.isTaken(row) ?? true);
  const rest = await on.send({ ...whole, series, index: after, isTaken, total, isRest: true });
  if (rest.stopped !== null || part === undefined || open.size === 0) return rest;
  // A wave is read back only when all of its rows have had their turn.
  return stoppedBy({ reason: 'order_pending', detail: openOrdersClause(after.orders) });
}
