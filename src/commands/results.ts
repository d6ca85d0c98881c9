import { join } from 'node:path';
import type { Context } from '../app/context.ts';
import { type Finish, isExecution, makeSummary, printSummary } from '../app/ending/summarize.ts';
import { CommandError, UsageError } from '../app/errors.ts';
import { checkPlan } from '../app/planning/check-plan.ts';
import { stateOf } from '../app/run/locks.ts';
import { openRun, type Run } from '../app/run/open.ts';
import { resolveLayers } from '../app/settings.ts';
import { executionExit, planExit } from '../core/results/run-exit.ts';
import type { Summary } from '../core/results/summary.ts';
import type { Tally } from '../core/results/tally.ts';
import { EXIT } from '../core/run/exit-codes.ts';
import { readEnvironment } from '../core/settings/environment.ts';
import type { Layer } from '../core/settings/resolve.ts';
import type { RawSettings } from '../core/settings/schema.ts';
import { readJson, runFiles } from '../io/run/directory.ts';

/** How a run ended, as it was recorded, or as its files say when the program died before it could record it. */
function recordedEnding({ manifest, dir }: Run, tally: Tally): Finish {
  const { exit_code: exit, state, stop } = manifest;
  if (exit !== null) {
    const said = readJson(runFiles(dir).summary) as Summary | null;
    const error = said?.exit_code === exit ? (said.error ?? null) : null;
    return { exit, state, stop, finishedAt: manifest.finished_at, error };
  }
  if (state === 'planning') {
    const message = 'The run was ended from outside while it was planning; nothing was sent.';
    return { exit: EXIT.internal, state: 'interrupted', error: { code: 'interrupted', message } };
  }
  if (state !== 'running') {
    return { ...planExit(manifest.plan?.rejected ?? 0, manifest.settings.skip_rejected === 'true'), state };
  }
  // Died while running: nobody wrote an end. Rows without an outcome tell that it is not finished.
  if (tally.counts.unprocessed + tally.counts.unverified === 0) return executionExit(null, tally);
  const message = 'The run was ended from outside before it was done.';
  return { exit: EXIT.internal, state: 'interrupted', error: { code: 'interrupted', message } };
}

/** `results RUN_DIR`: write results.csv, failed.csv and summary.json again from input copy, plan and ledger. */
export async function resultsCommand(given: string | undefined, flags: RawSettings, context: Context): Promise<number> {
  if (given === undefined || given === '') throw new UsageError('results needs a run directory; `runs` lists them');
  const run = openRun(given, context);
  const shown = await stateOf(run.dir, run.manifest);
  if (shown === 'running' || shown === 'planning') {
    const { pid, run_id: id } = run.manifest;
    const log = join(run.shown, 'log.ndjson');
    throw new CommandError(
      EXIT.locked,
      'locked',
      `Run ${id} is at work (process ${pid}) and writes its results at its end. Until then follow ${log}`,
    );
  }
  if (run.manifest.plan !== null) await checkPlan(run, context);
  const { errors } = readEnvironment(context.env);
  const layers: Layer[] = [
    { source: 'flag', raw: flags },
    { source: 'run', raw: run.manifest.settings },
  ];
  const resolved = resolveLayers(layers, 'results', errors);
  const { command, state, warnings } = run.manifest;
  const decide = (tally: Tally) => recordedEnding(run, tally);
  const summary = await makeSummary(run, isExecution(command, state), decide, warnings, resolved.settings, context);
  printSummary(summary, resolved.settings, context);
  return summary.sum_ok ? EXIT.ok : EXIT.internal;
}
