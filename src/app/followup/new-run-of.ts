import { EXIT } from '../../core/run/exit-codes.ts';
import type { State } from '../../core/run/manifest.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { checkPlan, wayToExecute } from '../planning/check-plan.ts';
import type { InputSource } from '../planning/input-source.ts';
import { preparePlan } from '../planning/prepare.ts';
import { lockForWriting } from '../run/account-lock.ts';
import { stateOf } from '../run/locks.ts';
import { handedOver, type Run } from '../run/open.ts';
import { successorText } from '../run/unfinished.ts';
import { confirmAndSend } from '../sending/confirm.ts';
import { undoFailure } from '../sending/undo-failure.ts';

type Followup = 'retry' | 'undo';

/** Throws CommandError (exit 8 or 9) if a run is not in a state that can be retried or undone. */
async function checkSourceState(source: Run, state: State, verb: Followup, context: Context): Promise<void> {
  const { run_id: id, superseded_by: successor, started_at: startedAt } = source.manifest;
  const atWorkers = handedOver(source, context);
  if (atWorkers !== null) throw atWorkers;
  if (state === 'running' || state === 'planning') {
    const code = verb === 'retry' ? 'no_retry' : 'locked';
    throw new CommandError(EXIT.locked, code, `Run ${id} is at work.`);
  }
  if (state === 'superseded' && verb === 'retry') {
    const next = successorText(source, 'retry', context);
    throw new CommandError(EXIT.refused, 'no_retry', `Run ${id} was superseded by run ${successor}.${next}`);
  }
  if (startedAt !== null || state === 'finished') return;
  await checkPlan(source, context);
  const { text, next } = wayToExecute(source, context);
  throw new CommandError(
    EXIT.refused,
    `no_${verb}`,
    `Run ${id} has sent nothing. ${text}`,
    verb === 'undo' ? next : null,
  );
}

/** Locks the run whose rows a new run takes, and the account. Returns the run with its state. */
export async function takeSource(opened: Run, verb: Followup, given: KeyedInvocation) {
  const { run: source, lock, invocation } = await lockForWriting(opened, verb, given);
  const state = await stateOf(source.dir, source.manifest, lock !== null);
  await checkSourceState(source, state, verb, invocation.context);
  return { source, state, invocation };
}

/** Plans and sends a new run. With --dry-run it is only planned. Returns the exit code. */
export async function startNewRun(
  input: InputSource,
  { verb, supersedes }: { verb: Followup; supersedes: Run[] },
  invocation: KeyedInvocation,
): Promise<number> {
  const prepared = await preparePlan(input, invocation.settings.dry_run ? 'plan' : verb, invocation);
  if ('instead' in prepared) return EXIT.ok;
  if ('exit' in prepared) return prepared.exit;
  return confirmAndSend(prepared.run, invocation, { supersedes, undo: undoFailure });
}
