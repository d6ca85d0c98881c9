import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, extname, resolve } from 'node:path';
import { type Manifest, runName } from '../core/manifest.ts';
import type { Resolved } from '../core/resolve-settings.ts';
import { createRunDirectory, removeRun } from '../io/run-directory.ts';
import { type Context, UsageError } from './context.ts';
import { lockNewRun } from './locks.ts';
import { copyInput, type Planned, type ReadDraft } from './make-plan.ts';
import { keptSettings, type Run, typedPath, update } from './open-run.ts';

function cannotMake(runsDir: string, error: unknown): UsageError {
  const code = (error as NodeJS.ErrnoException).code;
  return new UsageError(`cannot make a run directory in ${runsDir} (${code}); choose another with --runs-dir`);
}

function makeDirectory(runsDir: string, name: string, now: Date, context: Context): { id: string; dir: string } {
  try {
    return createRunDirectory(resolve(context.cwd, runsDir), name, now);
  } catch (error) {
    throw cannotMake(runsDir, error);
  }
}

/** Where the rows of a new run come from: a file, standard input (null), or those that another run has left. */
export type Origin = {
  path: string | null;
  /** Another name than that of the path. */
  name?: string;
  source?: Manifest['source'];
  /** The account that the run belongs to, where that is known. */
  organizationId?: string | null;
  /** Puts input.csv into the run directory; gives its SHA-256. */
  copy: (dir: string, signal: AbortSignal) => Promise<string>;
  /** Makes the plan, where it is not that of the rows of input.csv. */
  plan?: (dir: string, signal: AbortSignal, read: ReadDraft) => Promise<Planned>;
};

/** The origin of an input as it was typed; `-` is standard input. */
export function originOf(input: string, context: Context): Origin {
  const path = input === '-' ? null : resolve(context.cwd, input);
  return { path, copy: (dir, signal) => copyInput(path ?? context.stdin, dir, signal) };
}

/** Makes a run directory with nothing but its manifest and its lock. Throws UsageError where it cannot be made. */
export async function newRun(origin: Origin, { settings }: Resolved, command: string, context: Context): Promise<Run> {
  const now = new Date();
  const { path } = origin;
  const fallback = path === null ? 'stdin' : basename(path, extname(path));
  const name = runName(settings.name ?? origin.name ?? fallback);
  const made = makeDirectory(settings.runs_dir, name, now, context);
  const locked = await lockNewRun(made.dir, `${command} ${made.id}`, settings);
  const manifest: Manifest = {
    tool: 'telnyx-reassign',
    version: context.version,
    run_id: made.id,
    name,
    command,
    state: 'planning',
    settings: keptSettings({ settings }),
    input: {
      path: path === null || (origin.source === undefined && !isFile(path)) ? null : path,
      sha256: '',
      rows: 0,
      blank_lines: 0,
      dialect: null,
    },
    plan: null,
    fault: null,
    source: origin.source ?? null,
    organization_id: origin.organizationId ?? null,
    key_sha256: null,
    superseded_by: null,
    locked,
    stop: null,
    exit_code: null,
    warnings: [],
    created_at: now.toISOString(),
    started_at: null,
    finished_at: null,
    host: hostname(),
    pid: process.pid,
  };
  try {
    return update({ dir: made.dir, shown: typedPath(context, made.dir), manifest }, {});
  } catch (error) {
    removeRun(made.dir);
    throw cannotMake(settings.runs_dir, error);
  }
}

/** Whether a path is a plain file, which can be read again: a pipe (`<(...)`) cannot. */
function isFile(path: string): boolean {
  return statSync(path).isFile();
}

/** Copies the input into a new run. Throws what the file system throws, and the signal's reason. */
export async function takeInput(run: Run, origin: Origin, signal: AbortSignal): Promise<Run> {
  const sha256 = await origin.copy(run.dir, signal);
  return update(run, { input: { ...run.manifest.input, sha256 } });
}

/** Whether an input is there. Throws UsageError where it is no file, or one that cannot be read. */
export function inputExists(path: string, context: Context): boolean {
  const absolute = resolve(context.cwd, path);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (stat.isDirectory()) throw new UsageError(`${path} is a directory without run.json: no run directory`);
  try {
    accessSync(absolute, constants.R_OK);
  } catch (error) {
    throw new UsageError(`cannot read ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
  return true;
}

function isSame(a: { dev: number; ino: number }, b: { dev: number; ino: number }): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** Throws UsageError where an output file of the user's could not be written later, before anything is made. */
export function checkOutputs(input: string | null, { settings }: Resolved, context: Context): void {
  for (const [flag, file] of [
    ['--log-file', settings.log_file],
    ['--results', settings.results],
  ] as const) {
    if (file === null || (flag === '--log-file' && file === '-')) continue;
    const path = resolve(context.cwd, file);
    const shown = typedPath(context, path);
    try {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat !== undefined && input !== null && isSame(stat, statSync(resolve(context.cwd, input)))) {
        throw new UsageError(`${flag} ${shown} is the input itself`);
      }
      // With a slash behind it a file is no directory, which not every Node says by itself.
      if (stat === undefined) accessSync(`${dirname(path)}/`, constants.W_OK);
      else closeSync(openSync(path, 'a'));
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`cannot write ${flag} ${shown} (${(error as NodeJS.ErrnoException).code})`);
    }
  }
}
