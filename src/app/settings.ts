import { resolve } from 'node:path';
import { foreignBaseUrl } from '../core/followup/next-command.ts';
import type { Manifest } from '../core/run/manifest.ts';
import { parseSetting } from '../core/settings/parse.ts';
import {
  type RawSettings,
  type Resolved,
  resolveSettings,
  type Source,
  typedFromEnvironment,
} from '../core/settings/resolve.ts';
import {
  flagOf,
  PUBLIC_BASE_URL,
  type Scope,
  SETTING_NAMES,
  type SettingName,
  settingDefinition,
} from '../core/settings/schema.ts';
import { quoted } from '../core/text/text.ts';
import type { Context } from './context.ts';
import { UsageError } from './errors.ts';

/** The settings of layers, the first of them first. Throws UsageError with all faults. */
export function resolveLayers(
  layers: { source: Source; typed: RawSettings }[],
  scope: Scope,
  faults: string[],
): Resolved {
  const resolved = resolveSettings(layers, scope);
  if ('faults' in resolved) throw new UsageError([...faults, ...resolved.faults].join('\n'));
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return resolved;
}

/** Paths that a run keeps: from wherever a later command on it is given, they mean the same place. */
const KEPT_PATHS: readonly SettingName[] = ['state_dir', 'results'];

/** Settings with the paths that a run keeps made absolute. */
export function withAbsolute(typed: RawSettings, cwd: string): RawSettings {
  const made = { ...typed };
  for (const name of KEPT_PATHS) {
    const value = made[name];
    if (typeof value === 'string' && value !== '') made[name] = resolve(cwd, value);
  }
  return made;
}

/** Settings of a command on an input: flags, then environment. Throws UsageError with all faults. */
export function resolveForCommand(flags: RawSettings, context: Context, scope: Scope): Resolved {
  const environment = typedFromEnvironment(context.env);
  const layers = [
    { source: 'flag' as const, typed: withAbsolute(flags, context.cwd) },
    { source: 'environment' as const, typed: withAbsolute(environment.typed, context.cwd) },
  ];
  return resolveLayers(layers, scope, environment.faults);
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
export function resolveForRun(flags: RawSettings, context: Context, scope: Scope, manifest: Manifest): Resolved {
  const environment = typedFromEnvironment(context.env);
  const isInput = (name: SettingName) => settingDefinition(name).input === true || name === 'sandbox';
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
    { source: 'run' as const, typed: manifest.settings as RawSettings },
  ];
  return resolveLayers(layers, scope, faults);
}
