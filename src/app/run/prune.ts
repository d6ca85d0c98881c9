import { lstatSync } from 'node:fs';
import type { Summary } from '../../core/results/summary.ts';
import type { Manifest } from '../../core/run/manifest.ts';
import { loadRuns, readJson, removeRun, runFiles } from '../../io/run/directory.ts';
import { isLocked } from '../../io/run/lock.ts';
import { isAtWork } from './locks.ts';

const ENDED: readonly Manifest['state'][] = ['finished', 'planned', 'superseded'];

/** Whether nobody needs a run any longer: nobody is at work on it, it has ended, and no row of it failed. */
async function isSpare(dir: string, manifest: Manifest): Promise<boolean> {
  if (!ENDED.includes(manifest.state)) return false;
  const summary = readJson(runFiles(dir).summary) as Partial<Summary> | null;
  const { failed, unverified } = summary?.counts ?? { failed: 1, unverified: 1 };
  if (failed !== 0 || unverified !== 0) return false;
  // Not only as run.json has it: one that was planned without a lock may be held by an apply or a retry.
  const held = await isLocked(runFiles(dir).lock).catch(() => false);
  return !held && !(await isAtWork(dir, manifest));
}

/** Removes the oldest runs of a name beyond `keep` of those that have ended, for --keep-runs. Never one that is needed. */
export async function prune(runsDir: string, name: string, keep: number): Promise<void> {
  const ended = loadRuns(runsDir).runs.filter(
    ({ dir, manifest }) => manifest.name === name && ENDED.includes(manifest.state) && lstatSync(dir).isDirectory(),
  );
  for (const { dir, manifest } of ended.slice(0, Math.max(0, ended.length - keep))) {
    if (!(await isSpare(dir, manifest))) continue;
    try {
      removeRun(dir);
    } catch {
      // It stays: this run has ended all the same.
    }
  }
}
