import { planAgain } from '../../core/followup/next-command.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { fileSha256 } from '../../io/digest.ts';
import { runFiles } from '../../io/run/directory.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import type { Run } from '../run/open.ts';

/**
 * Throws CommandError (exit 8) where the plan of a run cannot be carried out: there is none, or its files are not what
 * was planned. The message names the command that plans again.
 */
export async function checkPlan(run: Run, context: Context): Promise<void> {
  const { state, plan, fault, input, run_id: id, exit_code: exit } = run.manifest;
  const files = runFiles(run.dir);
  const command = planAgain(run.manifest, context.program);
  const again = (how: string) => (command === null ? '' : ` ${how}: ${command}`);
  const refuse = (code: string, message: string) => new CommandError(EXIT.refused, code, message, command);
  if (plan === null && exit === EXIT.preflight) {
    throw refuse('no_plan', `Run ${id} has no plan: the account could not be read for it.${again('Plan again')}`);
  }
  if (state === 'planning' || (plan === null && fault === null)) {
    throw refuse('no_plan', `Run ${id} ended while it was planning, and nothing was sent.${again('Start again')}`);
  }
  if (plan === null) throw refuse('no_plan', `Run ${id} has no plan: its input was refused.${again('Plan again')}`);
  for (const [path, sha256, what] of [
    [files.plan, plan.sha256, 'plan.csv'],
    [files.input, input.sha256, 'input.csv'],
  ] as const) {
    if ((await fileSha256(path).catch(() => '')) === sha256) continue;
    const message = `${what} in ${run.shown} is not what was planned, so nothing was sent.${again('Plan again')}`;
    throw refuse('plan_changed', message);
  }
}
