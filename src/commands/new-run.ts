import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, extname, relative, resolve } from 'node:path';
import { type Manifest, runName } from '../core/manifest.ts';
import { type Resolved, typedOf } from '../core/resolve-settings.ts';
import type { SettingName } from '../core/settings.ts';
import { createRunDirectory, writeManifest } from '../io/run-directory.ts';
import { type Context, UsageError } from './context.ts';
import { copyInput, makePlan, type Planned } from './make-plan.ts';

/** A run directory at work. `dir` is as it is typed from here; `manifest` is what was last written. */
export type Run = { dir: string; manifest: Manifest };

// Output flags speak of one call and not of the run; consents to write are never kept.
const NOT_KEPT = new Set<SettingName>([
  'yes',
  'dry_run',
  'json',
  'quiet',
  'print_config',
  'results',
  'log_file',
  'name',
]);

/** A path as it is typed from here: relative where it lies below, else absolute. */
export function typedPath(context: Context, path: string): string {
  const from = relative(context.cwd, resolve(context.cwd, path));
  return from === '' || from.startsWith('..') ? resolve(context.cwd, path) : from;
}

/** Writes the manifest with changes, and gives the run with them. */
export function update(run: Run, changes: Partial<Manifest>): Run {
  const manifest = { ...run.manifest, ...changes };
  writeManifest(run.dir, manifest);
  return { ...run, manifest };
}

function makeDirectory(runsDir: string, name: string, now: Date, context: Context): { id: string; dir: string } {
  try {
    return createRunDirectory(resolve(context.cwd, runsDir), name, now);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new UsageError(`cannot make a run directory in ${runsDir} (${code}); choose another with --runs-dir`);
  }
}

/**
 * Makes a run directory with the copy of the input and its plan. `input` is a path, or null for standard input.
 * Throws UsageError when the file cannot be read, before anything is made.
 */
export async function newRun(
  input: string | null,
  { settings }: Resolved,
  command: string,
  context: Context,
): Promise<{ run: Run; planned: Planned }> {
  const now = new Date();
  const fallback = input === null ? 'stdin' : basename(input, extname(input));
  const name = runName(settings.name ?? fallback);
  const made = makeDirectory(settings.runs_dir, name, now, context);
  const manifest: Manifest = {
    tool: 'telnyx-reassign',
    version: context.version,
    run_id: made.id,
    name,
    command,
    state: 'planning',
    settings: typedOf(settings, (name) => !NOT_KEPT.has(name)),
    input: {
      path: input === null ? null : resolve(context.cwd, input),
      sha256: '',
      rows: 0,
      blank_lines: 0,
      dialect: null,
    },
    plan: null,
    fault: null,
    stop: null,
    exit_code: null,
    created_at: now.toISOString(),
    started_at: null,
    finished_at: null,
    host: hostname(),
    pid: process.pid,
  };
  let run = update({ dir: typedPath(context, made.dir), manifest }, {});
  const sha256 = await copyInput(input === null ? context.stdin : resolve(context.cwd, input), run.dir);
  const planned = await makePlan(run.dir, settings);
  const { preview, dialect, planSha256, fault } = planned;
  const { change, rejected, duplicate } = preview.actions;
  run = update(run, {
    input: { ...run.manifest.input, sha256, rows: preview.rows, blank_lines: preview.blankLines, dialect },
    plan: planSha256 === null ? null : { sha256: planSha256, change, rejected, duplicate },
    fault,
  });
  return { run, planned };
}

/** Whether an input is there. Throws UsageError where it is something that is no file. */
export function inputExists(path: string, context: Context): boolean {
  const stat = statSync(resolve(context.cwd, path), { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) throw new UsageError(`${path} is a directory without run.json: no run directory`);
  return stat !== undefined;
}
