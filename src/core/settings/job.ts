import * as z from 'zod';
import { showAscii } from '../text/lookalike.ts';
import { didYouMean, suggestion } from '../text/suggest.ts';
import { printable } from '../text/text.ts';
import { TOOL } from '../text/tool.ts';
import { visible } from '../text/visible.ts';
import type { Places } from './resolve.ts';
import { type RawSettings, SETTING_NAMES, settingDefinition } from './schema.ts';
import type { SettingDefinition } from './table/definition.ts';

/** A job: what to run, on which input, with which settings. */
export type Job = { command: (typeof COMMANDS)[number]; input: string; raw: RawSettings; places: Places };

/** The longest part of an unknown key that a message shows. */
const MAX_KEY_CHARACTERS = 60;
const COMMANDS = ['plan', 'apply'] as const;
const JOB_SETTINGS = SETTING_NAMES.filter((name) => settingDefinition(name).scopes.includes('run'));
const KEYS = ['command', 'input', ...JOB_SETTINGS] as const;

/** A text of a job file with its place, such as `jobs/nightly.yaml:3:7`. */
type Placed = { text: string; place: string };

/** A key with its value, or with the `FIELD=COLUMN` texts of a mapping. */
export type JobKey = { key: string; place: string; value: Placed | Placed[] };

/** An unknown key for a message. It may differ from a known one in a space or a letter of another script only. */
function shownKey(key: string): string {
  const { quoted, first } = showAscii(key);
  return first === '' ? printable(key, MAX_KEY_CHARACTERS) : `${quoted} (${first})`;
}

/** Reads a job from the keys of a job file. Returns all errors together, each with line and column. */
export function readJob(keys: readonly JobKey[], path: string): Job | { errors: string[] } {
  const errors: string[] = [];
  const raw: Partial<Record<(typeof KEYS)[number], string | string[]>> = {};
  const places: Places = {};
  // Keys with an error, and those that a misspelled one probably stands for: they are not reported as missing too.
  const reported = new Set<string | null>();
  for (const { key, place, value } of keys) {
    const known = KEYS.find((name) => name === key);
    const meant = known ?? didYouMean(key, KEYS);
    const fail = (text: string, at: string) => {
      errors.push(`${at}: ${text}`);
      reported.add(meant);
    };
    if (known === undefined) {
      fail(`unknown key ${shownKey(key)}${suggestion(meant)}`, place);
      continue;
    }
    const isSetting = known !== 'command' && known !== 'input';
    const isMap = isSetting && settingDefinition(known).kind === 'map';
    if (isSetting) places[known] = [value].flat().map((item) => item.place);
    if (Array.isArray(value)) {
      if (isMap) raw[known] = value.map(({ text }) => text);
      else fail(`${known} must have a plain value`, place);
    } else if (!isSetting && value.text.trim() === '') fail(`${known} is empty`, value.place);
    else if (known === 'command' && !COMMANDS.some((name) => name === value.text)) {
      const { quoted, first } = showAscii(value.text);
      fail(`command must be plan or apply, not ${quoted}${first === '' ? '' : `: ${first}`}`, value.place);
    } else raw[known] = isMap ? [value.text] : value.text;
  }
  for (const key of ['command', 'input'] as const) {
    if (raw[key] === undefined && !reported.has(key)) errors.push(`${visible(path)}: ${key} is missing`);
  }
  if (errors.length > 0) return { errors };
  const { command, input, ...settings } = raw;
  return { command: command as Job['command'], input: input as string, raw: settings, places };
}

/** The settings of a job that may have errors, which is reported where they say. None for a plan. */
export function settingsOfBadJob(keys: readonly JobKey[]): RawSettings {
  const raw: RawSettings = {};
  for (const { key, value } of keys) {
    if (Array.isArray(value)) continue;
    if (key === 'command' && value.text === 'plan') return {};
    const name = JOB_SETTINGS.find((setting) => setting === key);
    if (name !== undefined) raw[name] = value.text;
  }
  return raw;
}

const TEXT = z.string().min(1);

/** The JSON Schema of a value, by kind. A job file may have numbers and booleans of YAML. */
function schemaOf({ kind, min = 0, max = Number.MAX_SAFE_INTEGER, choices }: SettingDefinition): z.ZodType {
  switch (kind) {
    case 'boolean':
      return z.boolean();
    case 'integer':
      return z.int().min(min).max(max);
    case 'rate':
      return z.union([z.number().min(min).max(max), z.enum(['auto', 'off'])]);
    case 'duration':
      return z.union([TEXT, z.number().min(0)]);
    case 'limit':
    case 'waves':
      return z.union([TEXT, z.int().min(0)]);
    case 'choice':
      return z.enum(choices as string[]);
    case 'map':
      return z.record(z.string(), z.string());
    default:
      return TEXT;
  }
}

/** The JSON Schema of job files for editors, made from the table of settings. */
export function jobJsonSchema(): Record<string, unknown> {
  const settings = JOB_SETTINGS.map((name) => {
    const definition = settingDefinition(name);
    return [name, schemaOf(definition).describe(definition.text).optional()];
  });
  const schema = z.strictObject({
    command: z.enum(COMMANDS).describe('what the job does'),
    input: TEXT.describe('the CSV; relative to this file'),
    ...Object.fromEntries(settings),
  });
  return { title: `${TOOL} job`, ...z.toJSONSchema(schema, { target: 'draft-7' }) };
}
