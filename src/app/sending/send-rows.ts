import { executionExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { FinishBy } from '../../core/settings/finish-by.ts';
import { visible } from '../../core/text/visible.ts';
import { withCampaigns } from '../account/campaigns-after.ts';
import { openTarget } from '../account/connect.ts';
import type { Reread } from '../account/reread.ts';
import { endRun, type Undone } from '../ending/end-run.ts';
import { type Executed, errorOf, failedEnding } from '../ending/run-ending.ts';
import { CommandError } from '../errors.ts';
import { reportDetached } from '../handover/attach.ts';
import { executeInQueue, type QueueRun } from '../handover/queue-run.ts';
import type { HeldAccount, KeyedInvocation } from '../invocation.ts';
import { checkPlanFiles } from '../planning/check-plan.ts';
import { isDamage } from '../run/damage.ts';
import type { Run } from '../run/open.ts';
import { supersede } from '../run/unfinished.ts';
import { executePlan } from './execute.ts';
import { finishTimeOf } from './finish-time.ts';

/** Undoes what a run has changed. */
export type UndoFailure = (run: Run, invocation: KeyedInvocation) => Promise<Undone>;

/**
 * `supersedes`: runs that this one supersedes. `reread`: the account as it is now, if the plan was made before. `undo`:
 * undoes a run that has failed, for --undo-on-failure.
 */
export type Sending = { supersedes?: Run[]; reread?: Reread | null; undo: UndoFailure };

/** Ends a run that could not be started. */
async function endUnstarted(run: Run, error: unknown, invocation: KeyedInvocation): Promise<number> {
  if (error instanceof CommandError || isDamage(error)) throw error;
  const message = `Could not start the run, and nothing was sent: ${visible((error as Error).message)}.`;
  const { state, stop } = run.manifest;
  return endRun(run, { ...failedEnding(EXIT.internal, state, 'internal', message), stop }, invocation);
}

/** Hands the rows over to workers. */
async function sendByWorkers(
  run: Run,
  invocation: KeyedInvocation & { held: HeldAccount },
  { reread = null, finishBy }: Omit<Sending, 'undo'> & { finishBy: FinishBy | null },
): Promise<number> {
  const { lease, queue } = invocation.held;
  if (lease?.isLost() === true) {
    const message = `The account was lost to others while the plan was made, because ${queue.name} did not answer; nothing was sent.`;
    const { state, stop } = run.manifest;
    return endRun(run, { ...failedEnding(EXIT.preflight, state, 'queue_unreachable', message), stop }, invocation);
  }
  let executed: QueueRun;
  try {
    executed = await executeInQueue(run, invocation, { reread, finishBy });
  } catch (error) {
    return endUnstarted(run, error, invocation);
  }
  if ('detached' in executed) return reportDetached(executed.detached, executed.left, invocation);
  return endRun(await withCampaigns(executed, invocation), executed.decide, invocation);
}

/** Sends the rows of a plan that are still to be sent, and writes the results. Returns the exit code. */
export async function sendRows(run: Run, invocation: KeyedInvocation, sending: Sending): Promise<number> {
  const { supersedes = [], reread = null, undo } = sending;
  const time = finishTimeOf(invocation.settings);
  if ('refused' in time) throw errorOf(time.refused);
  const isEmpty = (run.manifest.plan?.change ?? 0) === 0;
  if (!isEmpty) await checkPlanFiles(run, invocation.context);
  supersede(supersedes, run);
  if (isEmpty) return endRun(run, (tally) => executionExit(null, tally), invocation);
  const { held } = invocation;
  if (held !== undefined && 'queue' in held)
    return sendByWorkers(run, { ...invocation, held }, { ...sending, ...time });
  const { target, close } = await openTarget(run.dir, invocation);
  let executed: Executed;
  try {
    executed = await executePlan(run, invocation, { target, reread, finishBy: time.finishBy });
  } catch (error) {
    await close().catch(() => undefined);
    return endUnstarted(run, error, invocation);
  }
  const { manifest } = executed.run;
  const warnings = [...manifest.warnings];
  await close().catch((error: Error) => {
    warnings.push(`the state of the sandbox could not be saved: ${visible(error.message)}`);
  });
  const ended = { ...executed, run: { ...executed.run, manifest: { ...manifest, warnings } } };
  const compared = await withCampaigns(ended, invocation);
  return endRun(compared, executed.decide, invocation, (run) => undo(run, invocation));
}
