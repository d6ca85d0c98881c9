import { join, resolve } from 'node:path';
import { nextCommand } from '../../core/followup/next-command.ts';
import { type Summary, summarize } from '../../core/results/summary.ts';
import { summaryText } from '../../core/results/summary-text.ts';
import { sumOf, type Tally } from '../../core/results/tally.ts';
import { EXIT, exitName } from '../../core/run/exit-codes.ts';
import type { Manifest } from '../../core/run/manifest.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { runFiles, writeJson } from '../../io/run/directory.ts';
import { type Context, canAskLater } from '../context.ts';
import { createStyle, print } from '../output.ts';
import { type Run, typedPath, update } from '../run/open.ts';
import { copyResults, writeResults } from './write-results.ts';

/** How a command wants its run to be finished. */
export type Finish = {
  exit: number;
  state: Run['manifest']['state'];
  stop?: { reason: string; detail: string } | null;
  /** Why the exit is not 0, where the counts do not say it. */
  error?: { code: string; message: string } | null;
  /** The command to go on with, where it is not the usual one. */
  next?: string;
  /** When it ended, where that is recorded already; else now. */
  finishedAt?: string | null;
};

type Output = Pick<Settings, 'json' | 'quiet' | 'results' | 'rate' | 'log_file'>;

/** Whether somebody meant to send the rows of a run: then rows without an outcome are unprocessed, not planned. */
export function isExecution(command: string, state: Run['manifest']['state']): boolean {
  return state !== 'planned' && state !== 'planning' && !(state === 'refused' && command === 'plan');
}

/**
 * Makes the result files and the summary from the run's files. `decide` gives the ending when the rows are counted.
 * A sum that does not add up becomes exit 1.
 */
export async function makeSummary(
  run: Run,
  execution: boolean,
  decide: (tally: Tally) => Finish,
  warnings: string[],
  output: Output,
  context: Context,
): Promise<Summary> {
  const { tally, sessions } = await writeResults(run.dir, run.manifest, execution);
  const sumOk = sumOf(tally) === run.manifest.input.rows;
  const lost = { code: 'sum', message: 'The statuses do not add up to the rows read: rows were lost.' };
  const decided = decide(tally);
  const finish = sumOk ? decided : { ...decided, exit: EXIT.internal, error: lost };
  const manifest: Manifest = {
    ...run.manifest,
    state: finish.state,
    exit_code: finish.exit,
    stop: finish.stop ?? null,
    warnings,
    finished_at: finish.finishedAt ?? new Date().toISOString(),
  };
  const ended: Run = { ...run, manifest };
  const summary = summarize({
    manifest: ended.manifest,
    tally,
    sessions,
    exit: finish.exit,
    rateSetting: String(output.rate),
    nextCommand:
      finish.next ??
      nextCommand({
        manifest: ended.manifest,
        tally,
        program: context.program,
        dir: ended.shown,
        interactive: canAskLater(context),
      }),
    warnings,
    files: filesOf(ended, tally, output, context),
    error: finish.error ?? countedError(finish.exit, tally),
  });
  writeJson(runFiles(ended.dir).summary, summary);
  if (output.results !== null) copyResults(ended.dir, resolve(context.cwd, output.results));
  // Last of all: a run that says it has ended has all of its files, also when it is killed on the way here.
  update(ended, {});
  return summary;
}

/** What to say of an exit that only the counts explain; null where all is well. */
function countedError(exit: number, { counts }: Tally): { code: string; message: string } | null {
  if (exit === EXIT.ok || exit === EXIT.changes) return null;
  const parts = (['failed', 'unverified', 'held', 'rejected'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status].toLocaleString('en-US')} ${status}`);
  const what = parts.length > 0 ? parts.join(', ') : 'some rows have no outcome';
  return {
    code: exitName(exit),
    message: `Not every row is at its target: ${what}; see ${counts.held > 0 ? 'failed.csv and held.csv' : 'failed.csv'}.`,
  };
}

function filesOf(run: Run, { counts }: Tally, output: Output, context: Context): Record<string, string> {
  const { manifest, shown: dir } = run;
  const files: Record<string, string> = {
    results: output.results === null ? join(dir, 'results.csv') : typedPath(context, output.results),
  };
  if (manifest.plan !== null) files.failed = join(dir, 'failed.csv');
  if (counts.held > 0) files.held = join(dir, 'held.csv');
  if (manifest.plan !== null) files.plan = join(dir, 'plan.csv');
  files.log = output.log_file === '-' ? 'standard error' : (output.log_file ?? join(dir, 'log.ndjson'));
  return files;
}

/** Prints a summary where the contract wants it: standard output, nothing when quiet and good, JSON when asked for. */
export function printSummary(summary: Summary, output: Pick<Output, 'json' | 'quiet'>, context: Context): void {
  if (output.json) {
    print(context.stdout, `${JSON.stringify(summary)}\n`);
    return;
  }
  if (!output.quiet) print(context.stdout, summaryText(summary, createStyle(context.stdout, context.env)));
  else if (summary.exit_code !== EXIT.ok)
    print(context.stderr, summaryText(summary, createStyle(context.stderr, context.env)));
}
