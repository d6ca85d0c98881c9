import { resolve } from 'node:path';
import { planAgain } from '../../core/followup/next-command.ts';
import type { Summary } from '../../core/results/summary.ts';
import { emptyTally } from '../../core/results/tally.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { visible } from '../../core/text/visible.ts';
import { readJson, runFiles } from '../../io/run/directory.ts';
import { isLocked } from '../../io/run/lock.ts';
import type { Context } from '../context.ts';
import { tallyRun } from '../ending/write-results.ts';
import type { Reporting } from '../invocation.ts';
import { print, printJson } from '../output.ts';
import { stateOf } from '../run/locks.ts';
import { commandOn, openRuns, type Run, recordedNext, typedPath } from '../run/open.ts';
import { unfinishedLike } from '../run/unfinished.ts';

/** How a run ended. `wasKilled`: the process died before it could record that. */
async function endingOf({ dir, manifest }: Run) {
  const state = await stateOf(dir, manifest);
  const wasKilled = state === 'interrupted' && manifest.state !== 'interrupted';
  // A killed run has no summary of its end. There may be one of an earlier session.
  return { state, wasKilled, summary: wasKilled ? null : (readJson(runFiles(dir).summary) as Summary | null) };
}

type Ending = Awaited<ReturnType<typeof endingOf>>;

async function nextOf(run: Run, { state, wasKilled, summary }: Ending, context: Context): Promise<string | null> {
  const { manifest } = run;
  // Not if a command follows it already.
  if (manifest.queue !== null && !(await isLocked(runFiles(run.dir).lock).catch(() => false))) {
    return commandOn(run, 'resume', context);
  }
  if (state === 'running' || state === 'planning' || state === 'superseded') return null;
  if (manifest.stop?.reason === 'unfinished' || manifest.stop?.reason === 'input_changed') {
    // The run that was in the way may have been finished or superseded since.
    const last = (await unfinishedLike(run, context)).at(-1);
    if (last === undefined) return commandOn(run, 'apply', context);
    if (manifest.stop.reason === 'input_changed') return recordedNext(run, summary, context);
    if (last.manifest.stop?.reason !== 'phone_number_mismatch') return commandOn(last, 'resume', context);
  }
  if (!wasKilled) return recordedNext({ ...run, manifest: { ...manifest, state } }, summary, context);
  if (manifest.state === 'planning') return planAgain(manifest, context.program);
  return commandOn(run, 'resume', context);
}

/** What `runs --json` prints for a run. */
async function describe(run: Run, now: number, context: Context) {
  const { dir, manifest, shown } = run;
  const ending = await endingOf(run);
  const { state, wasKilled, summary } = ending;
  const isCounted = wasKilled && manifest.plan !== null;
  const counts: Record<string, number> =
    summary?.counts ?? (isCounted ? (await tallyRun(dir, manifest, true).catch(emptyTally)).counts : {});
  return {
    run_id: manifest.run_id,
    dir: shown,
    state,
    created_at: manifest.created_at,
    age_ms: Math.max(0, now - Date.parse(manifest.created_at)),
    rows: manifest.input.rows,
    counts,
    exit_code: state === 'running' || wasKilled ? null : manifest.exit_code,
    next_command: await nextOf(run, ending, context),
  };
}

function countsText(counts: Record<string, number>): string {
  const parts = Object.entries(counts).filter(([, n]) => n > 0);
  return parts.length === 0 ? '-' : parts.map(([status, n]) => `${n} ${status}`).join(', ');
}

/** `runs`: prints the runs with state, counts, age and next command, the newest last. Returns the exit code. */
export async function listRuns({ settings, context }: Reporting): Promise<number> {
  const now = Date.now();
  const { runs: found, damaged, unreadable } = openRuns(settings.runs_dir, context);
  for (const error of [...damaged, ...unreadable]) print(context.stderr, `${error}\n`);
  const exit = unreadable.length === 0 ? EXIT.ok : EXIT.usage;
  const runs: Awaited<ReturnType<typeof describe>>[] = [];
  for (const run of found) runs.push(await describe(run, now, context));
  if (settings.json) {
    const error = { code: 'unreadable_run', message: unreadable.join('\n') };
    printJson(context, exit, exit === EXIT.ok ? { runs } : { runs, error });
    return exit;
  }
  if (settings.quiet) return exit;
  if (runs.length === 0 && damaged.length === 0 && exit === EXIT.ok) {
    print(context.stdout, `no runs in ${visible(typedPath(context, resolve(context.cwd, settings.runs_dir)))}\n`);
  }
  const idWidth = Math.max(0, ...runs.map((run) => run.run_id.length));
  for (const { run_id: id, state, age_ms: ageMs, counts, exit_code: code, next_command: next } of runs) {
    const age = `${formatDuration(ageMs)} ago`.padStart(12);
    const line = `${id.padEnd(idWidth)}  ${state.padEnd(11)}  ${age}  ${countsText(counts)}`;
    const fix = code === EXIT.input && next !== null ? '\n    first fix the input' : '';
    print(context.stdout, `${line}${fix}${next === null ? '' : `\n    next: ${next}`}\n`);
  }
  return exit;
}
