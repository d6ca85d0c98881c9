import { executionExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { visible } from '../../core/text/visible.ts';
import { openTarget } from '../account/connect.ts';
import type { Reread } from '../account/reread.ts';
import { endRun } from '../ending/end-run.ts';
import { errorOf, failedEnding } from '../ending/run-ending.ts';
import { CommandError } from '../errors.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { isDamage } from '../run/damage.ts';
import type { Run } from '../run/open.ts';
import { supersede } from '../run/unfinished.ts';
import { type Executed, executePlan } from './execute.ts';
import { finishTimeOf } from './finish-time.ts';

/** `supersedes`: runs that this one supersedes. `reread`: the account as it is now, if the plan was made before. */
export type Sending = { supersedes?: Run[]; reread?: Reread | null };

/** Sends the rows of a plan that are still to be sent, and writes the results. Returns the exit code. */
export async function sendRows(run: Run, invocation: KeyedInvocation, sending: Sending): Promise<number> {
  const { supersedes = [], reread = null } = sending;
  const time = finishTimeOf(invocation.settings);
  if ('refused' in time) throw errorOf(time.refused);
  supersede(supersedes, run);
  if ((run.manifest.plan?.change ?? 0) === 0) return endRun(run, (tally) => executionExit(null, tally), invocation);
  const { target, close } = await openTarget(run.dir, invocation);
  let executed: Executed;
  try {
    executed = await executePlan(run, invocation, { target, reread, finishBy: time.finishBy });
  } catch (error) {
    await close().catch(() => undefined);
    if (error instanceof CommandError || isDamage(error)) throw error;
    const message = `Could not start the run, and nothing was sent: ${visible((error as Error).message)}.`;
    const { state, stop } = run.manifest;
    return endRun(run, { ...failedEnding(EXIT.internal, state, 'internal', message), stop }, invocation);
  }
  const { manifest } = executed.run;
  const warnings = [...manifest.warnings];
  await close().catch((error: Error) => {
    warnings.push(`the state of the sandbox could not be saved: ${visible(error.message)}`);
  });
  const ended = { ...executed.run, manifest: { ...manifest, warnings } };
  return endRun(ended, executed.decide, invocation);
}
