import { dirname, join, resolve } from 'node:path';
import type { Summary } from '../../core/results/summary.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { sameBaseUrl } from '../../core/settings/parse.ts';
import { PUBLIC_BASE_URL } from '../../core/settings/schema.ts';
import { visible } from '../../core/text/visible.ts';
import { isSameFile } from '../../io/file-status.ts';
import { loadRuns, readJson, runFiles } from '../../io/run/directory.ts';
import type { Context } from '../context.ts';
import { CommandError, fileErrorMessage, UsageError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { stateOf } from './locks.ts';
import { commandOn, handedOver, openRun, openRuns, type Run, unknownRuns, updateRun } from './open.ts';

/** Whether a run has started to send and has not finished; also one that workers have. */
async function isUnfinished({ dir, manifest }: Run): Promise<boolean> {
  if (manifest.command === 'plan' || manifest.plan === null) return false;
  // Workers have it, and nothing here follows it.
  if (manifest.queue !== null) return true;
  const state = await stateOf(dir, manifest);
  // Without a first request there is nothing to resume: a signal came while it was planning.
  return (state === 'interrupted' || state === 'paused') && manifest.started_at !== null;
}

function readable(path: string, context: Context): Run | null {
  try {
    return openRun(path, context);
  } catch {
    // Of another version, damaged or removed.
    return null;
  }
}

/**
 * The run that `resume` without a directory means: the newest that is at work, interrupted or paused. A run that was
 * killed while it was planning counts too: to send the rows of an older run in its place would be wrong. Throws
 * UsageError if there is none, or if the directory cannot be listed.
 */
export async function requireNewestToResume(runsDir: string, context: Context): Promise<Run> {
  const { runs, unknown } = openRuns(runsDir, context);
  if (unknown.length > 0) {
    throw new UsageError(`${unknown.join('\n')}\nOne of them may be the newest. Name the run: resume RUN_DIR`);
  }
  for (const run of runs.reverse()) {
    const { command } = run.manifest;
    if (command === 'plan' || command === 'verify') continue;
    if (['interrupted', 'paused', 'running', 'planning'].includes(await stateOf(run.dir, run.manifest))) return run;
  }
  throw new UsageError(`no run in ${visible(runsDir)} is interrupted or paused; see --runs-dir`);
}

function earlierRuns(runsDir: string, context: Context): Run[] {
  try {
    return openRuns(runsDir, context).runs;
  } catch {
    // The user has allowed it with --if-unfinished new: see checkEarlierRuns.
    return [];
  }
}

/** Other unfinished runs at the same base URL that `isLike` takes, oldest first; never sandbox runs. */
async function unfinishedBeside(run: Run, context: Context, isLike: (other: Run) => boolean): Promise<Run[]> {
  if (run.manifest.settings.sandbox === 'true') return [];
  const urlOf = ({ manifest }: Pick<Run, 'manifest'>) =>
    sameBaseUrl(String(manifest.settings.base_url ?? PUBLIC_BASE_URL));
  const similar = earlierRuns(dirname(run.dir), context).filter((other) => {
    const isElsewhere = other.manifest.settings.sandbox === 'true' || urlOf(other) !== urlOf(run);
    return other.dir !== run.dir && !isElsewhere && isLike(other);
  });
  const unfinished = await Promise.all(similar.map(isUnfinished));
  return similar.filter((_run, at) => unfinished[at]);
}

/** Unfinished runs of the same input (same file or same bytes, same base URL), oldest first; never sandbox runs. */
export function unfinishedLike(run: Run, context: Context): Promise<Run[]> {
  const { input, source } = run.manifest;
  return unfinishedBeside(run, context, ({ manifest }) => {
    // A retry takes over the rows of its source. It is not a second start of the same input.
    if (manifest.run_id === source?.run_id) return false;
    const { path, sha256 } = manifest.input;
    return sha256 === input.sha256 || (path !== null && input.path !== null && isSameFile(path, input.path));
  });
}

/** Unfinished runs of any input at the same base URL that may have placed bulk orders. */
export function unfinishedWithOrders(run: Run, context: Context): Promise<Run[]> {
  return unfinishedBeside(run, context, ({ dir, manifest }) => {
    // A resume may have switched orders off since.
    if (manifest.settings.bulk === 'auto') return true;
    const summary = readJson(runFiles(dir).summary) as Summary | null;
    return (summary?.requests?.orders ?? 0) > 0;
  });
}

/**
 * Throws CommandError (exit 8) if an earlier run cannot be read: it may be an unfinished one of the same input. A runs
 * directory that is none is an error of the new run.
 */
export function checkEarlierRuns(runsDir: string, { settings, context }: Reporting): void {
  if (settings.if_unfinished === 'new' || settings.sandbox) return;
  let found: string[];
  try {
    found = unknownRuns(loadRuns(resolve(context.cwd, runsDir)), context);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return;
    found = [fileErrorMessage(`list ${runsDir}`, error)];
  }
  if (found.length === 0) return;
  const why = 'It may be an unfinished run of the same input, so nothing was sent.';
  const how = 'Or choose another directory with --runs-dir, or start anyway with --if-unfinished new.';
  throw new CommandError(EXIT.refused, 'unreadable_run', `${found.join('\n')}\n${why} ${how}`);
}

/** The SHA-256 of the input that a run comes from: of a retry, that of its first run. Null if that is gone. */
function originalSha256(run: Run, context: Context): string | null {
  let at: Run | null = run;
  // A source may name itself if run.json was changed.
  for (const seen = new Set<string>(); at !== null && !seen.has(at.dir); ) {
    seen.add(at.dir);
    const { source, input }: Run['manifest'] = at.manifest;
    if (source === null) return input.sha256;
    at = readable(source.dir, context);
  }
  return null;
}

/** Whether --to-profile and --to-product of two runs differ, so that the same rows have other targets. */
export function hasOtherTargets({ manifest: { settings: a } }: Run, { manifest: { settings: b } }: Run): boolean {
  return a.to_profile !== b.to_profile || a.to_product !== b.to_product;
}

/** Whether an earlier run of the same file has other rows, because the file or the targets of all rows have changed. */
export function hasOtherInput(run: Run, earlier: Run, context: Context): boolean {
  if (hasOtherTargets(run, earlier)) return true;
  if (earlier.manifest.input.sha256 === run.manifest.input.sha256) return false;
  const sha256 = originalSha256(earlier, context);
  return sha256 === null || sha256 !== originalSha256(run, context);
}

/** The unfinished run that --if-unfinished resume continues instead; null if the input has changed since. */
export function runToResume(run: Run, unfinished: readonly Run[], { settings, context }: Reporting): Run | null {
  const last = unfinished.at(-1);
  if (last === undefined || settings.if_unfinished !== 'resume') return null;
  return hasOtherInput(run, last, context) ? null : last;
}

/** Throws CommandError (exit 9) if workers have one of these runs: to start beside it would send its rows twice. */
export function checkNotHandedOver(runs: readonly Run[], context: Context): void {
  for (const run of runs) {
    const atWorkers = handedOver(run, context);
    if (atWorkers !== null) throw atWorkers;
  }
}

/** The unfinished run that a saved undo ends, or whose rows a saved retry takes over completely; otherwise none. */
export async function sourceTakenOver({ manifest }: Run, context: Context): Promise<Run[]> {
  const { source } = manifest;
  const kinds = source?.only.split(',') ?? [];
  const takesAll =
    (source?.undo === true && source.only === '') || (kinds.includes('unprocessed') && kinds.includes('unverified'));
  if (source === null || !takesAll) return [];
  const run = readable(source.dir, context);
  // It is written to: another run than that one must not be named in its place.
  if (run === null || run.manifest.run_id !== source.run_id) return [];
  checkNotHandedOver([run], context);
  return (await isUnfinished(run)) ? [run] : [];
}

/** The run that superseded this one, or the last of several; null if that run is gone. */
export function successorOf(run: Run, context: Context): Run | null {
  let at: Run | null = run;
  // A run may name itself if run.json was changed.
  for (const seen = new Set<string>(); at?.manifest.state === 'superseded'; ) {
    const id: string | null = seen.has(at.dir) ? null : at.manifest.superseded_by;
    seen.add(at.dir);
    at = id === null ? null : readable(join(dirname(at.dir), id), context);
  }
  return at;
}

/** A sentence with the command on the run that superseded this one; '' if that run is gone. */
export function successorText(run: Run, verb: 'resume' | 'retry', context: Context): string {
  const successor = successorOf(run, context);
  return successor === null ? '' : ` Continue with that run: ${commandOn(successor, verb, context)}`;
}

/** Marks runs as superseded by another. */
export function supersede(runs: readonly Run[], by: Run): void {
  for (const run of runs) updateRun(run, { state: 'superseded', superseded_by: by.manifest.run_id });
}
