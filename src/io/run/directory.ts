import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Manifest, readManifest } from '../../core/run/manifest.ts';
import { visible, visibleJson } from '../../core/text/visible.ts';
import { isAbsent, statusOf } from '../file-status.ts';
import { checkPlainFile, NotPlainFileError, readOwnFile, replaceOwnFile } from '../own-file.ts';

const MAX_ID_TRIES = 100;
/** Far longer than any run.json. */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

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
    campaigns: join(dir, 'campaigns.csv'),
    lock: join(dir, 'lock'),
    log: join(dir, 'log.ndjson'),
    summary: join(dir, 'summary.json'),
    status: join(dir, 'status.json'),
    report: join(dir, 'report.html'),
    sandbox: join(dir, 'sandbox.json'),
    control: join(dir, 'control.json'),
  };
}

/** `20261123T020500Z`: sorts by time and is a valid file name on every system. */
function timestamp(now: Date): string {
  return `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** Makes a directory and its parents, each for its owner alone (0700), whatever the umask is. Not by `recursive`, with which Node never returns in /proc. */
export function makeDirectories(path: string): void {
  const found = statusOf(path);
  if (found?.isDirectory() === true) return;
  if (found !== null) throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: 'ENOTDIR' });
  const parent = dirname(path);
  if (parent !== path) makeDirectories(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    // Another run may have made it in the meantime. A link that leads nowhere is in the way too.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || statusOf(path) === null) throw error;
  }
}

/** Makes a new run directory (0700) under `runsDir`. Throws what the file system throws. */
export function createRunDirectory(runsDir: string, name: string, now: Date): { id: string; dir: string } {
  makeDirectories(runsDir);
  for (let tries = 0; ; tries++) {
    const id = `${timestamp(now)}-${name}-${randomBytes(2).toString('hex')}`;
    const dir = join(runsDir, id);
    try {
      mkdirSync(dir, { mode: 0o700 });
    } catch (error) {
      // Another run of this second has the same four random digits.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && tries < MAX_ID_TRIES) continue;
      throw error;
    }
    chmodSync(dir, 0o700);
    return { id, dir };
  }
}

/** Whether a path is a run directory. Throws what the file system throws, unless there is nothing. */
export function isRunDirectory(path: string): boolean {
  return statusOf(path)?.isDirectory() === true && statusOf(runFiles(path).manifest) !== null;
}

/** Writes run.json atomically. */
export function writeManifest(dir: string, manifest: Manifest): void {
  writeJson(runFiles(dir).manifest, manifest);
}

/** Writes a JSON file (0600) atomically: it is never half-written. */
export function writeJson(path: string, value: unknown): void {
  replaceOwnFile(path, `${visibleJson(value, 2)}\n`);
}

/** Throws NotPlainFileError if a file of a run is not a plain file. */
export function checkRunFiles(dir: string): void {
  for (const file of Object.values(runFiles(dir))) checkPlainFile(file);
}

/** Reads the manifest of a run. Throws with the reason if there is none or this program cannot read it. */
export function loadManifest(dir: string): Manifest {
  const path = runFiles(dir).manifest;
  const text = readOwnFile(path, MAX_MANIFEST_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${visible(path)} is not JSON: ${visible((cause as Error).message)}`, { cause });
  }
  return readManifest(value, path);
}

/** The version that last wrote to a run, for messages about its files; null if run.json does not say. */
export function versionOf(dir: string): string | null {
  const manifest = readJson(runFiles(dir).manifest) as { version?: unknown } | null;
  return typeof manifest?.version === 'string' ? manifest.version : null;
}

/** Reads a JSON file. Returns null if it does not exist or is not JSON. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readOwnFile(path));
  } catch {
    return null;
  }
}

/** A run that cannot be loaded, and why: what the file system says, or what is wrong with run.json. */
export type UnreadRun = { dir: string; error: Error };

/**
 * Loads all runs, oldest first by the time in their manifests: the names of two runs of one second sort randomly.
 * `damaged`: run.json is of another version, not whole, or gone. `unreadable`: the file system refuses, so nothing is known of
 * them. Throws what the file system throws, unless there is no runs directory.
 */
export function loadRuns(runsDir: string) {
  const runs: { dir: string; manifest: Manifest }[] = [];
  const damaged: UnreadRun[] = [];
  const unreadable: UnreadRun[] = [];
  for (const dir of statusOf(runsDir) === null ? [] : readdirSync(runsDir).map((name) => join(runsDir, name))) {
    try {
      if (isRunDirectory(dir)) runs.push({ dir, manifest: loadManifest(dir) });
      else if (statusOf(dir)?.isDirectory() === true && statusOf(runFiles(dir).ledger) !== null)
        damaged.push({ dir, error: new Error(`${visible(dir)} has a ledger and no run.json`) });
    } catch (error) {
      // Another process has removed it in the meantime.
      if (isAbsent(error)) continue;
      const isRefused = error instanceof NotPlainFileError || (error as NodeJS.ErrnoException).code !== undefined;
      (isRefused ? unreadable : damaged).push({ dir, error: error as Error });
    }
  }
  runs.sort((a, b) => a.manifest.created_at.localeCompare(b.manifest.created_at) || (a.dir < b.dir ? -1 : 1));
  return { runs, damaged, unreadable };
}

export type LoadedRuns = ReturnType<typeof loadRuns>;

/** The directory of the files of causes in a run directory. */
export function causesDir(dir: string): string {
  return join(dir, 'causes');
}

/** Files that are still being written: see csv/writer.ts, run/cause-files.ts and own-file.ts. */
const DRAFT = /\.(csv\.\d+\.tmp|(json|html)\.\d+)$/;

/** Removes files that a killed process left half-written in a run directory. Only the holder of its lock may do so. */
export function removeDrafts(dir: string): void {
  for (const each of [dir, causesDir(dir)]) {
    // A link may lead to files that are not ours.
    if (lstatSync(each, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
    for (const name of readdirSync(each)) if (DRAFT.test(name)) rmSync(join(each, name), { force: true });
  }
}

/** Removes a run directory and its contents. Throws what the file system throws. */
export function removeRun(dir: string): void {
  // run.json first: without it, a half-removed directory is not taken for a run.
  rmSync(runFiles(dir).manifest, { force: true });
  rmSync(dir, { recursive: true, force: true });
}
