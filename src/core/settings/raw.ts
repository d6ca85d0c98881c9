import { exactDuration } from '../text/duration.ts';
import { parseSetting } from './parse.ts';
import { type RawSettings, SETTING_NAMES, type SettingName, type Settings, settingDefinition } from './schema.ts';
import type { FollowUp, Limit, SettingDefinition } from './table/definition.ts';

/** `200`, or `5%`. */
export function limitText({ value, percent }: Limit): string {
  return percent ? `${value}%` : String(value);
}

/** `20,200,20%`. */
export function wavesText(waves: readonly Limit[]): string {
  return waves.map(limitText).join(',');
}

function rawValue(kind: SettingDefinition['kind'], value: unknown): string | string[] {
  switch (kind) {
    case 'map':
      return Object.entries(value as Record<string, string>).map(([field, column]) => `${field}=${column}`);
    case 'phones':
      return value as string[];
    case 'duration':
      return exactDuration(value as number);
    case 'limit':
      return limitText(value as Limit);
    case 'waves':
      return wavesText(value as Limit[]);
    default:
      return kind === 'delimiter' && value === '\t' ? 'tab' : String(value);
  }
}

/** Turns some settings back into text. Those at their default are left out, unless `keepDefaults`. */
export function rawSettings(
  settings: Settings,
  isWanted: (name: SettingName) => boolean,
  keepDefaults = false,
): RawSettings {
  const raw: RawSettings = {};
  for (const name of SETTING_NAMES) {
    const value = settings[name];
    if (value === null || !isWanted(name)) continue;
    const { kind, default: standard } = settingDefinition(name);
    const isDefault = standard !== null && JSON.stringify(parseSetting(name, standard)) === JSON.stringify({ value });
    const text = rawValue(kind, value);
    if (text.length > 0 && (keepDefaults || !isDefault)) raw[name] = text;
  }
  return raw;
}

/**
 * The settings that run.json may name. It may come from elsewhere, so it answers no question, writes to no other place
 * and removes nothing: what belongs to one call must be given with that call.
 */
export function recordedSettings(kept: RawSettings): RawSettings {
  const entries = Object.entries(kept) as [SettingName, string | string[]][];
  return Object.fromEntries(entries.filter(([name]) => settingDefinition(name).belongsTo !== 'call'));
}

/** The settings of a run that a command takes over from it. */
export function settingsFor(command: FollowUp, kept: RawSettings): RawSettings {
  const raw: RawSettings = {};
  for (const name of SETTING_NAMES) {
    const { belongsTo, droppedBy } = settingDefinition(name);
    const value = kept[name];
    if (value !== undefined && belongsTo !== 'call' && droppedBy?.includes(command) !== true) raw[name] = value;
  }
  return raw;
}
