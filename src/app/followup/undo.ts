import { visible } from '../../core/text/visible.ts';
import { checkAccount } from '../account/check-account.ts';
import { withKey } from '../account/connect.ts';
import type { Invocation } from '../invocation.ts';
import { printProgress } from '../output.ts';
import { checkPlan } from '../planning/check-plan.ts';
import { draftUndo, planUndo } from '../planning/undo-plan.ts';
import { checkedLedger } from '../run/ledger-index.ts';
import type { Run } from '../run/open.ts';
import { checkOutputs } from '../run/outputs.ts';
import { inputFrom, startNewRun, takeSource } from './new-run-of.ts';

/**
 * `undo RUN_DIR`: a new run that restores what a run has changed, if the number still has what that run set. Returns
 * the exit code.
 */
export async function undoRun(opened: Run, given: Invocation): Promise<number> {
  checkOutputs({ run: opened }, given);
  const { source: taken, state, invocation } = await takeSource(opened, 'undo', withKey(given));
  const { settings, context } = invocation;
  await checkPlan(taken, context);
  const source = await checkAccount(taken, invocation);
  const { manifest, dir, shown } = source;
  const index = await checkedLedger(source);
  const input = inputFrom(source, {
    path: null,
    where: `undo of ${visible(shown)}`,
    name: `undo-${manifest.name}`,
    source: { run_id: manifest.run_id, dir, only: '', undo: true },
    async copy(to) {
      const { rows, sha256 } = draftUndo(dir, index, to);
      if (rows === 0) {
        printProgress(invocation, `Run ${manifest.run_id} has changed nothing: there is nothing to undo.\n`);
      }
      return sha256;
    },
    plan: (to, signal, read) => planUndo(to, settings.force, signal, read),
  });
  const isOver = state === 'finished' || state === 'superseded';
  return startNewRun(input, { verb: 'undo', supersedes: isOver ? [] : [source] }, invocation);
}
