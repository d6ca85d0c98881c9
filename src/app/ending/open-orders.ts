import { openOrdersText } from '../../core/ledger/order-text.ts';
import type { LedgerIndex } from '../../core/ledger/replay.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { count } from '../../core/text/text.ts';
import { runFiles } from '../../io/run/directory.ts';
import { openPlanEntries, readPlan } from '../../io/run/plan-file.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { checkedLedger } from '../run/ledger-index.ts';
import { commandOn, type Run } from '../run/open.ts';
import { unfinishedWithOrders } from '../run/unfinished.ts';
import { type FailedEnding, refusal } from './run-ending.ts';

/** Why no other run may follow one whose order may still move numbers: it could move them again, much later. */
function waitText(run: Run, { orders }: Pick<LedgerIndex, 'orders'>, next: string, which = ''): string {
  return `Run ${run.manifest.run_id} waits for a bulk order${which}. ${openOrdersText(orders)} First: ${next}`;
}

/** Throws CommandError (exit 8) while a bulk order of a run may still move numbers: it could undo what follows. */
export function checkOrdersEnded(run: Run, index: Pick<LedgerIndex, 'orders'>, context: Context): void {
  if (index.orders.byRow.size === 0) return;
  const next = commandOn(run, 'resume', context);
  throw new CommandError(EXIT.refused, 'orders_open', waitText(run, index, next), next);
}

/** Throws CommandError (exit 8) if a run with an open bulk order is to be handed over: no worker can end the order. */
export function checkNotForWorkers(
  run: Run,
  index: Pick<LedgerIndex, 'orders'>,
  { settings, sources, context }: Invocation,
) {
  if (settings.queue === null || index.orders.byRow.size === 0) return;
  const how = sources.queue === 'environment' ? 'unset TELNYX_REASSIGN_QUEUE' : 'leave out --queue';
  const next = commandOn(run, 'resume', context);
  const message = `${openOrdersText(index.orders)} No worker can end it: ${how}, then: ${next}`;
  throw new CommandError(EXIT.refused, 'orders_open', message, next);
}

/** The bulk orders of a run; null if none of them may still move numbers, or if its ledger cannot be read. */
async function openOrdersOf(run: Run): Promise<LedgerIndex['orders'] | null> {
  // A run whose ledger cannot be read can never be resumed. What to do about it is said elsewhere.
  const index = await checkedLedger(run).catch(() => null);
  return index === null || index.orders.byRow.size === 0 ? null : index.orders;
}

function refusalBy(run: Run, orders: LedgerIndex['orders'], context: Context, which = ''): FailedEnding {
  const next = commandOn(run, 'resume', context);
  const message = waitText(run, { orders }, next, which);
  return { ...refusal('orders_open', message, `run ${run.manifest.run_id} waits for a bulk order`), next };
}

/**
 * Refuses to start in place of unfinished runs while a bulk order of one of them may still move numbers. Null if none
 * may.
 */
export async function checkOrdersOf(unfinished: readonly Run[], context: Context): Promise<FailedEnding | null> {
  for (const run of unfinished) {
    const orders = await openOrdersOf(run);
    if (orders !== null) return refusalBy(run, orders, context);
  }
  return null;
}

/** The ids of the rows that open orders of a run may still move. */
function idsIn({ dir }: Run, { byRow }: LedgerIndex['orders']): Set<string> {
  const plan = openPlanEntries(runFiles(dir).plan);
  try {
    return new Set(Array.from(byRow.keys(), (row) => plan.entryOf(row).id));
  } finally {
    plan.close();
  }
}

/**
 * Refuses a plan with numbers that a bulk order of another run may still move, whatever the input of that run: it may be
 * an input of the numbers that failed there. Null if there are none.
 */
export async function checkNumbersAreFree(run: Run, context: Context): Promise<FailedEnding | null> {
  for (const other of await unfinishedWithOrders(run, context)) {
    const orders = await openOrdersOf(other);
    if (orders === null) continue;
    const ids = idsIn(other, orders);
    let rows = 0;
    for await (const batch of readPlan(runFiles(run.dir).plan)) {
      rows += batch.filter(({ action, id }) => action === 'change' && ids.has(id)).length;
    }
    const which = ` that has the numbers of ${count(rows, 'row')} of this plan`;
    if (rows > 0) return refusalBy(other, orders, context, which);
  }
  return null;
}

/** The invocation of a run that follows another: without orders if one has changed there what it must not change. */
export function afterOrders<I extends Invocation>(invocation: I, { orders }: Pick<LedgerIndex, 'orders'>): I {
  const { settings, sources } = invocation;
  return orders.mismatch !== null && sources.bulk !== 'flag'
    ? { ...invocation, settings: { ...settings, bulk: 'off' } }
    : invocation;
}
