import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sync as writeFileAtomic } from 'write-file-atomic';
import { type Manifest, readManifest } from '../../core/run/manifest.ts';

/** The files of a run directory, by role. */
export function runFiles(dir: string) {
  return {
    manifest: join(dir, 'run.json'),
    input: join(dir, 'input.csv'),
    plan: join(dir, 'plan.csv'),
    ledger: join(dir, 'ledger.ndjson'),
    results: join(dir, 'results.csv'),
    failed: join(dir, 'failed.csv'),
    held: join(dir, 'held.csv'),
    verify: join(dir, 'verify.csv'),
    lock: join(dir, 'lock'),
    log: join(dir, 'log.ndjson'),
    summary: join(dir, 'summary.json'),
    sandbox: join(dir, 'sandbox.json'),
  };
}

/** `20261123T020500Z`: sorts by time, and works as a file name everywhere. */
function stamp(now: Date): string {
  return `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** Makes a directory and those above it. Not `recursive`, with which Node runs for ever where it cannot (/proc). */
export function makeDirectories(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectories(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another run that starts now may have made it first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Makes a new run directory (0700) under `runsDir` and gives its id. Throws what the file system throws. */
export function createRunDirectory(runsDir: string, name: string, now: Date): { id: string; dir: string } {
  makeDirectories(runsDir);
  for (let tries = 0; ; tries++) {
    const id = `${stamp(now)}-${name}-${randomBytes(2).toString('hex')}`;
    const dir = join(runsDir, id);
    try {
      mkdirSync(dir, { mode: 0o700 });
    } catch (error) {
      // Another run of this second has drawn the same four digits.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && tries < 100) continue;
      throw error;
    }
    chmodSync(dir, 0o700);
    return { id, dir };
  }
}

/** Whether a path is a run directory. */
export function isRunDirectory(path: string): boolean {
  return existsSync(join(path, 'run.json'));
}

/** Puts the manifest in place as a whole: run.json is never half-written. */
export function writeManifest(dir: string, manifest: Manifest): void {
  writeJson(runFiles(dir).manifest, manifest);
}

/** Writes a JSON file (0600) as a whole. */
export function writeJson(path: string, value: unknown): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}

/** Reads the manifest of a run. Throws with the reason where there is none or it is not one of ours. */
export function loadManifest(dir: string): Manifest {
  const path = runFiles(dir).manifest;
  const text = readFileSync(path, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  return readManifest(value, path);
}

/** Reads a JSON file, or gives null where it is not there or not readable as JSON. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** The directories of all runs, oldest first. A runs directory that is not there holds none. */
export function listRuns(runsDir: string): string[] {
  if (!existsSync(runsDir)) return [];
  return readdirSync(runsDir)
    .map((entry) => join(runsDir, entry))
    .filter(isRunDirectory)
    .sort();
}

/**
 * All runs with their manifests, oldest first by the time in them: names of two runs of one second sort by chance.
 * `faults` says of the others why they cannot be read: another version, a damaged file.
 */
export function loadRuns(runsDir: string): { runs: { dir: string; manifest: Manifest }[]; faults: string[] } {
  const faults: string[] = [];
  const runs = listRuns(runsDir).flatMap((dir) => {
    try {
      return [{ dir, manifest: loadManifest(dir) }];
    } catch (error) {
      faults.push((error as Error).message);
      return [];
    }
  });
  runs.sort((a, b) => a.manifest.created_at.localeCompare(b.manifest.created_at));
  return { runs, faults };
}

// As they are named while they are written: by csv-writer.ts, and by write-file-atomic.
const DRAFT = /\.(csv\.\d+\.tmp|json\.\d+)$/;

/** Removes what a killed process has left half-written in a run directory. Only for whoever holds its lock. */
export function removeDrafts(dir: string): void {
  for (const name of readdirSync(dir)) if (DRAFT.test(name)) rmSync(join(dir, name), { force: true });
}

/** Removes a run directory with all that is in it. Throws what the file system throws. */
export function removeRun(dir: string): void {
  // First what makes it a run: half of one must never be taken for a whole one.
  rmSync(runFiles(dir).manifest, { force: true });
  rmSync(dir, { recursive: true, force: true });
}
