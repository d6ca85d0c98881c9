import { dirname } from 'node:path';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Manifest, RunCommand } from '../../core/run/manifest.ts';
import { commandLine } from '../../core/text/shell.ts';
import { count } from '../../core/text/text.ts';
import { checkAccount } from '../account/check-account.ts';
import { requireKey, withKey } from '../account/connect.ts';
import { rereadAccount, rereadOrExit } from '../account/reread.ts';
import type { Context } from '../context.ts';
import { endRun } from '../ending/end-run.ts';
import { checkNumbersAreFree, checkOrdersOf } from '../ending/open-orders.ts';
import { errorOf, type FailedEnding, failedEnding } from '../ending/run-ending.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { Invocation, KeyedInvocation } from '../invocation.ts';
import { printProgress } from '../output.ts';
import { checkExpected, checkPlan, checkPlanAge } from '../planning/check-plan.ts';
import { checkGate } from '../planning/consented-gate.ts';
import { checkMinRows, checkPlanGuards, checkUnfinished } from '../planning/guards.ts';
import { findInput } from '../planning/input-source.ts';
import { planInput, preparePlan } from '../planning/prepare.ts';
import { checkSavedStrict, savedPlanText, showSavedPlan } from '../planning/saved-plan.ts';
import { lockAccount, lockForWriting } from '../run/account-lock.ts';
import { checkedLedger } from '../run/ledger-index.ts';
import { stateOf } from '../run/locks.ts';
import { commandOn, handedOver, keptSettings, type Run } from '../run/open.ts';
import { checkOutputs } from '../run/outputs.ts';
import {
  checkEarlierRuns,
  checkNotHandedOver,
  runToResume,
  sourceTakenOver,
  unfinishedLike,
} from '../run/unfinished.ts';
import { confirmAndSend } from './confirm.ts';
import { resumeInstead } from './resume.ts';
import { undoFailure } from './undo-failure.ts';

/** `apply INPUT`: plans an input and executes the plan. Returns the exit code. */
export async function applyInput(input: string, given: Invocation): Promise<number> {
  if (given.settings.expect_plan !== null) {
    const how = 'plan an input first, and give apply the run directory that plan names';
    throw new UsageError(`--expect-plan needs a run directory: ${how}`);
  }
  if (given.settings.dry_run) return planInput(input, given);
  const keyed = withKey(given);
  const source = findInput(input, keyed);
  if ('exit' in source) return source.exit;
  const invocation = await lockAccount(keyed, `apply ${input}`);
  const prepared = await preparePlan(source, 'apply', invocation);
  if ('exit' in prepared) return prepared.exit;
  if ('instead' in prepared) return resumeInstead(prepared.instead, invocation);
  return confirmAndSend(prepared.run, invocation, { supersedes: prepared.unfinished, undo: undoFailure });
}

/** Throws CommandError (exit 8 or 9) with the command to use instead if a run cannot be applied in its state. */
async function checkIsPlanned(run: Run, isOurs: boolean, context: Context): Promise<void> {
  const atWorkers = handedOver(run, context);
  if (atWorkers !== null) throw atWorkers;
  const { run_id: id, plan, started_at: startedAt } = run.manifest;
  const state = await stateOf(run.dir, run.manifest, isOurs);
  // Without a plan, checkPlan refuses the run.
  if (plan === null || state === 'planned' || state === 'refused') return;
  if ((state === 'interrupted' || state === 'paused') && startedAt === null) return;
  const refuse = (what: string, next: string) =>
    new CommandError(EXIT.refused, 'not_planned', `Run ${id} ${what}: ${next}`, next);
  if (state === 'interrupted' || state === 'paused') {
    throw refuse(`has started and is ${state}. Resume it`, commandOn(run, 'resume', context));
  }
  const results = commandLine(context.program, 'results', run.shown);
  throw refuse(`is ${state}, and apply needs a planned run. See how it ended`, results);
}

/** The command that a saved plan belongs to once it is executed. */
function commandOf({ source }: Manifest): RunCommand {
  if (source === null) return 'apply';
  return source.undo && source.only === '' ? 'undo' : 'retry';
}

/** Refuses a saved plan with rejected rows, unless --skip-rejected. */
function checkSavedRejections({ manifest }: Run, { settings, sources }: Invocation): FailedEnding | null {
  const rejected = manifest.plan?.rejected ?? 0;
  // A run that was refused for its rejected rows cannot hold the consent to skip them.
  const isGiven = sources.skip_rejected !== 'run' || manifest.exit_code !== EXIT.input;
  if (rejected === 0 || (settings.skip_rejected && isGiven)) return null;
  return failedEnding(EXIT.input, 'refused', 'rejected_rows', `${count(rejected, 'row')} rejected; nothing was sent`);
}

/** Rereads the account, shows the plan, asks and sends. */
async function sendSavedPlan(given: Run, invocation: KeyedInvocation, supersedes: Run[]): Promise<number> {
  const run = await checkAccount(given, invocation);
  const reread = await rereadOrExit(run, invocation);
  if ('exit' in reread) return reread.exit;
  const { text, toSend } = await savedPlanText(reread, invocation, invocation.context.stderr);
  printProgress(invocation, text);
  const { manifest } = reread.run;
  const applied = { ...reread.run, manifest: { ...manifest, command: commandOf(manifest) } };
  return confirmAndSend(applied, invocation, { reread: reread.reread, toSend, supersedes, undo: undoFailure });
}

/** `apply RUN_DIR`: executes a saved plan. A dry run shows it and leaves its files alone. Returns the exit code. */
export async function applyRun(opened: Run, given: Invocation): Promise<number> {
  const { settings, context } = given;
  if (settings.expect_plan !== null && settings.if_unfinished === 'resume') {
    throw new UsageError('--if-unfinished resume would send the plan of another run; leave it out with --expect-plan');
  }
  checkOutputs({ run: opened }, given);
  const needsNoKey = settings.dry_run && opened.manifest.settings.offline === 'true';
  const keyed = { ...given, key: needsNoKey ? null : requireKey(given) };
  const { run: locked, lock, invocation } = await lockForWriting(opened, 'apply', keyed);
  // Settings of this call belong to the run from now on, and to the commands that it prints.
  const manifest = { ...locked.manifest, settings: keptSettings(invocation), locked: lock !== null };
  const run = { ...locked, manifest, expected: settings.expect_plan };
  const refuse = (ending: FailedEnding) => {
    if (settings.dry_run) throw errorOf(ending);
    return endRun(run, ending, invocation);
  };
  await checkIsPlanned(run, lock !== null, context);
  if (!settings.dry_run) checkGate(run, invocation);
  const plan = await checkPlan(run, context);
  checkExpected(run, settings, context);
  await checkedLedger(run);
  const rejected = checkSavedRejections(run, invocation);
  if (rejected !== null) return refuse(rejected);
  checkPlanAge(run, settings, context);
  const { rows } = manifest.input;
  const refused = checkMinRows('the plan', rows, settings) ?? checkPlanGuards({ rows, ...plan }, settings);
  if (refused !== null) return refuse(refused);
  checkSavedStrict(run, invocation);
  if (settings.dry_run) return showSavedPlan(await rereadAccount(run, invocation, false), invocation);
  checkEarlierRuns(dirname(run.dir), invocation);
  const unfinished = await unfinishedLike(run, context);
  const takenOver = await sourceTakenOver(run, context);
  const instead = runToResume(run, unfinished, invocation);
  if (instead !== null) {
    lock?.release();
    return resumeInstead(instead, invocation);
  }
  checkNotHandedOver(unfinished, context);
  const superseded = [...unfinished, ...takenOver];
  const inTheWay =
    (await checkUnfinished(run, unfinished, invocation)) ??
    (await checkOrdersOf(takenOver, context)) ??
    (await checkNumbersAreFree(run, context));
  if (inTheWay !== null) return refuse(inTheWay);
  return sendSavedPlan(run, invocation, superseded);
}
