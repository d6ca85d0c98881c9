import { planExit, signalExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { RunCommand } from '../../core/run/manifest.ts';
import { variableOf } from '../../core/settings/flags.ts';
import { SETTING_NAMES, type SettingName, settingDefinition } from '../../core/settings/schema.ts';
import { count, quoted, thousands } from '../../core/text/text.ts';
import { visible } from '../../core/text/visible.ts';
import { createStop } from '../../engine/stop.ts';
import { removeRun } from '../../io/run/directory.ts';
import { requireKey } from '../account/connect.ts';
import { endRun } from '../ending/end-run.ts';
import { checkNumbersAreFree } from '../ending/open-orders.ts';
import { type FailedEnding, failedEnding, type RunEnding } from '../ending/run-ending.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { Invocation, KeyedInvocation } from '../invocation.ts';
import { createStyle, printProgress } from '../output.ts';
import { newRun } from '../run/create.ts';
import { logRejections, MAX_LOGGED_REJECTIONS } from '../run/log.ts';
import type { Run } from '../run/open.ts';
import { checkEarlierRuns, checkNotHandedOver, runToResume, unfinishedLike } from '../run/unfinished.ts';
import { onEndSignals } from '../signals.ts';
import { checkGate } from './consented-gate.ts';
import { checkMinRows, checkPlanGuards, checkRejected, checkStrict, checkUnfinished } from './guards.ts';
import { copyInput, findInput, type InputSource, refusedFile } from './input-source.ts';
import { type PlannedRun, planRun } from './plan-run.ts';
import { showPlan } from './show-plan.ts';

/** `unfinished`: earlier runs of the same input that were not finished. */
type PlannedInput = { planned: PlannedRun; unfinished: Run[] };

/** `exit`: the run has ended. `instead`: the run to resume, because --if-unfinished says so. */
type Ended = { exit: number } | { instead: Run };

/** A run whose plan may be executed. */
export type PreparedPlan = { run: Run; unfinished: Run[] } | Ended;

/** How a run ends that could not be planned. */
function planningFailure(error: unknown, signal: AbortSignal): FailedEnding {
  if (error instanceof CommandError && error.exit === EXIT.preflight) {
    return failedEnding(error.exit, 'refused', error.code, error.message);
  }
  if (signal.aborted) {
    const message = `Stopped by ${signal.reason} while planning, and nothing was sent.`;
    return failedEnding(signalExit(String(signal.reason)), 'interrupted', 'signal', message);
  }
  const message = `Stopped while planning, and nothing was sent: ${visible((error as Error).message)}.`;
  return failedEnding(EXIT.internal, 'interrupted', 'internal', message);
}

/** With these exit codes, no run directory is left. */
const NO_DIRECTORY: readonly number[] = [EXIT.input, EXIT.usage, EXIT.locked];

/** A variable that keeps a live job from sending, or that changes every row, must not go unnoticed. */
function environmentNotes({ settings, sources }: Invocation): string[] {
  const isSet = (name: SettingName) => sources[name] === 'environment';
  const silencing = SETTING_NAMES.filter((name) => settingDefinition(name).writesNothing === true)
    .filter((name) => settings[name] === true && isSet(name))
    .map((name) => `${variableOf(name)} is set: nothing is sent to the account`);
  const targets = (['to_profile', 'to_product'] as const).filter(isSet);
  return [...silencing, ...targets.map((name) => `${variableOf(name)} is set: it is the target of every row`)];
}

/** Makes a run and plans its input. If a signal or an error interrupts that, it ends the run; nothing was sent. */
export async function planOrExit(
  source: InputSource,
  command: RunCommand,
  invocation: KeyedInvocation,
): Promise<PlannedInput | Ended> {
  const { context } = invocation;
  if (command === 'apply') checkEarlierRuns(invocation.settings.runs_dir, invocation);
  const controller = new AbortController();
  const { signal } = controller;
  const stop = createStop();
  const removeHandlers = onEndSignals(context, (name) => {
    controller.abort(name);
    stop.ask('signal', name);
  });
  let run: Run = { ...(await newRun(source, command, invocation)), reading: source.reading };
  checkGate(run, invocation);
  try {
    await source.open?.(signal);
    run = await copyInput(run, source, signal);
    const unfinished = command === 'apply' ? await unfinishedLike(run, context) : [];
    signal.throwIfAborted();
    const instead = runToResume(run, unfinished, invocation);
    if (instead !== null) {
      // It contains nothing but a copy of the input.
      removeRun(run.dir);
      return { instead };
    }
    checkNotHandedOver(unfinished, context);
    const planned = await planRun(run, source, invocation, { signal, stop });
    // A signal after the last row must not be lost.
    signal.throwIfAborted();
    return { planned, unfinished };
  } catch (error) {
    if (error instanceof CommandError && NO_DIRECTORY.includes(error.exit)) {
      // There is nothing in it but a copy, if the input could be read to its end at all.
      removeRun(run.dir);
      throw error instanceof UsageError ? UsageError.of([error.message, ...environmentNotes(invocation)]) : error;
    }
    return { exit: await endRun(run, planningFailure(error, signal), invocation) };
  } finally {
    source.close?.();
    removeHandlers();
  }
}

/** Refuses an input that is not a CSV file with the columns that are needed. */
export function checkFile({ fileError }: PlannedRun, where: string): FailedEnding | null {
  return fileError === null ? null : refusedFile(fileError, where);
}

function inputNotes({ preview, fileError }: PlannedRun): string[] {
  const notes = preview.blankLines > 0 ? [`${count(preview.blankLines, 'blank line')} skipped`] : [];
  if (preview.cutLine !== null) {
    notes.push(
      `line ${preview.cutLine} ends without a line end and with an empty or short cell: the file may have been cut off`,
    );
  }
  if (preview.ignoredColumn !== null) {
    notes.push(`the column ${quoted(preview.ignoredColumn)} holds no phone numbers, so it is ignored`);
  }
  if (preview.withoutText > 0) {
    const without = `${count(preview.withoutText, 'rejected row')} of ${thousands(preview.actions.rejected)}`;
    notes.push(
      `${without} have no text in results.csv and failed.csv, only their reason: the texts would take over 8 MiB`,
    );
  }
  const unlogged = preview.actions.rejected - MAX_LOGGED_REJECTIONS;
  if (unlogged > 0) {
    notes.push(`the log has the first ${count(MAX_LOGGED_REJECTIONS, 'rejected row')}, and results.csv all of them`);
  }
  return fileError === null && preview.rows === 0 ? [...notes, 'the input has a header and no rows'] : notes;
}

/** Ends a command that only plans. */
function endOfPlan({ run, preview }: PlannedRun, { settings }: Invocation): RunEnding | null {
  if (run.manifest.command !== 'plan') return null;
  const { rejected, held, change } = preview.actions;
  const ending = planExit(rejected, settings.skip_rejected, held);
  const hasChanges = settings.detailed_exitcode && ending.exit === EXIT.ok && change > 0;
  return { ...ending, exit: hasChanges ? EXIT.changes : ending.exit, error: null };
}

/** From an input to a saved plan that may be executed: `plan`, `--dry-run`, `apply`, `retry` and `undo` share this. */
export async function preparePlan(
  source: InputSource,
  command: 'plan' | 'apply' | 'retry' | 'undo',
  invocation: KeyedInvocation,
): Promise<PreparedPlan> {
  const { settings, context } = invocation;
  const { where } = source;
  const attempt = await planOrExit(source, command, invocation);
  if (!('planned' in attempt)) return attempt;
  const { planned, unfinished } = attempt;
  const notes = [...environmentNotes(invocation), ...inputNotes(planned)];
  const warnings = [...notes, ...planned.warnings];
  const run = { ...planned.run, manifest: { ...planned.run.manifest, warnings } };
  const badFile = checkFile(planned, where);
  if (badFile !== null) {
    printProgress(invocation, `${createStyle(context.stderr, context.env)('bad', badFile.error.message)}\n`);
    return { exit: await endRun(run, badFile, invocation) };
  }
  const { rows, actions } = planned.preview;
  showPlan(planned, { where, notes }, invocation);
  if (actions.rejected > 0) await logRejections(run, actions.rejected, invocation);
  const ending =
    checkMinRows(where, rows, settings) ??
    checkRejected(planned, where, invocation) ??
    checkPlanGuards({ rows, ...actions }, settings) ??
    checkStrict(planned.warnings, settings) ??
    endOfPlan(planned, invocation) ??
    (await checkUnfinished(run, unfinished, invocation)) ??
    (await checkNumbersAreFree(run, context));
  return ending === null ? { run, unfinished } : { exit: await endRun(run, ending, invocation) };
}

/** Plans an input, for `plan`, `--dry-run` and jobs that plan. Returns the exit code. */
export async function planInput(input: string, invocation: Invocation): Promise<number> {
  const key = invocation.settings.offline ? null : requireKey(invocation);
  const source = findInput(input, invocation);
  if ('exit' in source) return source.exit;
  const prepared = await preparePlan(source, 'plan', { ...invocation, key });
  return 'exit' in prepared ? prepared.exit : EXIT.ok;
}
