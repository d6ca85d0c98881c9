import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, extname, resolve } from 'node:path';
import { type Manifest, runName } from '../../core/run/manifest.ts';
import type { Resolved } from '../../core/settings/resolve.ts';
import { createRunDirectory, removeRun } from '../../io/run/directory.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { lockNewRun } from './locks.ts';
import { keptSettings, type Run, typedPath, update } from './open.ts';

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

/** What a new run is made from: the path of its input (null for standard input), and the run whose rows it takes. */
export type RunSource = {
  path: string | null;
  /** Another name than that of the path. */
  name?: string;
  source?: Manifest['source'];
  /** The account that the run belongs to, if it is known. */
  organizationId?: string | null;
};

/** Makes a run directory with nothing but its manifest and its lock. Throws UsageError where it cannot be made. */
export async function newRun(
  origin: RunSource,
  { settings }: Resolved,
  command: string,
  context: Context,
): Promise<Run> {
  const now = new Date();
  const { path } = origin;
  const fallback = path === null ? 'stdin' : basename(path, extname(path));
  const name = runName(settings.name ?? origin.name ?? fallback);
  const made = makeDirectory(settings.runs_dir, name, now, context);
  const locked = await lockNewRun(made.dir, `${command} ${made.id}`, settings, context);
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
