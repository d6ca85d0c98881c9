import { dirname } from 'node:path';
import { planAgain } from '../../core/followup/next-command.ts';
import type { CommandEnd } from '../../core/results/message.ts';
import type { Summary } from '../../core/results/summary.ts';
import { countLines, undoneText } from '../../core/results/summary-text.ts';
import { sumOf } from '../../core/results/tally.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { State } from '../../core/run/manifest.ts';
import { commandLine } from '../../core/text/shell.ts';
import { visible } from '../../core/text/visible.ts';
import { isRunDirectory, runFiles, writeJson } from '../../io/run/directory.ts';
import type { Logger } from '../../io/terminal/logger.ts';
import type { Reporting } from '../invocation.ts';
import { print, printJson, resultStream, warn, warnAlways } from '../output.ts';
import { openLog } from '../run/log.ts';
import { commandOn, type Run } from '../run/open.ts';
import { prune } from '../run/prune.ts';
import { type ReadRun, withReport } from './report.ts';
import { decideEnding, type Ending } from './run-ending.ts';
import { isExecution, makeSummary, printSummary } from './summarize.ts';
import { tallyRun } from './write-results.ts';

/** Whether a run directory was removed. One that cannot be looked at is still there. */
function isRemoved(dir: string): boolean {
  try {
    return !isRunDirectory(dir);
  } catch {
    return false;
  }
}

/** Sends the messages about the end of a run. What is not delivered is a warning. */
async function sayEnd(end: CommandEnd, reporting: Reporting): Promise<void> {
  const warnings = await reporting.context.messages?.end(end);
  for (const warning of warnings ?? []) warn(reporting, warning);
}

/** Reports that the result files could not be written. The ledger is kept, and `results` can make them from it. */
async function reportMissingResults(run: Run, ending: Ending, error: Error, reporting: Reporting) {
  const { settings, context } = reporting;
  const { manifest, dir, shown } = run;
  const isGone = isRemoved(dir);
  const isSent = isExecution(manifest.command, manifest.state);
  const tally = isGone || manifest.plan === null ? null : await tallyRun(dir, manifest, isSent).catch(() => null);
  // The run may have stopped for the same reason that the files suffer from, such as a full disk.
  const why = tally === null ? undefined : decideEnding(ending, tally).error?.message;
  let next: string | null = commandLine(context.program, 'results', shown);
  if (isGone || manifest.plan === null) next = planAgain(manifest, context.program);
  else if (isSent) next = commandOn(run, 'resume', context);
  const message = isGone
    ? `The run directory ${visible(shown)} is gone. If it was moved, resume it in its new place; if it was removed, its files are lost. What was sent stays sent.`
    : `${why === undefined ? '' : `${why} `}Could not write the result files: ${visible(error.message)}. The ledger is kept.`;
  await sayEnd({ exit: EXIT.internal, summary: null, error: { code: 'results', message, next } }, reporting);
  const sum = tally === null ? null : { counts: tally.counts, sum_ok: sumOf(tally) === manifest.input.rows };
  if (settings.json) {
    printJson(context, EXIT.internal, { ...sum, next_command: next, error: { code: 'results', message } });
  } else {
    const lines = sum === null ? [] : countLines({ ...sum, input: manifest.input });
    const fix = next === null ? [] : [`After fixing that: ${next}`];
    print(context.stderr, [...lines, message, ...fix, ''].join('\n'));
  }
  return EXIT.internal;
}

const endOf = (summary: Summary): CommandEnd => ({ exit: summary.exit_code, summary, error: null });

/** Writes the last lines of the log. If that fails, the summary on disk gets the warning too. */
function logEnd(summary: Summary, run: Run, logger: Logger, { context }: Reporting): Summary {
  const { counts, exit_code: exit, exit_name: name, error } = summary;
  for (const warning of context.warnings) logger.log('warn', 'run.warning', warning);
  const fields = { counts, exit_code: exit, exit_name: name, ...(error === undefined ? {} : { error }) };
  logger.log('info', 'run.finished', `${summary.command} ${summary.state}`, fields);
  logger.close();
  if (context.warnings.every((warning) => summary.warnings.includes(warning))) return summary;
  const warned = { ...summary, warnings: [...new Set([...summary.warnings, ...context.warnings])] };
  try {
    writeJson(runFiles(run.dir).summary, warned);
  } catch {
    // The disk may be full: what is there is whole.
  }
  return warned;
}

/** What came of the undo of a run. `message`: why there is no run of it. */
export type Undone = NonNullable<Summary['undo']>;

const NOT_STARTED: ReadonlySet<State> = new Set(['planning', 'planned', 'refused']);

/** Prints how a run ended, undoes what it has changed, and prints how that ended. */
async function endAndUndo(
  read: ReadRun,
  summary: Summary,
  undo: (run: Run) => Promise<Undone>,
  reporting: Reporting,
): Promise<void> {
  const { settings, context } = reporting;
  const { run } = read;
  if (!settings.json) printSummary({ ...summary, next_command: null }, reporting);
  const undone = await undo(run);
  // An undo that has started has superseded the run.
  const resumable = summary.resumable && (undone.state === null || NOT_STARTED.has(undone.state));
  const both: Summary = { ...summary, resumable, next_command: undone.next_command, undo: undone };
  await sayEnd(endOf(both), reporting);
  both.warnings = [...new Set([...both.warnings, ...context.warnings])];
  await withReport({ ...read, summary: both }, reporting);
  try {
    writeJson(runFiles(run.dir).summary, both);
  } catch (error) {
    warnAlways(reporting, `the undo is missing in summary.json: ${visible((error as Error).message)}`);
  }
  if (settings.json) printSummary(both, reporting);
  else print(settings.quiet ? context.stderr : resultStream(reporting), undoneText(both));
}

/**
 * Ends a run: result files, summary, last line of the log, output. `undo` undoes it, if --undo-on-failure says so.
 * Returns the exit code.
 */
export async function endRun(
  run: Run,
  ending: Ending,
  reporting: Reporting,
  undo?: (run: Run) => Promise<Undone>,
): Promise<number> {
  let made: Awaited<ReturnType<typeof makeSummary>>;
  const logger = openLog(run, reporting, true);
  try {
    made = await makeSummary(run, ending, reporting);
  } catch (error) {
    logger.close();
    return reportMissingResults(run, ending, error as Error, reporting);
  }
  const { settings } = reporting;
  const { summary, read, isToUndo } = made;
  if (undo !== undefined && isToUndo) {
    await endAndUndo(read, logEnd(summary, run, logger, reporting), undo, reporting);
  } else {
    await sayEnd(endOf(summary), reporting);
    printSummary(logEnd(summary, run, logger, reporting), reporting);
  }
  // Only after a finished run: a dry run changes no earlier run.
  if (settings.keep_runs !== null && summary.state === 'finished') {
    await prune(dirname(run.dir), summary.name, settings.keep_runs);
  }
  return summary.exit_code;
}
