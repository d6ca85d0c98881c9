import { dirname, resolve } from 'node:path';
import { foreignBaseUrl } from '../core/followup/next-command.ts';
import type { Manifest } from '../core/run/manifest.ts';
import { readEnvironment } from '../core/settings/environment.ts';
import { flagOf } from '../core/settings/flags.ts';
import { readJob, settingsOfBadJob } from '../core/settings/job.ts';
import { sameBaseUrl } from '../core/settings/parse.ts';
import { recordedSettings, settingsFor } from '../core/settings/raw.ts';
import { type Layer, type Resolved, resolveSettings } from '../core/settings/resolve.ts';
import {
  PUBLIC_BASE_URL,
  type RawSettings,
  SETTING_NAMES,
  type SettingName,
  settingDefinition,
} from '../core/settings/schema.ts';
import type { Scope } from '../core/settings/table/definition.ts';
import { completesLogin } from '../core/text/queue-url.ts';
import { quoted } from '../core/text/text.ts';
import { visible } from '../core/text/visible.ts';
import { expandHome } from '../io/home.ts';
import { readJobFile } from '../io/job-file.ts';
import { permissionProblem } from '../io/permissions.ts';
import { NotText } from '../io/text-file.ts';
import type { Context } from './context.ts';
import { fileError, isFileError, UsageError } from './errors.ts';
import type { Invocation } from './invocation.ts';
import { warn } from './output.ts';
import { keepSecret, readSecrets, secretOfJob, warnOfSecrets } from './secrets.ts';

/** Resolves the settings of layers in order of precedence. Throws UsageError with all errors, these first. */
export function resolveLayers(layers: readonly Layer[], scope: Scope, errors: readonly string[] = []): Resolved {
  const resolved = resolveSettings(layers, scope);
  const all = [...errors, ...('errors' in resolved ? resolved.errors : [])];
  if ('errors' in resolved || all.length > 0) throw UsageError.of(all);
  return resolved;
}

/** Makes absolute the paths that run.json keeps. */
function withAbsolute(raw: RawSettings, cwd: string): RawSettings {
  const made = { ...raw };
  for (const name of SETTING_NAMES.filter((name) => settingDefinition(name).path === 'absolute')) {
    const value = made[name];
    if (typeof value === 'string' && value !== '' && value !== '-') made[name] = resolve(cwd, value);
  }
  return made;
}

/** The settings of the environment, with the secrets of the files that it names. */
function environmentOf(context: Context) {
  const { raw, files, errors } = readEnvironment(context.env);
  const secrets = readSecrets(raw, files, context);
  return { ...secrets, errors: [...errors, ...secrets.errors] };
}

/** The layers of this call, in order of precedence. */
function callLayers(flags: RawSettings, environment: RawSettings, { cwd, env }: Context): Layer[] {
  // A shell expands the `~` of a flag. Those that set variables, such as systemd, do not.
  const expanded = { ...environment };
  for (const name of SETTING_NAMES.filter((name) => settingDefinition(name).path !== undefined)) {
    const value = expanded[name];
    if (typeof value === 'string') expanded[name] = expandHome(value, env);
  }
  const typed = { ...flags };
  // A command is printed without the login of its queue. The variable has it.
  if (completesLogin(String(flags.queue), String(environment.queue))) delete typed.queue;
  return [
    { source: 'flag', raw: withAbsolute(typed, cwd) },
    { source: 'environment', raw: withAbsolute(expanded, cwd) },
  ];
}

/**
 * Sends messages where the environment says, until all settings are known: a job that fails before that must not fail
 * unseen.
 */
export function useEnvironment(args: readonly string[], context: Context): void {
  const [word] = args.filter((arg) => !arg.startsWith('-'));
  const scope = settingDefinition('notify').scopes.find((name) => name === word);
  if (scope === undefined || args.includes('--dry-run') || args.includes('--print-config')) return;
  context.messages?.use(scope, callLayers({}, environmentOf(context).raw, context));
}

/** Resolves the settings of a command on an input: flags, then environment. Throws UsageError with all errors. */
export function resolveForCommand(flags: RawSettings, context: Context, scope: Scope): Invocation {
  const { raw, errors, warnings } = environmentOf(context);
  const layers = callLayers(flags, raw, context);
  context.messages?.use(scope, layers);
  return warnOfSecrets({ ...resolveLayers(layers, scope, errors), context }, warnings);
}

/** Reads a job file. Its paths are relative to it, and its runs directory is next to it by default. */
export function resolveForJob(path: string, flags: RawSettings, context: Context) {
  const environment = environmentOf(context);
  const ofCall = callLayers(flags, environment.raw, context);
  context.messages?.use('run', ofCall);
  const file = resolve(context.cwd, path);
  let read: ReturnType<typeof readJobFile>;
  try {
    read = readJobFile(file, visible(path));
  } catch (error) {
    if (error instanceof NotText) throw new UsageError(error.message);
    throw isFileError(error) ? fileError(`read the job file ${path}`, error) : error;
  }
  const fromHere = (value: string) => (value === '-' ? '-' : resolve(dirname(file), expandHome(value, context.env)));
  const placed = (raw: RawSettings) => {
    for (const name of SETTING_NAMES.filter((name) => settingDefinition(name).path !== undefined)) {
      const value = raw[name];
      if (typeof value === 'string') raw[name] = fromHere(value);
    }
    keepSecret(raw, context);
    return raw;
  };
  const job = readJob(read.keys, path);
  if ('errors' in job) {
    context.messages?.use('run', [...ofCall, { source: 'job file', raw: placed(settingsOfBadJob(read.keys)) }]);
    throw UsageError.of(job.errors);
  }
  const raw = placed({ runs_dir: 'runs', ...job.raw });
  const layers: Layer[] = [...ofCall, { source: 'job file', raw, places: job.places }];
  context.messages?.about(job.input);
  // A plan sends nothing, so nothing is said about it.
  context.messages?.use('run', job.command === 'plan' ? [] : layers);
  const invocation = { ...resolveLayers(layers, 'run', environment.errors), context };
  const what = secretOfJob(job.raw);
  const problem = permissionProblem(file, read.stats, what === null ? 'trusted' : 'secret');
  const which = what === null ? 'with which numbers can be reassigned' : `which holds ${what}`;
  if (problem !== null) warn(invocation, `the job file ${visible(path)}, ${which}, is not protected: ${problem}`);
  warnOfSecrets(invocation, environment.warnings);
  return { invocation, command: job.command, input: fromHere(job.input) };
}

/**
 * Resolves the settings of a command on a run directory: flags, environment, then run.json. Settings that belong to the
 * plan are errors. A base URL other than the public one must be named again, so that a run directory cannot send the
 * key to another host.
 */
export function resolveForRun(
  flags: RawSettings,
  context: Context,
  scope: Scope,
  manifest: Pick<Manifest, 'settings'> & Partial<Pick<Manifest, 'name'>>,
): Invocation {
  const environment = environmentOf(context);
  const isOfPlan = (name: SettingName) => settingDefinition(name).belongsTo === 'plan';
  // A variable is there for every command. What the run has and this command cannot change stays as it is.
  const isTaken = (name: SettingName) => !isOfPlan(name) && settingDefinition(name).scopes.includes(scope);
  const errors = [...environment.errors];
  for (const name of SETTING_NAMES.filter((name) => isOfPlan(name) && flags[name] !== undefined)) {
    errors.push(`--${flagOf(name)} belongs to the plan and cannot be changed in a run directory`);
  }
  const fromEnvironment = Object.fromEntries(
    Object.entries(environment.raw).filter(([name]) => isTaken(name as SettingName)),
  );
  const recorded = String(manifest.settings.base_url ?? PUBLIC_BASE_URL);
  const [named] = [flags.base_url ?? fromEnvironment.base_url].flat() as (string | undefined)[];
  if (named !== undefined && sameBaseUrl(named) !== sameBaseUrl(recorded)) {
    errors.push(`the base URL ${quoted(named)} is not that of the plan, ${quoted(recorded)}`);
  }
  if (named === undefined && foreignBaseUrl(manifest.settings) !== null) {
    errors.push(
      `the run directory names the base URL ${quoted(recorded)}; if your key may go there, add --base-url ${recorded}`,
    );
  }
  const layers: Layer[] = [
    ...callLayers(flags, fromEnvironment, context),
    { source: 'run', raw: recordedSettings(manifest.settings) },
  ];
  context.messages?.use(scope, layers, manifest.name);
  return warnOfSecrets({ ...resolveLayers(layers, scope, errors), context }, environment.warnings);
}

/** A run, and its absolute directory. */
type RunPlace = { dir: string; manifest: Manifest };

/** Resolves the settings of a new run that takes the rows of another. */
export function resolveForNewRun(flags: RawSettings, context: Context, verb: 'retry' | 'undo', from: RunPlace) {
  const kept: Manifest['settings'] = settingsFor(verb, from.manifest.settings);
  // The new run belongs beside the other one, and not where its run.json says.
  if (kept.runs_dir !== undefined) kept.runs_dir = dirname(from.dir);
  // A number may return to no profile without a flag, in a later retry of the undo too.
  if (verb === 'undo') kept.allow_unassign = 'true';
  const name = verb === 'undo' ? `undo-${from.manifest.name}` : from.manifest.name;
  return resolveForRun(flags, context, verb, { settings: kept, name });
}

/** Resolves the settings of `results` and `report`: flags, then run.json. The environment is only checked for errors. */
export function resolveForResults(
  flags: RawSettings,
  context: Context,
  scope: 'results' | 'report',
  { settings }: Manifest,
): Invocation {
  const layers: Layer[] = [
    { source: 'flag', raw: flags },
    { source: 'run', raw: recordedSettings(settings) },
  ];
  return { ...resolveLayers(layers, scope, readEnvironment(context.env).errors), context };
}
