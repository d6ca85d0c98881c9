import { join } from 'node:path';
import { dialectText, heldText, planText, rejectionText } from '../../core/plan/plan-text.ts';
import { planExit, signalExit } from '../../core/results/run-exit.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { variableOf } from '../../core/settings/flags.ts';
import { limitText } from '../../core/settings/raw.ts';
import type { Resolved } from '../../core/settings/resolve.ts';
import { SETTING_NAMES, type Settings, settingDefinition } from '../../core/settings/schema.ts';
import { count } from '../../core/text/text.ts';
import { createStop } from '../../engine/stop.ts';
import { removeRun } from '../../io/run/directory.ts';
import type { Context } from '../context.ts';
import { endRun } from '../ending/end-run.ts';
import type { Finish } from '../ending/summarize.ts';
import { CommandError } from '../errors.ts';
import { createStyle, print, wrapForTerminal } from '../output.ts';
import { newRun } from '../run/create.ts';
import { logRejections } from '../run/log.ts';
import { commandOn, type Run } from '../run/open.ts';
import { unfinishedLike } from '../run/unfinished.ts';
import { onEndSignals } from '../signals.ts';
import { copyInput, type InputSource } from './input-source.ts';
import { validUntil } from './plan-age.ts';
import { type PlannedRun, planRun } from './plan-run.ts';

/** Warnings that are printed: a move between hundreds of profiles has hundreds. */
const SHOWN_WARNINGS = 20;

/** The warnings of a plan for people, a line each; those beyond the first are in summary.json. */
export function warningText(warnings: readonly string[], dir: string, context: Context): string {
  const paint = createStyle(context.stderr, context.env);
  const lines = warnings.slice(0, SHOWN_WARNINGS).map((text) => {
    // Fitted without its colours, which take no columns.
    const line = wrapForTerminal(context.stderr, `warning: ${text}`);
    return `${paint('strong', 'warning:')}${line.slice('warning:'.length)}\n`;
  });
  const more = warnings.length - SHOWN_WARNINGS;
  if (more > 0) lines.push(`and ${count(more, 'more warning')} in ${join(dir, 'summary.json')}\n`);
  return lines.join('');
}

/** A run whose plan is good to go, the exit code with which it has ended already, or the run to go on with instead. */
export type PreparedPlan = { run: Run; warnings: string[]; unfinished: Run[] } | { exit: number } | { instead: Run };

/** Why a plan is refused for its size (exit 8): fewer rows than --min-rows wants, or more changes than --max-changes lets. */
export function refusalOf(
  where: string,
  { rows, change }: { rows: number; change: number },
  { min_rows: least, max_changes: most }: Pick<Settings, 'min_rows' | 'max_changes'>,
): Finish | null {
  const refused = (reason: string, message: string): Finish => ({
    exit: EXIT.refused,
    state: 'refused',
    stop: { reason, detail: message },
    error: { code: reason, message },
  });
  if (rows < least)
    return refused('min_rows', `${where} has ${count(rows, 'data row')}, and --min-rows wants ${least}`);
  if (most === null) return null;
  const over = most.percent ? change * 100 > most.value * rows : change > most.value;
  if (!over) return null;
  const what = `${count(change, 'row')} of ${rows.toLocaleString('en-US')} would change`;
  return refused('max_changes', `${what}, more than --max-changes ${limitText(most)}; nothing was sent`);
}

/** What the plan's last line says of where its requests go. */
export function sentTo(settings: Resolved['settings']): string {
  return settings.sandbox ? 'To the stand-in' : `PATCH ${settings.base_url}/phone_numbers/{id}/messaging`;
}

/** Notes about variables that keep the command from writing: a forgotten one would make a live job do nothing. */
function environmentNotes({ settings, sources }: Resolved): string[] {
  return SETTING_NAMES.filter((name) => settingDefinition(name).writesNothing === true)
    .filter((name) => settings[name] === true && sources[name] === 'environment')
    .map((name) => `${variableOf(name)} is set: nothing is sent to the account`);
}

/** Makes a run and plans it; a signal or a fault of the machine on the way ends the run, and nothing was sent. */
export async function planOrExit(
  origin: InputSource,
  resolved: Resolved,
  command: string,
  key: string | null,
  context: Context,
): Promise<{ planned: PlannedRun; unfinished: Run[] } | { exit: number } | { instead: Run }> {
  const controller = new AbortController();
  const stop = createStop();
  const forget = onEndSignals(context, (signal) => {
    controller.abort(signal);
    stop.ask('signal', signal);
  });
  let run = await newRun(origin, resolved, command, context);
  try {
    run = await copyInput(run, origin, controller.signal);
    const unfinished = command === 'apply' ? await unfinishedLike(run, context) : [];
    controller.signal.throwIfAborted();
    const instead = unfinished.at(-1);
    if (instead !== undefined && resolved.settings.if_unfinished === 'resume') {
      // Nothing but a copy of the input is in it.
      removeRun(run.dir);
      return { instead };
    }
    const planned = await planRun(run, origin, resolved, key, controller.signal, stop, context);
    // One that came behind the last row has been taken from the process, and must not be lost.
    controller.signal.throwIfAborted();
    return { planned, unfinished };
  } catch (error) {
    if (error instanceof CommandError && error.exit === EXIT.preflight) {
      const { code, message } = error;
      return {
        exit: await endRun(run, { exit: error.exit, state: 'refused', error: { code, message } }, resolved, context),
      };
    }
    const { reason, aborted } = controller.signal;
    const message = aborted
      ? `Stopped by ${reason} while planning, and nothing was sent.`
      : `Stopped while planning, and nothing was sent: ${(error as Error).message}.`;
    const exit = aborted ? signalExit(String(reason)) : EXIT.internal;
    const code = aborted ? 'signal' : 'internal';
    return { exit: await endRun(run, { exit, state: 'interrupted', error: { code, message } }, resolved, context) };
  } finally {
    forget();
  }
}

/**
 * From an input to a saved plan that may be carried out: copy, check, show. The same code for `plan`, `--dry-run` and
 * `apply` up to the sending. `instead` is the run to go on with where --if-unfinished says so.
 */
export async function preparePlan(
  origin: InputSource,
  where: string,
  resolved: Resolved,
  command: 'plan' | 'apply' | 'retry' | 'undo',
  key: string | null,
  context: Context,
): Promise<PreparedPlan> {
  const { settings } = resolved;
  const talks = !settings.quiet && !settings.json;
  const attempt = await planOrExit(origin, resolved, command, key, context);
  if (!('planned' in attempt)) return attempt;
  const { planned, unfinished } = attempt;
  const { run, preview, fault, dialect, account } = planned;
  const notes = environmentNotes(resolved);
  const warnings = () => [...notes, ...planned.warnings];
  const end = async (finish: Finish) => ({ exit: await endRun(run, finish, resolved, context, warnings()) });
  if (fault !== null) {
    const line = fault.line === null ? '' : `, line ${fault.line}`;
    const message = `${where}${line}: ${fault.code}: ${fault.text}`;
    if (talks) print(context.stderr, `${createStyle(context.stderr, context.env)('bad', message)}\n`);
    return end({ exit: EXIT.input, state: 'refused', error: { code: fault.code, message } });
  }
  if (preview.blankLines > 0) notes.push(`${count(preview.blankLines, 'blank line')} skipped`);
  if (preview.rows === 0) notes.push('the input has a header and no rows');
  if (talks) {
    if (dialect !== null && origin.plan === undefined) print(context.stderr, `${where}: ${dialectText(dialect)}\n`);
    for (const note of notes) print(context.stderr, `note: ${note}\n`);
    const text = planText(preview, settings, sentTo(settings), Date.now(), validUntil(run, settings), account);
    const out = command === 'plan' ? context.stdout : context.stderr;
    print(out, wrapForTerminal(out, text));
    print(context.stderr, warningText(planned.warnings, run.shown, context));
    print(context.stderr, wrapForTerminal(context.stderr, heldText(preview, join(run.shown, 'held.csv'))));
    const rejections = wrapForTerminal(context.stderr, rejectionText(preview, join(run.shown, 'results.csv')));
    if (rejections !== '') print(context.stderr, createStyle(context.stderr, context.env)('bad', rejections));
  }
  const { rejected, change } = preview.actions;
  if (rejected > 0) await logRejections(run, settings, context);
  const refusal = refusalOf(where, { rows: preview.rows, change }, settings);
  const ending = planExit(rejected, settings.skip_rejected, preview.actions.held);
  if (refusal?.stop?.reason === 'min_rows') return end(refusal);
  if (ending.exit === EXIT.input) {
    const message = `${count(rejected, 'row')} of ${where} rejected; nothing was sent`;
    return end({ ...ending, error: { code: 'rejected_rows', message } });
  }
  if (refusal !== null) return end(refusal);
  if (settings.strict && planned.warnings.length > 0) {
    const message = `${count(planned.warnings.length, 'warning')}, which --strict makes errors; nothing was sent`;
    return end({
      exit: EXIT.refused,
      state: 'refused',
      stop: { reason: 'strict', detail: message },
      error: { code: 'strict', message },
    });
  }
  if (command === 'plan' && settings.detailed_exitcode && ending.exit === EXIT.ok && preview.actions.change > 0) {
    return end({ ...ending, exit: EXIT.changes, error: null });
  }
  if (command === 'plan') return end({ ...ending, error: null });
  if (unfinished.length > 0 && settings.if_unfinished === 'refuse') {
    return end(refusedAsUnfinished(run, unfinished, resolved, context));
  }
  const told = warnings();
  return { run: { ...run, manifest: { ...run.manifest, warnings: told } }, warnings: told, unfinished };
}

/** Ends a run that is not begun because an earlier one of the same input was not brought to its end. */
export function refusedAsUnfinished(run: Run, unfinished: Run[], { settings }: Resolved, context: Context): Finish {
  const last = unfinished.at(-1) as Run;
  const skip = settings.skip_rejected ? ['--skip-rejected'] : [];
  const anew = commandOn(run, 'apply', context, '--if-unfinished', 'new', ...skip);
  const said = `Run ${last.manifest.run_id} of the same input was not finished, so nothing was sent.`;
  // One that met wrong numbers must not go on: what is right is to mend the file, and start anew.
  const isWrong = last.manifest.stop?.reason === 'phone_number_mismatch';
  const goOn = isWrong ? null : commandOn(last, 'resume', context);
  const message =
    goOn === null
      ? `${said} It stopped because phone numbers did not belong to their ids: mend the file first.\n  Start anew:     ${anew}`
      : `${said}\n  Go on with it:  ${goOn}\n  Start anew:     ${anew}`;
  const stop = { reason: 'unfinished', detail: `run ${last.manifest.run_id} of the same input was not finished` };
  return { exit: EXIT.refused, state: 'refused', stop, next: goOn ?? anew, error: { code: 'unfinished', message } };
}
