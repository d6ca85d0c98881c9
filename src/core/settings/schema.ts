import type { FIELDS } from '../input/header.ts';
import type { SettingDefinition } from './definition.ts';
import { GUARD_SETTINGS } from './guards.ts';
import { INPUT_SETTINGS } from './input.ts';
import { OUTPUT_SETTINGS } from './output.ts';
import { PACE_SETTINGS } from './pace.ts';
import { RUNNING_SETTINGS } from './running.ts';

export type { Scope, SettingDefinition } from './definition.ts';

/** The one table of settings: command line, environment, job file, help, README and types come from it. */
export const SETTINGS = {
  ...INPUT_SETTINGS,
  ...PACE_SETTINGS,
  ...GUARD_SETTINGS,
  ...RUNNING_SETTINGS,
  ...OUTPUT_SETTINGS,
} as const;

/** A number of rows, or a share of them in percent. */
export type Limit = { value: number; percent: boolean };

/** What to do about an unfinished run of the same input. */
export const UNFINISHED = ['refuse', 'resume', 'new'] as const;

/** Kinds of rows that `retry` can be told to take; `failed` is both retryable and permanent. */
export const ROW_KINDS = ['failed', 'retryable', 'permanent', 'unverified', 'unprocessed', 'held'] as const;
export type RowKind = (typeof ROW_KINDS)[number];

/** Requests a second with which `--rate auto` begins. */
export const START_PER_S = 5;

/** The public API, and the only address other than a loopback that a run directory may name without being asked. */
export const PUBLIC_BASE_URL = 'https://api.telnyx.com/v2';

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

type Kinds = {
  boolean: boolean;
  text: string;
  integer: number;
  duration: number;
  rate: number | 'auto' | 'off';
  url: string;
  delimiter: string;
  map: Partial<Record<(typeof FIELDS)[number], string>>;
  level: string;
  limit: Limit;
  unfinished: (typeof UNFINISHED)[number];
  kinds: RowKind[];
  finish: string;
};

/** The values in force: durations in ms, the rate in requests a second, `auto` or `off`. */
export type Settings = {
  -readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends { kind: 'map'; default: null }
    ? Kinds['map']
    : Kinds[(typeof SETTINGS)[Name]['kind']] | ((typeof SETTINGS)[Name]['default'] extends null ? null : never);
};

/** The shape of one setting, without the narrow types of the table. */
export function settingDefinition(name: SettingName): SettingDefinition {
  return SETTINGS[name];
}

/** `max_attempts` as it is typed on the command line: `max-attempts`. */
export function flagOf(name: SettingName): string {
  return name.replaceAll('_', '-');
}

/** `max_attempts` as an environment variable: `TELNYX_REASSIGN_MAX_ATTEMPTS`. */
export function variableOf(name: SettingName): string {
  return `TELNYX_REASSIGN_${name.toUpperCase()}`;
}
