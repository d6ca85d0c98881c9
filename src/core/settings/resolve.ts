import { didYouMean, suggestion } from '../text/suggest.ts';
import { quoted } from '../text/text.ts';
import { visible } from '../text/visible.ts';
import type { Scope } from './definition.ts';
import { flagOf, VARIABLE_PREFIX, variableOf } from './flags.ts';
import { isLoopback, type Parsed, parseSetting } from './parse.ts';
import { type RawSettings, SETTING_NAMES, type SettingName, type Settings, settingDefinition } from './schema.ts';

/** The source of a value, in order of precedence. `run` is the manifest of a saved run. */
export type Source = 'flag' | 'environment' | 'job file' | 'run' | 'default';

/** Settings from one source. */
export type Layer = { source: Source; raw: RawSettings };

export type Resolved = { settings: Settings; sources: Record<SettingName, Source> };

/** Requests in flight, if --concurrency is not given: twice the rate within these bounds. */
const MIN_CONCURRENCY = 10;
const MAX_CONCURRENCY = 200;
/** If the rate is not a number. */
const UNKNOWN_RATE_CONCURRENCY = 50;

/** Reads settings, but no consents: a variable set in a profile years ago must not answer for the user of today. */
export function readEnvironment(environment: Record<string, string | undefined>) {
  const raw: RawSettings = {};
  const errors: string[] = [];
  const known = new Map(SETTING_NAMES.map((name) => [variableOf(name), name]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(VARIABLE_PREFIX) || text === undefined) continue;
    const name = known.get(variable);
    if (name === undefined) {
      const meant = didYouMean(variable.slice(VARIABLE_PREFIX.length), SETTING_NAMES);
      errors.push(`unknown variable ${visible(variable)}${suggestion(meant && variableOf(meant))}`);
    } else if (settingDefinition(name).consent === true) {
      errors.push(`${variable} is not taken from the environment; pass --${flagOf(name)} if it is meant`);
    } else {
      raw[name] = text;
    }
  }
  return { raw, errors };
}

function parseMerged(texts: readonly string[], name: SettingName): Parsed {
  const merged: Record<string, string> = {};
  for (const text of texts) {
    const parsed = parseSetting(name, text);
    if ('error' in parsed) return parsed;
    const next = parsed.value as Record<string, string>;
    const repeated = Object.keys(next).find((field) => field in merged);
    if (repeated !== undefined) return { error: `names a column for ${repeated} more than once` };
    Object.assign(merged, next);
  }
  return { value: merged };
}

function parseRaw(name: SettingName, raw: string | string[]): Parsed {
  if (!Array.isArray(raw)) return parseSetting(name, raw);
  return settingDefinition(name).repeatable === true ? parseMerged(raw, name) : { error: 'is given more than once' };
}

/** How a message names a setting, by the source of its value. */
const NAMED: Record<Source, (name: SettingName) => string> = {
  flag: (name) => `--${flagOf(name)}`,
  environment: variableOf,
  'job file': (name) => `job file: ${name}`,
  run: (name) => `run.json: ${name}`,
  default: flagOf,
};

/** Checks that involve more than one setting. */
function combinationErrors(settings: Settings): string[] {
  const errors: string[] = [];
  if (settings.rate === 'off' && !settings.sandbox && !isLoopback(settings.base_url)) {
    errors.push(`--rate off is for a loopback address only, and the base URL is ${quoted(settings.base_url)}`);
  }
  if (settings.retry_base > settings.retry_max) errors.push('--retry-base must not be longer than --retry-max');
  return errors;
}

/** Resolves the settings of a command: the first layer that names a setting wins. Returns all errors together. */
export function resolveSettings(layers: readonly Layer[], scope: Scope): Resolved | { errors: string[] } {
  const errors: string[] = [];
  const settings: Record<string, unknown> = {};
  const sources: Record<string, Source> = {};
  for (const name of SETTING_NAMES) {
    const definition = settingDefinition(name);
    const layer = layers.find(({ raw }) => raw[name] !== undefined);
    const source = layer?.source ?? 'default';
    const raw = layer?.raw[name] ?? definition.default;
    sources[name] = source;
    if (source === 'flag' && !definition.scopes.includes(scope)) {
      errors.push(`--${flagOf(name)} does not belong to ${scope}`);
    }
    if (raw === null) {
      settings[name] = definition.kind === 'map' ? {} : null;
      continue;
    }
    const parsed = parseRaw(name, raw);
    if ('error' in parsed) errors.push(`${NAMED[source](name)} ${parsed.error}`);
    else settings[name] = parsed.value;
  }
  if (errors.length === 0) errors.push(...combinationErrors(settings as Settings));
  if (errors.length > 0) return { errors };
  return { settings: settings as Settings, sources: sources as Record<SettingName, Source> };
}

/** The maximum number of requests in flight. */
export function concurrencyOf({ rate, concurrency }: Pick<Settings, 'rate' | 'concurrency'>): number {
  if (concurrency !== null) return concurrency;
  if (typeof rate !== 'number') return UNKNOWN_RATE_CONCURRENCY;
  return Math.min(MAX_CONCURRENCY, Math.max(MIN_CONCURRENCY, Math.ceil(2 * rate)));
}
