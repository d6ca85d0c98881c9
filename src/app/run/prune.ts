import { lstatSync } from 'node:fs';
import type { Summary } from '../../core/results/summary.ts';
import type { Manifest } from '../../core/run/manifest.ts';
import { loadRuns, readJson, removeRun, runFiles } from '../../io/run/directory.ts';
import { isLocked } from '../../io/run/lock.ts';
import { isAtWork } from './locks.ts';

const ENDED: readonly Manifest['state'][] = ['finished', 'planned', 'superseded'];

/** Whether a run has ended and nothing can continue it. One that was refused after it had sent something can be resumed. */
function hasEnded({ state, started_at: startedAt }: Manifest): boolean {
  return ENDED.includes(state) || (state === 'refused' && startedAt === null);
}

/** Whether a run can be removed: it has ended, none of its rows failed, and no process works on it. */
async function isSpare(dir: string, manifest: Manifest): Promise<boolean> {
  if (!hasEnded(manifest)) return false;
  const summary = readJson(runFiles(dir).summary) as Partial<Summary> | null;
  const { failed, unverified } = summary?.counts ?? { failed: 1, unverified: 1 };
  if (failed !== 0 || unverified !== 0) return false;
  // Ask for the lock whatever run.json says: an apply or a retry may hold a run that was planned without one.
  const held = await isLocked(runFiles(dir).lock).catch(() => false);
  return !held && !(await isAtWork(dir, manifest));
}

/** The runs of a directory, oldest first; none if it cannot be listed, because pruning must not fail a run. */
function listed(runsDir: string) {
  try {
    return loadRuns(runsDir).runs;
  } catch {
    return [];
  }
}

/** For --keep-runs: of the ended runs of a name, removes the oldest beyond `keep` that can be removed. */
export async function prune(runsDir: string, name: string, keep: number): Promise<void> {
  const ended = listed(runsDir).filter(
    ({ dir, manifest }) => manifest.name === name && hasEnded(manifest) && lstatSync(dir).isDirectory(),
  );
  // Refused runs go first: what they had to say is in the way of runs that can still be undone.
  const isRefused = ({ manifest }: (typeof ended)[number]) => manifest.state === 'refused';
  const byWorth = [...ended.filter(isRefused), ...ended.filter((run) => !isRefused(run))];
  for (const { dir, manifest } of byWorth.slice(0, Math.max(0, ended.length - keep))) {
    if (!(await isSpare(dir, manifest))) continue;
    try {
      removeRun(dir);
    } catch {
      // Leave it: this run has ended all the same.
    }
  }
}
