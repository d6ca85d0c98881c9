import { checkAccount } from '../account/check-account.ts';
import { withKey } from '../account/connect.ts';
import { afterOrders, checkOrdersEnded } from '../ending/open-orders.ts';
import type { Invocation } from '../invocation.ts';
import { checkPlan } from '../planning/check-plan.ts';
import { undoInput } from '../planning/undo-input.ts';
import { checkedLedger } from '../run/ledger-index.ts';
import type { Run } from '../run/open.ts';
import { checkOutputs } from '../run/outputs.ts';
import { startNewRun, takeSource } from './new-run-of.ts';

/**
 * `undo RUN_DIR`: a new run that restores what a run has changed, if the number still has what that run set. Returns
 * the exit code.
 */
export async function undoRun(opened: Run, given: Invocation): Promise<number> {
  checkOutputs({ run: opened }, given);
  const { source: taken, state, invocation } = await takeSource(opened, 'undo', withKey(given));
  await checkPlan(taken, invocation.context);
  const source = await checkAccount(taken, invocation);
  const index = await checkedLedger(source);
  checkOrdersEnded(source, index, invocation.context);
  const input = undoInput(source, index, invocation);
  const isOver = state === 'finished' || state === 'superseded';
  return startNewRun(input, { verb: 'undo', supersedes: isOver ? [] : [source] }, afterOrders(invocation, index));
}
