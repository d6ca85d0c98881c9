import { join, resolve } from 'node:path';
import { formatDuration } from '../core/duration.ts';
import { EXIT } from '../core/exit-codes.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Typed } from '../core/resolve-settings.ts';
import { shellWord } from '../core/shell.ts';
import type { Summary } from '../core/summary.ts';
import { listRuns, loadManifest, readJson, runFiles } from '../io/run-directory.ts';
import { type Context, say, sayJson, UsageError } from './context.ts';
import { isAlive } from './is-alive.ts';
import { typedPath } from './new-run.ts';
import { settle } from './settled.ts';

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

function shownState({ state, pid }: Manifest): string {
  if ((state === 'running' || state === 'planning') && !isAlive(pid)) return 'interrupted';
  return state;
}

function lineOf(path: string, now: number, context: Context): Line | null {
  let manifest: Manifest;
  try {
    manifest = loadManifest(path);
  } catch (error) {
    say(context.stderr, `${(error as Error).message}\n`);
    return null;
  }
  const dir = typedPath(context, path);
  const summary = readJson(runFiles(path).summary) as Summary | null;
  const state = shownState(manifest);
  const died = state === 'interrupted' && manifest.state !== 'interrupted';
  const remake = manifest.state === 'running' ? `${context.program} results ${shellWord(dir)}` : null;
  return {
    run_id: manifest.run_id,
    dir,
    state,
    created_at: manifest.created_at,
    age_ms: Math.max(0, now - Date.parse(manifest.created_at)),
    rows: manifest.input.rows,
    counts: summary?.counts ?? {},
    exit_code: manifest.exit_code,
    next_command: died ? remake : (summary?.next_command ?? null),
  };
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
export async function runsCommand(flags: Typed, context: Context): Promise<number> {
  const { settings } = settle(flags, context, 'runs');
  const runsDir = resolve(context.cwd, settings.runs_dir);
  const now = Date.now();
  let found: string[];
  try {
    found = listRuns(runsDir);
  } catch (error) {
    throw new UsageError(`cannot list ${settings.runs_dir} (${(error as NodeJS.ErrnoException).code}); see --runs-dir`);
  }
  const runs = found.map((path) => lineOf(path, now, context)).filter((line) => line !== null);
  if (settings.json) {
    sayJson(context, EXIT.ok, { runs });
    return 0;
  }
  if (settings.quiet) return 0;
  if (runs.length === 0) {
    say(context.stdout, `no runs in ${join(typedPath(context, runsDir))}\n`);
    return 0;
  }
  const width = Math.max(...runs.map((run) => run.run_id.length));
  for (const run of runs) {
    const age = `${formatDuration(run.age_ms)} ago`.padStart(12);
    const next = run.next_command === null ? '' : `\n    next: ${run.next_command}`;
    say(
      context.stdout,
      `${run.run_id.padEnd(width)}  ${run.state.padEnd(11)}  ${age}  ${countsText(run.counts)}${next}\n`,
    );
  }
  return 0;
}
