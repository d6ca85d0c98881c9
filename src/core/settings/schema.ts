import { BULK_SETTINGS } from './table/bulk.ts';
import type { KindValues, SettingDefinition } from './table/definition.ts';
import { EXPORT_SETTINGS } from './table/export.ts';
import { GUARD_SETTINGS } from './table/guards.ts';
import { INPUT_SETTINGS } from './table/input.ts';
import { OUTPUT_SETTINGS } from './table/output.ts';
import { PACE_SETTINGS } from './table/pace.ts';
import { ACCOUNT_SETTINGS, QUEUE_SETTINGS, RUNNING_SETTINGS } from './table/running.ts';
import { WATCHING_SETTINGS } from './table/watching.ts';
import { WAVE_SETTINGS } from './table/waves.ts';

/** Every setting. Command line, environment, job file, help, documents and types are made from this table. */
export const SETTINGS = {
  ...EXPORT_SETTINGS,
  ...INPUT_SETTINGS,
  ...PACE_SETTINGS,
  ...GUARD_SETTINGS,
  ...WAVE_SETTINGS,
  ...BULK_SETTINGS,
  ...ACCOUNT_SETTINGS,
  ...RUNNING_SETTINGS,
  ...QUEUE_SETTINGS,
  ...OUTPUT_SETTINGS,
  ...WATCHING_SETTINGS,
} as const;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** Settings as text, before they are checked. A list holds the values of a flag that was given several times. */
export type RawSettings = Partial<Record<SettingName, string | string[]>>;

type ValueOf<Definition> = Definition extends { kind: 'choice'; choices: readonly (infer Choice)[] }
  ? Choice
  : Definition extends { kind: 'list'; choices: readonly (infer Choice)[]; numbered: infer Word extends string }
    ? (Choice | `${Word}:${string}`)[]
    : Definition extends { kind: keyof KindValues }
      ? KindValues[Definition['kind']]
      : never;

/** The checked values. A setting without a default may be null, except a map, which is then empty. */
export type Settings = {
  -readonly [Name in SettingName]:
    | ValueOf<(typeof SETTINGS)[Name]>
    | ((typeof SETTINGS)[Name] extends { default: string } | { kind: 'boolean' | 'map' } ? never : null);
};

/** Settings that no output may show. */
export const SECRET_SETTINGS = SETTING_NAMES.filter((name) => settingDefinition(name).secret === true);

/** Kinds of rows that `retry` can take; `failed` is both retryable and permanent. */
export type RowKind = Settings['only'][number];

/** Requests a second with which `--rate auto` begins. */
export const START_PER_S = 5;

/** The public API. A run directory may name it or a loopback address; any other address must be confirmed. */
export const PUBLIC_BASE_URL: string = SETTINGS.base_url.default;

/** The definition of a setting, in its general type. */
export function settingDefinition(name: SettingName): SettingDefinition {
  return SETTINGS[name];
}
