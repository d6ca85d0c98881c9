import { EXIT } from '../core/run/exit-codes.ts';
import { flagOf } from '../core/settings/flags.ts';
import { limitText, wavesText } from '../core/settings/raw.ts';
import { concurrencyOf, type Resolved } from '../core/settings/resolve.ts';
import { SETTING_NAMES, type SettingName, settingDefinition } from '../core/settings/schema.ts';
import type { Limit, Scope } from '../core/settings/table/definition.ts';
import { formatDuration } from '../core/text/duration.ts';
import { queueName } from '../core/text/queue-url.ts';
import { visible } from '../core/text/visible.ts';
import { UsageError } from './errors.ts';
import type { Invocation } from './invocation.ts';
import { print, printJson } from './output.ts';

function valueText(name: SettingName, { settings }: Resolved): string {
  const value = settings[name];
  if (name === 'concurrency' && value === null)
    return `${concurrencyOf(settings)} (${typeof settings.rate === 'number' ? '2 x rate' : `with ${settings.rate}`})`;
  if (value === null) return 'not set';
  const { kind, secret } = settingDefinition(name);
  if (secret === true) return 'set';
  if (kind === 'queue') return queueName(value as string);
  if (kind === 'limit') return limitText(value as Limit);
  if (kind === 'waves') return wavesText(value as Limit[]);
  if (kind === 'duration') return formatDuration(value as number);
  if (kind !== 'map') return visible(String(value));
  const pairs = Object.entries(value as Record<string, string>).map(([field, column]) => `${field}=${column}`);
  return visible(pairs.join(', ')) || 'not set';
}

/** A value as JSON shows it: without a secret, and without the password of a queue. */
function shownValue(name: SettingName, { settings }: Resolved): unknown {
  const value = settings[name];
  if (settingDefinition(name).secret === true) return value === null ? 'not set' : 'set';
  return settingDefinition(name).kind === 'queue' && value !== null ? queueName(value as string) : value;
}

/** `--print-config`: prints every setting and its source, and whether a key is set. Returns exit code 0. */
export function printConfig(resolved: Invocation, scope: Scope): number {
  const { context } = resolved;
  const names = SETTING_NAMES.filter((name) => settingDefinition(name).scopes.includes(scope));
  const found = context.findKey();
  if ('error' in found) throw new UsageError(found.error);
  const key = found.key === null ? 'not set' : 'set';
  if (resolved.settings.json) {
    const settings = Object.fromEntries(
      names.map((name) => [name, { value: shownValue(name, resolved), source: resolved.sources[name] }]),
    );
    printJson(context, EXIT.ok, { settings, api_key: key });
    return EXIT.ok;
  }
  const rows = names.map((name) => [flagOf(name), valueText(name, resolved), resolved.sources[name]] as const);
  rows.push(['api key', key, 'environment']);
  const width = (at: 0 | 1) => Math.max(...rows.map((row) => row[at].length));
  const lines = rows.map(([name, value, source]) => `${name.padEnd(width(0))}  ${value.padEnd(width(1))}  ${source}`);
  print(context.stdout, `${lines.join('\n')}\n`);
  return EXIT.ok;
}
