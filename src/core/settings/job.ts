import * as z from 'zod';
import { type RawSettings, suggestion } from './resolve.ts';
import { SETTING_NAMES, type SettingName, settingDefinition, UNFINISHED } from './schema.ts';

/** A job: what to run, on which input, and settings as they were typed. */
export type Job = { command: 'plan' | 'apply'; input: string; typed: RawSettings };

const JOB_SETTINGS = SETTING_NAMES.filter((name) => settingDefinition(name).scopes.includes('run'));

type Key = { key: string; value: string | Record<string, string>; line: number; col: number };

/** Makes a job of the keys of a job file. Gives the faults, each with line and column, where it is none. */
export function readJob(keys: readonly Key[], path: string): Job | { faults: string[] } {
  const faults: string[] = [];
  const typed: RawSettings = {};
  let command: string | null = null;
  let input: string | null = null;
  for (const { key, value, line, col } of keys) {
    const fault = (text: string) => faults.push(`${path}:${line}:${col}: ${text}`);
    const plain = typeof value === 'string' ? value : null;
    if (key === 'command' || key === 'input') {
      if (plain === null || plain === '') fault(`${key} must have a plain value`);
      else if (key === 'input') input = plain;
      else if (plain === 'plan' || plain === 'apply') command = plain;
      else fault(`command must be plan or apply, not "${plain}"`);
      continue;
    }
    const name = JOB_SETTINGS.find((setting) => setting === key);
    if (name === undefined) {
      fault(`unknown key ${key}${suggestion(key, ['command', 'input', ...JOB_SETTINGS])}`);
    } else if (settingDefinition(name).kind === 'map') {
      if (plain === null) typed[name] = Object.entries(value).map(([field, column]) => `${field}=${column}`);
      else typed[name] = [plain];
    } else if (plain === null) {
      fault(`${key} must have a plain value`);
    } else {
      typed[name] = plain;
    }
  }
  const told = (key: RegExp) => faults.some((text) => key.test(text.slice(path.length)));
  if (command === null && !told(/\bcommand\b/)) faults.push(`${path}: command is missing`);
  if (input === null && !told(/\binput\b/)) faults.push(`${path}: input is missing`);
  if (faults.length > 0) return { faults };
  return { command: command as Job['command'], input: input as string, typed };
}

function jobSchemaOf(name: SettingName): z.ZodType {
  const shape = settingDefinition(name);
  const described = (type: z.ZodType) => type.describe(shape.text).optional();
  const text = z.string().min(1);
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = shape;
  switch (shape.kind) {
    case 'boolean':
      return described(z.boolean());
    case 'integer':
      return described(z.int().min(min).max(max));
    case 'rate':
      return described(z.union([z.number().min(min).max(max), z.enum(['auto', 'off'])]));
    case 'duration':
      return described(z.union([text, z.number().min(0)]));
    case 'limit':
      return described(z.union([text, z.int().min(0)]));
    case 'unfinished':
      return described(z.enum(UNFINISHED));
    case 'map':
      return described(z.record(z.string(), text));
    case 'text':
    case 'url':
    case 'delimiter':
    case 'level':
    case 'kinds':
    case 'finish':
      return described(text);
  }
}

/** The JSON Schema of job files, for editors: made from the table of settings. */
export function jobJsonSchema(): Record<string, unknown> {
  const settings = Object.fromEntries(JOB_SETTINGS.map((name) => [name, jobSchemaOf(name)]));
  const schema = z.strictObject({
    command: z.enum(['plan', 'apply']).describe('what the job does'),
    input: text('the CSV; relative to this file'),
    ...settings,
  });
  return { title: 'telnyx-reassign job', ...z.toJSONSchema(schema, { target: 'draft-7' }) };
}

function text(description: string): z.ZodType {
  return z.string().min(1).describe(description);
}
