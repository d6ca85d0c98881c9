import { resolve } from 'node:path';
import { emptyTally } from '../../core/results/tally.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { visible } from '../../core/text/visible.ts';
import type { Context } from '../context.ts';
import { tallyRun } from '../ending/write-results.ts';
import type { Reporting } from '../invocation.ts';
import { print, printJson } from '../output.ts';
import { openRuns, type Run, typedPath } from '../run/open.ts';
import { standingOf } from './standing.ts';

/** What `runs --json` prints for a run. */
async function describe(run: Run, now: number, context: Context) {
  const { dir, manifest, shown } = run;
  const { state, wasKilled, summary, next } = await standingOf(run, context);
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
    next_command: next,
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
