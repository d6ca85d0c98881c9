import { hostname } from 'node:os';
import { basename, extname, resolve } from 'node:path';
import { type Manifest, type RunCommand, runName } from '../../core/run/manifest.ts';
import { TOOL } from '../../core/text/tool.ts';
import { realClock } from '../../io/clock.ts';
import { isLastingFile } from '../../io/file-status.ts';
import { createRunDirectory, removeRun } from '../../io/run/directory.ts';
import { fileError, type UsageError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { lockNewRun } from './locks.ts';
import { keptSettings, type Run, typedPath, updateRun } from './open.ts';

/** What a new run is made from: its input, and the run whose rows it takes. */
export type RunSource = {
  /** Null for standard input. */
  path: string | null;
  /** The name of the run, if it is not that of the path. */
  name?: string;
  source?: Manifest['source'];
  /** The account that the run belongs to, if it is known. */
  organizationId?: string | null;
  /** What this command has read before. */
  reading?: Run['reading'];
};

function cannotMake(runsDir: string, error: unknown): UsageError {
  return fileError(`make a run directory in ${runsDir}`, error, 'choose another with --runs-dir');
}

/** Makes a run directory with a manifest and a lock. Throws UsageError if it cannot be made. */
export async function newRun(from: RunSource, command: RunCommand, { settings, context }: Reporting): Promise<Run> {
  const now = new Date();
  const { path, source = null } = from;
  const name = runName(settings.name ?? from.name ?? (path === null ? 'stdin' : basename(path, extname(path))));
  let made: ReturnType<typeof createRunDirectory>;
  try {
    made = createRunDirectory(resolve(context.cwd, settings.runs_dir), name, now);
  } catch (error) {
    throw cannotMake(settings.runs_dir, error);
  }
  // Standard input and pipes (`<(...)`) have paths too, but they cannot be read again.
  const isReadable = path !== null && (source !== null || isLastingFile(path));
  const manifest: Manifest = {
    tool: TOOL,
    version: context.version,
    run_id: made.id,
    name,
    command,
    state: 'planning',
    settings: keptSettings({ settings }),
    input: { path: isReadable ? path : null, sha256: '', rows: 0, blank_lines: 0, dialect: null },
    plan: null,
    fault: null,
    source,
    organization_id: from.organizationId ?? null,
    key_sha256: null,
    superseded_by: null,
    queue: null,
    locked: await lockNewRun(made.dir, { settings, context, what: `${command} ${made.id}` }),
    stop: null,
    exit_code: null,
    campaigns: null,
    warnings: [],
    created_at: now.toISOString(),
    started_at: null,
    finished_at: null,
    host: hostname(),
    pid: process.pid,
  };
  try {
    return updateRun({ dir: made.dir, shown: typedPath(context, made.dir), manifest, since: realClock.now() }, {});
  } catch (error) {
    removeRun(made.dir);
    throw cannotMake(settings.runs_dir, error);
  }
}
