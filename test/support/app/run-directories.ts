import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import type { Run } from '../../../src/app/run/open.ts';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { runFiles, writeJson, writeManifest } from '../../../src/io/run/directory.ts';
import { manifest } from '../io/manifests.ts';
import { makePlan } from '../make.ts';

export const AT = '2026-11-23T02:00:00.000Z';

/** The process id of one that has ended. */
export const DEAD = spawnSync(process.execPath, ['--version']).pid;

/** A process that is alive, and is not this one. */
export const ALIVE = process.ppid;

/** The nth run of a name: they are in the order of their numbers. */
export const runId = (n: number, name = 'cutover') => `202611${String(n).padStart(2, '0')}T020500Z-${name}-1f2e`;

/** A plan of nothing, for a manifest. */
export const NO_PLAN = makePlan({ sha256: '', change: 0, at: AT });

/** The input of a manifest. */
export function inputOf(path: string | null, sha256: string): Manifest['input'] {
  return { path, sha256, rows: 3, blank_lines: 0, dialect: { encoding: 'utf-8', delimiter: ',' } };
}

/** The nth run of a directory of runs: an `apply` that is paused, but for the changes; its process has ended. */
export function makeRun(runsDir: string, n: number, changes: Partial<Manifest> = {}): Run {
  const id = runId(n, changes.name);
  const dir = join(runsDir, id);
  const made = manifest({
    run_id: id,
    command: 'apply',
    state: 'paused',
    input: inputOf('/data/numbers.csv', 'ab12'),
    plan: { ...NO_PLAN, sha256: 'cd34', change: 3 },
    locked: true,
    started_at: AT,
    host: hostname(),
    pid: DEAD,
    ...changes,
  });
  mkdirSync(dir, { recursive: true });
  writeManifest(dir, made);
  return { dir, shown: dir, manifest: made };
}

/** Writes the counts of a run into its summary, as far as they matter here. */
export function writeCounts({ dir }: Run, counts: Record<string, number>): void {
  writeJson(runFiles(dir).summary, {
    counts: { updated: 3, failed: 0, unverified: 0, held: 0, rejected: 0, ...counts },
  });
}

/** The numbers of runs, by their directories. */
export function numbersOf(dirs: readonly string[]): number[] {
  return dirs.map((dir) => Number(basename(dir).slice(6, 8)));
}
