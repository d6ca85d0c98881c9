import { checkAccount } from '../account/check-account.ts';
import { withKey } from '../account/connect.ts';
import type { Invocation } from '../invocation.ts';
import { checkPlan } from '../planning/check-plan.ts';
import { undoInput } from '../planning/undo-input.ts';
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
  const input = await undoInput(source, invocation);
  const isOver = state === 'finished' || state === 'superseded';
  return startNewRun(input, { verb: 'undo', supersedes: isOver ? [] : [source] }, invocation);
}
