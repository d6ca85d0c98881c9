import { dirname, resolve } from 'node:path';
import { readJob } from '../core/settings/job.ts';
import { type RawSettings, type Resolved, typedFromEnvironment } from '../core/settings/resolve.ts';
import type { SettingName } from '../core/settings/schema.ts';
import { readJobFile } from '../io/job-file.ts';
import type { Context } from './context.ts';
import { UsageError } from './errors.ts';
import { resolveLayers, withAbsolute } from './settings.ts';

const PATHS: readonly SettingName[] = ['runs_dir', 'results', 'log_file', 'state_dir'];

/** A job file with its settings. Paths in it are relative to it; so are the run directories, unless it says else. */
export function resolveForJob(
  path: string,
  flags: RawSettings,
  context: Context,
): Resolved & { command: 'plan' | 'apply'; input: string } {
  let keys: ReturnType<typeof readJobFile>;
  try {
    keys = readJobFile(resolve(context.cwd, path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new UsageError(code === undefined ? (error as Error).message : `cannot read the job file ${path} (${code})`);
  }
  const job = readJob(keys, path);
  if ('faults' in job) throw new UsageError(job.faults.join('\n'));
  const home = dirname(resolve(context.cwd, path));
  const typed: RawSettings = { runs_dir: 'runs', ...job.typed };
  for (const name of PATHS) {
    const value = typed[name];
    if (typeof value === 'string' && value !== '-') typed[name] = resolve(home, value);
  }
  const environment = typedFromEnvironment(context.env);
  const layers = [
    { source: 'flag' as const, typed: withAbsolute(flags, context.cwd) },
    { source: 'environment' as const, typed: withAbsolute(environment.typed, context.cwd) },
    { source: 'job file' as const, typed },
  ];
  const input = job.input === '-' ? '-' : resolve(home, job.input);
  return { ...resolveLayers(layers, 'run', environment.faults), command: job.command, input };
}
