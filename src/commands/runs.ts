import { join, resolve } from 'node:path';
import type { Context } from '../app/context.ts';
import { tallyRun } from '../app/ending/write-results.ts';
import { print, printJson } from '../app/output.ts';
import { stateOf } from '../app/run/locks.ts';
import { commandOn, openRuns, type Run, typedPath } from '../app/run/open.ts';
import { unfinishedLike } from '../app/run/unfinished.ts';
import { resolveForCommand } from '../app/settings.ts';
import { planAgain } from '../core/followup/next-command.ts';
import type { Summary } from '../core/results/summary.ts';
import { emptyTally } from '../core/results/tally.ts';
import { EXIT } from '../core/run/exit-codes.ts';
import type { State } from '../core/run/manifest.ts';
import type { RawSettings } from '../core/settings/schema.ts';

import { formatDuration } from '../core/text/duration.ts';
import { readJson, runFiles } from '../io/run/directory.ts';

type Line = {
  run_id: string;
  dir: string;
  state: string;
  created_at: string;
  age_ms: number;
  rows: number;
  counts: Record<string, number>;
  exit_code: number | null;
  next_command: string | null;
};

async function lineOf(run: Run, now: number, context: Context): Promise<Line> {
  const { dir: path, manifest, shown } = run;
  const state = await stateOf(path, manifest);
  const died = state === 'interrupted' && manifest.state !== 'interrupted';
  // What died has left no summary of its end; one may be there of a session before.
  const summary = died ? null : (readJson(runFiles(path).summary) as Summary | null);
  const counts = died && manifest.plan !== null ? (await tallyRun(path, manifest).catch(emptyTally)).counts : {};
  return {
    run_id: manifest.run_id,
    dir: shown,
    state,
    created_at: manifest.created_at,
    age_ms: Math.max(0, now - Date.parse(manifest.created_at)),
    rows: manifest.input.rows,
    counts: summary?.counts ?? counts,
    exit_code: state === 'running' || died ? null : manifest.exit_code,
    next_command: await nextOf(run, state, died, summary, context),
  };
}

async function nextOf(
  run: Run,
  state: State,
  died: boolean,
  summary: Summary | null,
  context: Context,
): Promise<string | null> {
  if (state === 'running' || state === 'planning' || state === 'superseded') return null;
  if (run.manifest.stop?.reason === 'unfinished') {
    // The run that stood in its way may have been brought to its end, or given up, since.
    const unfinished = await unfinishedLike(run, context);
    const last = unfinished.at(-1);
    if (last === undefined) return commandOn(run, 'apply', context);
    if (last.manifest.stop?.reason !== 'phone_number_mismatch') return commandOn(last, 'resume', context);
  }
  if (!died) return summary?.next_command ?? null;
  if (run.manifest.state === 'planning') return planAgain(run.manifest, context.program);
  return commandOn(run, 'resume', context);
}

function countsText(counts: Record<string, number>): string {
  return (
    Object.entries(counts)
      .filter(([, n]) => n > 0)
      .map(([status, n]) => `${n} ${status}`)
      .join(', ') || '-'
  );
}

/** `runs`: the runs with state, counts, age and next command, the newest last. */
export async function runsCommand(flags: RawSettings, context: Context): Promise<number> {
  const { settings } = resolveForCommand(flags, context, 'runs');
  const runsDir = resolve(context.cwd, settings.runs_dir);
  const now = Date.now();
  const found = openRuns(settings.runs_dir, context);
  for (const fault of found.faults) print(context.stderr, `${fault}\n`);
  const runs: Line[] = [];
  for (const run of found.runs) runs.push(await lineOf(run, now, context));
  if (settings.json) {
    printJson(context, EXIT.ok, { runs });
    return 0;
  }
  if (settings.quiet) return 0;
  if (runs.length === 0) {
    print(context.stdout, `no runs in ${join(typedPath(context, runsDir))}\n`);
    return 0;
  }
  const width = Math.max(...runs.map((run) => run.run_id.length));
  for (const run of runs) {
    const age = `${formatDuration(run.age_ms)} ago`.padStart(12);
    const next = run.next_command === null ? '' : `\n    next: ${run.next_command}`;
    print(
      context.stdout,
      `${run.run_id.padEnd(width)}  ${run.state.padEnd(11)}  ${age}  ${countsText(run.counts)}${next}\n`,
    );
  }
  return 0;
}
