import { dirname, resolve } from 'node:path';
import { readJob } from '../core/job.ts';
import type { Manifest } from '../core/manifest.ts';
import { foreignBaseUrl } from '../core/next-command.ts';
import { parseSetting } from '../core/parse-setting.ts';
import {
  type Resolved,
  resolveSettings,
  type Source,
  type Typed,
  typedFromEnvironment,
} from '../core/resolve-settings.ts';
import {
  flagOf,
  PUBLIC_BASE_URL,
  type Scope,
  SETTING_NAMES,
  type SettingName,
  settingShape,
} from '../core/settings.ts';
import { quoted } from '../core/text.ts';
import { readJobFile } from '../io/job-file.ts';
import { type Context, UsageError } from './context.ts';

function settled(layers: { source: Source; typed: Typed }[], scope: Scope, faults: string[]): Resolved {
  const resolved = resolveSettings(layers, scope);
  if ('faults' in resolved) throw new UsageError([...faults, ...resolved.faults].join('\n'));
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return resolved;
}

/** Paths that a run keeps: from wherever a later command on it is given, they mean the same place. */
const KEPT_PATHS: readonly SettingName[] = ['state_dir', 'results'];

function withAbsolute(typed: Typed, cwd: string): Typed {
  const made = { ...typed };
  for (const name of KEPT_PATHS) {
    const value = made[name];
    if (typeof value === 'string' && value !== '') made[name] = resolve(cwd, value);
  }
  return made;
}

/** Settings of a command on an input: flags, then environment. Throws UsageError with all faults. */
export function settle(flags: Typed, context: Context, scope: Scope): Resolved {
  const environment = typedFromEnvironment(context.env);
  const layers = [
    { source: 'flag' as const, typed: withAbsolute(flags, context.cwd) },
    { source: 'environment' as const, typed: withAbsolute(environment.typed, context.cwd) },
  ];
  return settled(layers, scope, environment.faults);
}

/** A base URL as a plan records it; text that is none comes back as it is. */
function normalUrl(text: string): string {
  const parsed = parseSetting('base_url', text);
  return 'value' in parsed ? String(parsed.value) : text;
}

/**
 * Settings of a command on a run directory: flags, environment, then what the run has recorded. Input settings belong
 * to the plan, and a base URL from elsewhere must be named again, so that a directory cannot draw the key away.
 */
export function settleOnRun(flags: Typed, context: Context, scope: Scope, manifest: Manifest): Resolved {
  const environment = typedFromEnvironment(context.env);
  const isInput = (name: SettingName) => settingShape(name).input === true || name === 'sandbox';
  const faults = [...environment.faults];
  for (const name of SETTING_NAMES.filter((name) => isInput(name) && flags[name] !== undefined)) {
    faults.push(`--${flagOf(name)} belongs to the plan and is settled in a run directory`);
  }
  const fromEnvironment = Object.fromEntries(
    Object.entries(environment.typed).filter(([name]) => !isInput(name as SettingName)),
  );
  const recorded = manifest.settings.base_url ?? PUBLIC_BASE_URL;
  const [named] = [flags.base_url ?? fromEnvironment.base_url].flat() as (string | undefined)[];
  const same = named !== undefined && normalUrl(named) === recorded;
  if (named !== undefined && !same) {
    faults.push(`the base URL ${quoted(named)} is not that of the plan, ${quoted(String(recorded))}`);
  }
  if (named === undefined && foreignBaseUrl(manifest.settings) !== null) {
    faults.push(
      `the run directory names the base URL ${quoted(String(recorded))}; if your key may go there, add --base-url ${recorded}`,
    );
  }
  const layers = [
    { source: 'flag' as const, typed: withAbsolute(flags, context.cwd) },
    { source: 'environment' as const, typed: withAbsolute(fromEnvironment, context.cwd) },
    { source: 'run' as const, typed: manifest.settings as Typed },
  ];
  return settled(layers, scope, faults);
}

const PATHS: readonly SettingName[] = ['runs_dir', 'results', 'log_file', 'state_dir'];

/** A job file with its settings. Paths in it are relative to it; so are the run directories, unless it says else. */
export function settleJob(
  path: string,
  flags: Typed,
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
  const typed: Typed = { runs_dir: 'runs', ...job.typed };
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
  return { ...settled(layers, 'run', environment.faults), command: job.command, input };
}
