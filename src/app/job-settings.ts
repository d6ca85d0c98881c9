import { dirname, resolve } from 'node:path';
import { readJob } from '../core/settings/job.ts';
import { type Layer, readEnvironment } from '../core/settings/resolve.ts';
import { type RawSettings, SETTING_NAMES, settingDefinition } from '../core/settings/schema.ts';
import { readJobFile } from '../io/job-file.ts';
import type { Context } from './context.ts';
import { UsageError } from './errors.ts';
import type { Invocation } from './invocation.ts';
import { resolveLayers, withAbsolute } from './settings.ts';

/** Reads a job file. Its paths are relative to it, and its runs directory is next to it by default. */
export function resolveForJob(
  path: string,
  flags: RawSettings,
  context: Context,
): { invocation: Invocation; command: 'plan' | 'apply'; input: string } {
  let keys: ReturnType<typeof readJobFile>;
  try {
    keys = readJobFile(resolve(context.cwd, path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new UsageError(code === undefined ? (error as Error).message : `cannot read the job file ${path} (${code})`);
  }
  const job = readJob(keys, path);
  if ('errors' in job) throw new UsageError(job.errors.join('\n'));
  const home = dirname(resolve(context.cwd, path));
  const raw: RawSettings = { runs_dir: 'runs', ...job.raw };
  for (const name of SETTING_NAMES.filter((name) => settingDefinition(name).path !== undefined)) {
    const value = raw[name];
    if (typeof value === 'string' && value !== '-') raw[name] = resolve(home, value);
  }
  const environment = readEnvironment(context.env);
  const layers: Layer[] = [
    { source: 'flag', raw: withAbsolute(flags, context.cwd) },
    { source: 'environment', raw: withAbsolute(environment.raw, context.cwd) },
    { source: 'job file', raw },
  ];
  const input = job.input === '-' ? '-' : resolve(home, job.input);
  const resolved = resolveLayers(layers, 'run', environment.errors);
  return { invocation: { ...resolved, context }, command: job.command, input };
}
