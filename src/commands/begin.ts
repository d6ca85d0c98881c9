import { join } from 'node:path';
import { planEnding, signalExit } from '../core/ending.ts';
import { EXIT } from '../core/exit-codes.ts';
import { dialectText, planText, rejectionText } from '../core/plan-text.ts';
import type { Resolved } from '../core/resolve-settings.ts';
import { variableOf } from '../core/settings.ts';
import { commandLine } from '../core/shell.ts';
import type { Summary } from '../core/summary.ts';
import type { Tally } from '../core/tally.ts';
import { count } from '../core/text.ts';
import { type Context, painter, say, sayJson, UsageError } from './context.ts';
import { type Finish, isExecution, makeSummary, printSummary } from './finish.ts';
import type { Planned } from './make-plan.ts';
import { checkOutputs, inputExists, newRun, planRun, type Run, update } from './new-run.ts';
import { logRejections, openLog } from './run-log.ts';
import { onEndSignals } from './signals.ts';

/** A run whose plan is good to go, or the exit code with which it has ended already. */
export type Begun = { run: Run; warnings: string[] } | { exit: number };

/** The disk is full, or the run directory is gone: the ledger has what happened, and `results` makes the rest of it. */
function withoutResults(run: Run, error: Error, json: boolean, context: Context): number {
  const next = commandLine(context.program, 'results', run.shown);
  const message = `The result files could not be written: ${error.message}. The ledger is kept.`;
  if (json) sayJson(context, EXIT.internal, { next_command: next, error: { code: 'results', message } });
  else say(context.stderr, `${message}\nWhen that is mended: ${next}\n`);
  return EXIT.internal;
}

/** Ends a run: result files, summary, last line of the log, output. Gives the exit code. */
export async function endRun(
  run: Run,
  ending: Finish | { decide: (tally: Tally) => Finish },
  { settings }: Resolved,
  context: Context,
  warnings: string[] = [],
): Promise<number> {
  const execution = 'decide' in ending || isExecution(run.manifest.command, ending.state);
  const decide = 'decide' in ending ? ending.decide : () => ending;
  let summary: Summary;
  try {
    summary = await makeSummary(run, execution, decide, warnings, settings, context);
  } catch (error) {
    return withoutResults(run, error as Error, settings.json, context);
  }
  const { counts, exit_code: exit, exit_name: name, error } = summary;
  const logger = openLog(run, settings, context);
  const fields = { counts, exit_code: exit, exit_name: name, ...(error === undefined ? {} : { error }) };
  logger.log('info', 'run.finished', `${summary.command} ${summary.state}`, fields);
  logger.close();
  printSummary(summary, settings, context);
  return exit;
}

/** A plan of fewer rows than --min-rows wants. */
export function tooFewRows(where: string, rows: number, wanted: number): Finish {
  const message = `${where} has ${count(rows, 'data row')}, and --min-rows wants ${wanted}`;
  const stop = { reason: 'min_rows', detail: message };
  return { exit: EXIT.refused, state: 'refused', stop, error: { code: 'min_rows', message } };
}

/** What the plan's last line says of where its requests go. */
export function sentTo(settings: Resolved['settings']): string {
  return settings.sandbox ? 'To the stand-in' : `PATCH ${settings.base_url}/phone_numbers/{id}/messaging`;
}

/** What a variable has turned on without anybody having typed it: said aloud, as it makes a live job do nothing. */
function environmentNotes({ settings, sources }: Resolved): string[] {
  return (['dry_run', 'sandbox'] as const)
    .filter((name) => settings[name] && sources[name] === 'environment')
    .map((name) => `${variableOf(name)} is set: nothing is sent to the account`);
}

/** Makes a run and plans it; a signal or a fault of the machine on the way ends the run, and nothing was sent. */
async function planOrEnd(
  input: string | null,
  resolved: Resolved,
  command: string,
  context: Context,
): Promise<{ run: Run; planned: Planned } | { exit: number }> {
  const controller = new AbortController();
  const forget = onEndSignals((signal) => controller.abort(signal));
  const run = newRun(input, resolved, command, context);
  try {
    return await planRun(run, input, resolved, context, controller.signal);
  } catch (error) {
    const { aborted, reason } = controller.signal;
    const message = aborted
      ? `Stopped by ${reason} while planning; nothing was sent.`
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
 * `apply` up to the sending.
 */
export async function begin(
  input: string,
  resolved: Resolved,
  command: 'plan' | 'apply',
  context: Context,
): Promise<Begun> {
  const { settings } = resolved;
  const fromStdin = input === '-';
  const talks = !settings.quiet && !settings.json;
  if (!fromStdin && !inputExists(input, context)) {
    if (!settings.missing_input_ok) throw new UsageError(`there is no file ${input}`);
    if (talks) say(context.stderr, `there is no file ${input}: nothing to do\n`);
    if (settings.json) sayJson(context, EXIT.ok, { warnings: [`there is no file ${input}`] });
    return { exit: EXIT.ok };
  }
  checkOutputs(fromStdin ? null : input, resolved, context);
  const attempt = await planOrEnd(fromStdin ? null : input, resolved, command, context);
  if ('exit' in attempt) return attempt;
  const { run, planned } = attempt;
  const { preview, fault, dialect } = planned;
  const warnings = environmentNotes(resolved);
  const end = async (finish: Finish) => ({ exit: await endRun(run, finish, resolved, context, warnings) });
  const where = fromStdin ? 'standard input' : input;
  if (fault !== null) {
    const line = fault.line === null ? '' : `, line ${fault.line}`;
    const message = `${where}${line}: ${fault.code}: ${fault.text}`;
    if (talks) say(context.stderr, `${painter(context.stderr)('bad', message)}\n`);
    return end({ exit: EXIT.input, state: 'refused', error: { code: fault.code, message } });
  }
  if (preview.blankLines > 0) warnings.push(`${count(preview.blankLines, 'blank line')} skipped`);
  if (preview.rows === 0) warnings.push('the input has a header and no rows');
  if (talks) {
    if (dialect !== null) say(context.stderr, `${where}: ${dialectText(dialect)}\n`);
    for (const warning of warnings) say(context.stderr, `note: ${warning}\n`);
    const text = planText(preview, settings.rate, sentTo(settings));
    say(command === 'plan' ? context.stdout : context.stderr, text);
    const rejections = rejectionText(preview, join(run.shown, 'results.csv'));
    if (rejections !== '') say(context.stderr, painter(context.stderr)('bad', rejections));
  }
  if (preview.actions.rejected > 0) await logRejections(run, settings, context);
  if (preview.rows < settings.min_rows) {
    return end(tooFewRows(where, preview.rows, settings.min_rows));
  }
  const { rejected } = preview.actions;
  const ending = planEnding(rejected, settings.skip_rejected);
  if (ending.exit === EXIT.input || command === 'plan') {
    const message = `${count(rejected, 'row')} of ${where} rejected; nothing was sent`;
    const error = ending.exit === EXIT.input ? { code: 'rejected_rows', message } : null;
    return end({ ...ending, error });
  }
  return { run: update(run, { warnings }), warnings };
}
