import { exactDuration } from '../text/duration.ts';
import { quoted } from '../text/text.ts';
import { isLoopback, parseSetting } from './parse.ts';
import {
  flagOf,
  type Limit,
  type Scope,
  SETTING_NAMES,
  type SettingDefinition,
  type SettingName,
  type Settings,
  settingDefinition,
  variableOf,
} from './schema.ts';

/** Where a value came from, in order of precedence. `run` is the manifest of a saved run. */
export type Source = 'flag' | 'environment' | 'job file' | 'run' | 'default';

/** Values as they were typed. A list holds the several values of a repeated flag. */
export type RawSettings = Partial<Record<SettingName, string | string[]>>;

export type Resolved = { settings: Settings; sources: Record<SettingName, Source> };

const PREFIX = 'TELNYX_REASSIGN_';

/** Letters to change to make one word of another (Levenshtein): for 'did you mean'. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** The word that was probably meant, or null when none is near. */
export function didYouMean(word: string, known: readonly string[]): string | null {
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate ?? null;
}

/** `; did you mean X?`, or nothing. */
export function suggestion(word: string, known: readonly string[]): string {
  const meant = didYouMean(word, known);
  return meant === null ? '' : `; did you mean ${meant}?`;
}

/**
 * Reads the settings from the environment. Unknown variables with our prefix are faults, and so are consents: a
 * variable set in some profile years ago must not answer for somebody at the terminal today.
 */
export function typedFromEnvironment(environment: Record<string, string | undefined>): {
  typed: RawSettings;
  faults: string[];
} {
  const typed: RawSettings = {};
  const faults: string[] = [];
  const known = new Map(SETTING_NAMES.map((name) => [variableOf(name), name]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || text === undefined) continue;
    const name = known.get(variable);
    if (name === undefined) {
      const meant = didYouMean(variable.slice(PREFIX.length), SETTING_NAMES) as SettingName | null;
      faults.push(`unknown variable ${variable}${meant === null ? '' : `; did you mean ${variableOf(meant)}?`}`);
    } else if (settingDefinition(name).consent === true) {
      faults.push(`${variable} is not taken from the environment; pass --${flagOf(name)} where it is meant`);
    } else {
      typed[name] = text;
    }
  }
  return { typed, faults };
}

function parseTyped(name: SettingName, typed: string | string[]): { value: unknown } | { fault: string } {
  if (!Array.isArray(typed)) return parseSetting(name, typed);
  if (settingDefinition(name).kind !== 'map') return { fault: 'is given more than once' };
  let merged: Record<string, string> = {};
  for (const text of typed) {
    const parsed = parseSetting(name, text);
    if ('fault' in parsed) return parsed;
    const next = parsed.value as Record<string, string>;
    const again = Object.keys(next).find((field) => field in merged);
    if (again !== undefined) return { fault: `names a column for ${again} more than once` };
    merged = { ...merged, ...next };
  }
  return { value: merged };
}

const SPOKEN: Record<Source, (name: SettingName) => string> = {
  flag: (name) => `--${flagOf(name)}`,
  environment: variableOf,
  'job file': (name) => `job file: ${name}`,
  run: (name) => `run.json: ${name}`,
  default: flagOf,
};

/** Checks that concern more than one setting. */
function crossFaults(settings: Settings): string[] {
  const faults: string[] = [];
  if (settings.rate === 'off' && !settings.sandbox && !isLoopback(settings.base_url)) {
    faults.push(`--rate off is for a loopback address only, and the base URL is ${quoted(settings.base_url)}`);
  }
  if (settings.retry_base > settings.retry_max) faults.push('--retry-base must not be longer than --retry-max');
  return faults;
}

/**
 * Puts the settings together: the first layer that names a setting wins. Gives all faults at once, each a sentence.
 * Layers come in order of precedence.
 */
export function resolveSettings(
  layers: readonly { source: Source; typed: RawSettings }[],
  scope: Scope,
): Resolved | { faults: string[] } {
  const faults: string[] = [];
  const settings: Record<string, unknown> = {};
  const sources: Record<string, Source> = {};
  for (const name of SETTING_NAMES) {
    const shape = settingDefinition(name);
    const layer = layers.find(({ typed }) => typed[name] !== undefined);
    const source = layer?.source ?? 'default';
    const typed = layer?.typed[name] ?? shape.default;
    sources[name] = source;
    if (source === 'flag' && !shape.scopes.includes(scope)) {
      faults.push(`--${flagOf(name)} does not belong to ${scope}`);
    }
    if (typed === null) {
      settings[name] = shape.kind === 'map' ? {} : null;
      continue;
    }
    const parsed = parseTyped(name, typed);
    if ('fault' in parsed) faults.push(`${SPOKEN[source](name)} ${parsed.fault}`);
    else settings[name] = parsed.value;
  }
  if (faults.length > 0) return { faults };
  const complete = settings as Settings;
  const cross = crossFaults(complete);
  return cross.length > 0 ? { faults: cross } : { settings: complete, sources: sources as Record<SettingName, Source> };
}

/** Requests in flight at most: as set, else twice the rate within 10 and 200, and 50 where it is not a number. */
export function concurrencyOf(settings: Pick<Settings, 'rate' | 'concurrency'>): number {
  if (settings.concurrency !== null) return settings.concurrency;
  return typeof settings.rate === 'number' ? Math.min(200, Math.max(10, Math.ceil(2 * settings.rate))) : 50;
}

/** A value as it would be typed. */
function typedText(kind: SettingDefinition['kind'], value: unknown): string {
  if (kind === 'duration') return exactDuration(value as number);
  if (kind === 'limit') return limitText(value as Limit);
  return kind === 'delimiter' && value === '\t' ? 'tab' : String(value);
}

/** `200`, or `5%`. */
export function limitText({ value, percent }: Limit): string {
  return percent ? `${value}%` : String(value);
}

/** The values back as they would be typed; `keepDefaults` keeps those too that say no more than the default. */
export function typedOf(settings: Settings, wanted: (name: SettingName) => boolean, keepDefaults = false): RawSettings {
  const typed: RawSettings = {};
  for (const name of SETTING_NAMES) {
    const value = settings[name];
    const { kind, default: standard } = settingDefinition(name);
    if (value === null || !wanted(name)) continue;
    if (kind === 'map') {
      const pairs = Object.entries(value as Record<string, string>).map(([field, column]) => `${field}=${column}`);
      if (pairs.length > 0) typed[name] = pairs;
      continue;
    }
    const text = typedText(kind, value);
    const same = standard !== null && JSON.stringify(parseSetting(name, standard)) === JSON.stringify({ value });
    if (keepDefaults || !same) typed[name] = text;
  }
  return typed;
}
