import { dirname, join } from 'node:path';
import { PUBLIC_BASE_URL } from '../../core/settings/schema.ts';
import type { Context } from '../context.ts';
import { stateOf } from './locks.ts';
import { commandOn, openRun, openRuns, type Run, update } from './open.ts';

/** Whether a run was begun and not brought to its end. One that died while it was planning has sent nothing. */
async function isUnfinished({ dir, manifest }: Run): Promise<boolean> {
  if (manifest.command === 'plan' || manifest.plan === null) return false;
  const state = await stateOf(dir, manifest);
  // Without a first request there is nothing to go on with: a signal had come while it was planning.
  return (state === 'interrupted' || state === 'paused') && manifest.started_at !== null;
}

function readable(path: string, context: Context): Run | null {
  try {
    return openRun(path, context);
  } catch {
    // A directory of another version, a damaged one, or one that has been removed is none of these.
    return null;
  }
}

/** The unfinished runs of a runs directory, oldest first. What cannot be opened is none of these. */
async function unfinishedIn(runsDir: string, context: Context): Promise<Run[]> {
  const { runs } = openRuns(runsDir, context);
  const unfinished = await Promise.all(runs.map(async (run) => ((await isUnfinished(run)) ? [run] : [])));
  return unfinished.flat();
}

/**
 * The newest run of a runs directory that is at work, or was interrupted or paused, or null: what `resume` alone is
 * about. Also one that died while it was planning, and has sent nothing: to pass over what somebody has just started,
 * and send the rows of an older run instead, would be wrong. Throws UsageError where the directory cannot be listed.
 */
export async function newestToResume(runsDir: string, context: Context): Promise<Run | null> {
  for (const run of openRuns(runsDir, context).runs.reverse()) {
    const { command } = run.manifest;
    if (command === 'plan' || command === 'verify') continue;
    if (['interrupted', 'paused', 'running', 'planning'].includes(await stateOf(run.dir, run.manifest))) return run;
  }
  return null;
}

/** Unfinished runs of the input of a run (same path or same bytes, same base URL), oldest first; not of the stand-in. */
export async function unfinishedLike(run: Run, context: Context): Promise<Run[]> {
  const { input, settings } = run.manifest;
  if (settings.sandbox === 'true') return [];
  const urlOf = ({ manifest }: Pick<Run, 'manifest'>) => manifest.settings.base_url ?? PUBLIC_BASE_URL;
  return (await unfinishedIn(dirname(run.dir), context)).filter((other) => {
    const { manifest } = other;
    // A retry takes the rows of its source over, and is no second start of the same input.
    if (manifest.run_id === run.manifest.source?.run_id) return false;
    if (other.dir === run.dir || manifest.settings.sandbox === 'true' || urlOf(other) !== urlOf(run)) return false;
    return (input.path !== null && manifest.input.path === input.path) || manifest.input.sha256 === input.sha256;
  });
}

/** The unfinished run that a saved undo ends, or whose rows a saved retry takes over, all that a resume would; else none. */
export async function sourceTakenOver({ manifest }: Run, context: Context): Promise<Run[]> {
  const { source } = manifest;
  const kinds = source?.only.split(',') ?? [];
  const takesAll =
    (source?.undo === true && source.only === '') || (kinds.includes('unprocessed') && kinds.includes('unverified'));
  if (source === null || !takesAll) return [];
  const run = readable(source.dir, context);
  return run !== null && (await isUnfinished(run)) ? [run] : [];
}

/** The command on the run that was started in place of one, as words to add to a message; '' where it is gone. */
export function successorText(run: Run, verb: 'resume' | 'retry', context: Context): string {
  const id = run.manifest.superseded_by;
  const next = id === null ? null : readable(join(dirname(run.dir), id), context);
  if (next === null) return '';
  if (next.manifest.state === 'superseded') return successorText(next, verb, context);
  return ` Go on with that one: ${commandOn(next, verb, context)}`;
}

/** Marks runs as given up in favour of another. */
export function supersede(runs: readonly Run[], by: Run): void {
  for (const run of runs) update(run, { state: 'superseded', superseded_by: by.manifest.run_id });
}
