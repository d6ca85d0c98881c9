import { dirname } from 'node:path';
import { planAgain } from '../../core/followup/next-command.ts';
import type { Summary } from '../../core/results/summary.ts';
import { countLines } from '../../core/results/summary-text.ts';
import { sumOf, type Tally } from '../../core/results/tally.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Resolved } from '../../core/settings/resolve.ts';
import { commandLine } from '../../core/text/shell.ts';
import { isRunDirectory } from '../../io/run/directory.ts';
import type { Context } from '../context.ts';
import { print, printJson } from '../output.ts';
import { openLog } from '../run/log.ts';
import { commandOn, type Run } from '../run/open.ts';
import { prune } from '../run/prune.ts';
import { type Finish, isExecution, makeSummary, printSummary } from './summarize.ts';
import { tallyRun } from './write-results.ts';

/** The disk is full, or the run directory is gone: the ledger has what happened, and `results` makes the rest of it. */
async function withoutResults(
  run: Run,
  error: Error,
  decide: (tally: Tally) => Finish,
  json: boolean,
  context: Context,
): Promise<number> {
  const { manifest, dir, shown } = run;
  const gone = !isRunDirectory(dir);
  const counted = gone || manifest.plan === null ? null : await tallyRun(dir, manifest).catch(() => null);
  // Why the run stopped, which may be what the files suffer from too.
  const why = counted === null ? undefined : decide(counted).error?.message;
  const again = () =>
    isExecution(manifest.command, manifest.state)
      ? commandOn(run, 'resume', context)
      : commandLine(context.program, 'results', shown);
  const next = gone || manifest.plan === null ? planAgain(manifest, context.program) : again();
  const message = gone
    ? `The run directory ${shown} was removed, and with it what is known of this run; what was sent is sent.`
    : `${why === undefined ? '' : `${why} `}The result files could not be written: ${error.message}. The ledger is kept.`;
  const sum = counted === null ? null : { counts: counted.counts, sum_ok: sumOf(counted) === manifest.input.rows };
  if (json) printJson(context, EXIT.internal, { ...sum, next_command: next, error: { code: 'results', message } });
  else {
    const lines = sum === null ? [] : countLines({ ...sum, input: manifest.input });
    const mended = next === null ? [] : [`When that is mended: ${next}`];
    print(context.stderr, [...lines, message, ...mended, ''].join('\n'));
  }
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
    return withoutResults(run, error as Error, decide, settings.json, context);
  }
  const { counts, exit_code: exit, exit_name: name, error } = summary;
  const logger = openLog(run, settings, context);
  const fields = { counts, exit_code: exit, exit_name: name, ...(error === undefined ? {} : { error }) };
  logger.log('info', 'run.finished', `${summary.command} ${summary.state}`, fields);
  logger.close();
  printSummary(summary, settings, context);
  // Contract: after a finished run. A look, as a dry run, changes nothing of any earlier run.
  if (settings.keep_runs !== null && summary.state === 'finished') {
    await prune(dirname(run.dir), summary.name, settings.keep_runs);
  }
  return exit;
}
