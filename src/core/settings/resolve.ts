import { quoted } from '../text/text.ts';
import { flagOf, variableOf } from './flags.ts';
import { isLoopback, type Parsed, parseSetting } from './parse.ts';
import { type RawSettings, SETTING_NAMES, type SettingName, type Settings, settingDefinition } from './schema.ts';
import { READING, type Scope, SENDING } from './table/definition.ts';
import { targetErrors } from './target-errors.ts';

/** The source of a value, in order of precedence. `run` is the manifest of a saved run. */
export type Source = 'flag' | 'environment' | 'job file' | 'run' | 'default';

/** Where the values of settings stand in a file: `jobs/nightly.yaml:3:7`. A mapping has a place for each entry. */
export type Places = Partial<Record<SettingName, string[]>>;

type ParseError = { error: string; index?: number };

/** Settings from one source. */
export type Layer = { source: Source; raw: RawSettings; places?: Places };

export type Resolved = { settings: Settings; sources: Record<SettingName, Source> };

/** Requests in flight, if --concurrency is not given: twice the rate within these bounds. */
const MIN_CONCURRENCY = 10;
const MAX_CONCURRENCY = 200;
/** If the rate is not a number. */
const UNKNOWN_RATE_CONCURRENCY = 50;

/** `index`: of the text with the error, if there are several. */
type ParsedTexts = Parsed & { index?: number };

/** Joins the columns of a flag that was given several times, each field once. */
function joinMaps(maps: readonly Record<string, string>[]): ParsedTexts {
  const joined: Record<string, string> = {};
  for (const [index, map] of maps.entries()) {
    const repeated = Object.keys(map).find((field) => field in joined);
    if (repeated !== undefined) return { error: `names a column for ${repeated} more than once`, index };
    Object.assign(joined, map);
  }
  return { value: joined };
}

/** Joins the lists of a flag that was given several times, each value once. */
function joinLists(lists: readonly string[][], max = Number.POSITIVE_INFINITY): ParsedTexts {
  const values = [...new Set(lists.flat())];
  if (values.length > max) return { error: `is given ${values.length} times, and at most ${max} are allowed` };
  return { value: values };
}

function parseRaw(name: SettingName, raw: string | string[]): ParsedTexts {
  const { repeatable, kind, max } = settingDefinition(name);
  if (!Array.isArray(raw)) return parseSetting(name, raw);
  if (repeatable !== true) return { error: 'is given more than once' };
  const values: unknown[] = [];
  for (const [index, text] of raw.entries()) {
    const parsed = parseSetting(name, text);
    if ('error' in parsed) return { ...parsed, index };
    values.push(parsed.value);
  }
  return kind === 'map' ? joinMaps(values as Record<string, string>[]) : joinLists(values as string[][], max);
}

/** How a message names a setting, by the source of its value. */
const NAMED: Record<Source, (name: SettingName) => string> = {
  flag: (name) => `--${flagOf(name)}`,
  environment: variableOf,
  'job file': (name) => `job file: ${name}`,
  run: (name) => `run.json: ${name}`,
  default: flagOf,
};

/** What to do about a value that is empty, which happens when a script fills it from a variable that is not set. */
const EMPTY: Record<Source, string> = {
  flag: 'is empty; leave the flag out, or give it a value',
  environment: 'is empty; unset it, or give it a value',
  'job file': 'is empty; remove the line, or give it a value',
  run: 'is empty',
  default: 'is empty',
};

/** The error of a value, with the name and the place where it was given. */
function valueError(name: SettingName, { source, raw, places }: Layer, { error, index = 0 }: ParseError): string {
  const text = [raw[name]].flat()[index];
  const what = text?.trim() === '' ? EMPTY[source] : error;
  const place = places?.[name]?.[index];
  return place === undefined ? `${NAMED[source](name)} ${what}` : `${place}: ${name} ${what}`;
}

/** What means nothing without waves. */
const OF_WAVES = ['soak', 'gate', 'gate_timeout'] as const satisfies SettingName[];

/** What no worker does. */
const OF_THIS_PROCESS = ['waves', 'bulk', 'undo_on_failure'] as const satisfies SettingName[];
/** How a setting says that there is nothing to do. */
const NOTHING: ReadonlySet<unknown> = new Set([null, false, 'off']);

/** Checks that involve more than one setting. `at` is the place of a setting in a file, if it comes from there. */
function combinationErrors(resolved: Resolved, scope: Scope, at: (...names: SettingName[]) => string): string[] {
  const { settings, sources } = resolved;
  const errors: string[] = [];
  if (settings.rate === 'off' && !settings.sandbox && !isLoopback(settings.base_url)) {
    errors.push(
      `${at('rate', 'base_url')}--rate off is for a loopback address only, and the base URL is ${quoted(settings.base_url)}`,
    );
  }
  // A variable is there for every command, also for one that uses no queue.
  const isTyped = (name: SettingName) => sources[name] === 'flag' || sources[name] === 'job file';
  if (isTyped('detach') && settings.detach && settings.queue === null) {
    errors.push(`${at('detach')}--detach needs --queue: there is nothing to hand the run over to`);
  }
  if (isTyped('queue') && settings.sandbox) {
    errors.push(`${at('queue', 'sandbox')}--queue and --sandbox exclude each other: no worker can reach that sandbox`);
  }
  if (isTyped('campaigns') && settings.campaigns && settings.offline) {
    errors.push(
      `${at('campaigns', 'offline')}--campaigns needs the account, which has the campaigns: leave out --offline`,
    );
  }
  for (const name of OF_WAVES.filter((name) => isTyped(name) && settings.waves === null)) {
    errors.push(`${at(name)}--${flagOf(name)} needs --waves: there are no waves`);
  }
  if (sources.max_drop === 'flag' && settings.before === null) {
    errors.push('--max-drop needs --before: there is nothing to compare with');
  }
  if (settings.queue !== null && SENDING.includes(scope)) {
    const how = sources.queue === 'environment' ? 'unset TELNYX_REASSIGN_QUEUE' : 'leave out --queue';
    for (const name of OF_THIS_PROCESS.filter((name) => !NOTHING.has(settings[name]))) {
      const flag = name === 'bulk' ? 'bulk auto' : flagOf(name);
      errors.push(`${at(name, 'queue')}--${flag} needs this process to send the rows: ${how}`);
    }
  }
  if (READING.includes(scope)) errors.push(...targetErrors(settings, (name) => sources[name] === 'flag', at));
  if (settings.retry_base > settings.retry_max) {
    errors.push(`${at('retry_base', 'retry_max')}--retry-base must not be longer than --retry-max`);
  }
  return errors;
}

/** Resolves the settings of a command: the first layer that names a setting wins. Returns all errors together. */
export function resolveSettings(layers: readonly Layer[], scope: Scope): Resolved | { errors: string[] } {
  const errors: string[] = [];
  const layerOf = (name: SettingName): Layer =>
    layers.find(({ raw }) => raw[name] !== undefined) ?? { source: 'default', raw: {} };
  const settings: Record<string, unknown> = {};
  const sources: Record<string, Source> = {};
  for (const name of SETTING_NAMES) {
    const definition = settingDefinition(name);
    const layer = layerOf(name);
    const { source } = layer;
    const raw = layer.raw[name] ?? definition.default;
    sources[name] = source;
    if (source === 'flag' && !definition.scopes.includes(scope)) {
      errors.push(`--${flagOf(name)} does not belong to ${scope}`);
    }
    if (raw === null) {
      settings[name] = definition.kind === 'map' ? {} : null;
      continue;
    }
    const parsed = parseRaw(name, raw);
    if ('error' in parsed) errors.push(valueError(name, layer, parsed));
    else settings[name] = parsed.value;
  }
  const at = (...names: SettingName[]) => {
    const [place] = names.flatMap((name) => layerOf(name).places?.[name]?.[0] ?? []);
    return place === undefined ? '' : `${place}: `;
  };
  // A variable may say how files are read. Numbers from the command line are no file.
  if (settings.number !== null) Object.assign(settings, { map: {}, delimiter: null });
  const resolved = { settings, sources } as Resolved;
  if (errors.length === 0) errors.push(...combinationErrors(resolved, scope, at));
  return errors.length > 0 ? { errors } : resolved;
}

/** The maximum number of requests in flight. */
export function concurrencyOf({ rate, concurrency }: Pick<Settings, 'rate' | 'concurrency'>): number {
  if (concurrency !== null) return concurrency;
  if (typeof rate !== 'number') return UNKNOWN_RATE_CONCURRENCY;
  return Math.min(MAX_CONCURRENCY, Math.max(MIN_CONCURRENCY, Math.ceil(2 * rate)));
}
