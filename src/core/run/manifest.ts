import * as z from 'zod';
import { STOP_REASONS } from '../attempt/stop-reason.ts';
import { SETTING_NAMES } from '../settings/schema.ts';
import { printable, quoted } from '../text/text.ts';
import { TOOL } from '../text/tool.ts';
import { visible } from '../text/visible.ts';

/** States of a run, as run.json and `runs` show them. */
export const STATES = [
  'planning',
  'planned',
  'running',
  'interrupted',
  'paused',
  'finished',
  'refused',
  'superseded',
] as const;
export type State = (typeof STATES)[number];

const STOP_CODES = Object.keys(STOP_REASONS) as (keyof typeof STOP_REASONS)[];

const MANIFEST = z.object({
  tool: z.literal(TOOL),
  version: z.string(),
  run_id: z.string(),
  name: z.string(),
  command: z.enum(['plan', 'apply', 'retry', 'undo', 'verify']),
  state: z.enum(STATES),
  /** As typed, without defaults and without secrets. */
  settings: z.partialRecord(z.enum(SETTING_NAMES), z.union([z.string(), z.array(z.string())])),
  input: z.object({
    /** Absolute; null for standard input. */
    path: z.string().nullable(),
    sha256: z.string(),
    rows: z.int(),
    blank_lines: z.int(),
    dialect: z.object({ encoding: z.string(), delimiter: z.string() }).nullable(),
  }),
  plan: z
    .object({
      sha256: z.string(),
      change: z.int(),
      rejected: z.int(),
      duplicate: z.int(),
      unchanged: z.int().default(0),
      held: z.int().default(0),
      /** When it was made. Version 0.1.0 did not say, so the time of the run counts. */
      at: z.string().default(''),
      /** How the account was read, in words; null if it was not. */
      reading: z.string().nullable().default(null),
      /** The most frequent moves. Names are '' if they were not read. */
      moves: z
        .array(
          z.object({
            count: z.int(),
            profile_before: z.string(),
            profile_before_name: z.string(),
            profile_target: z.string(),
            profile_target_name: z.string(),
            product_before: z.string(),
            product_target: z.string(),
          }),
        )
        .default([]),
      notes: z.array(z.string()).default([]),
      /** What the user should know before the plan is executed; --strict makes errors of them. */
      warnings: z.array(z.string()).default([]),
    })
    .nullable(),
  /** Why the whole file was refused, and the values of --map that may help. */
  fault: z
    .object({
      code: z.string(),
      text: z.string(),
      line: z.int().nullable(),
      map: z.array(z.string()).nullish(),
    })
    .nullable(),
  /** For `retry` and `undo`: the run that the rows come from, its absolute directory, and which rows were taken. */
  source: z
    .object({ run_id: z.string(), dir: z.string(), only: z.string(), undo: z.boolean().default(false) })
    .nullable()
    .default(null),
  /** The account of the first answer, and a digest of the key that it accepted. */
  organization_id: z.string().nullable().default(null),
  key_sha256: z.string().nullable().default(null),
  /** The run that was started instead of this one. */
  superseded_by: z.string().nullable().default(null),
  /** Whether it holds a kernel lock while it runs. Without a lock, only the process id shows that it is running. */
  locked: z.boolean().default(false),
  stop: z.object({ reason: z.enum(STOP_CODES), detail: z.string() }).nullable(),
  exit_code: z.int().nullable(),
  warnings: z.array(z.string()),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  /** How long commands have worked on it, by a clock that no change of the time of day moves. */
  duration_ms: z.number().nullish(),
  host: z.string(),
  pid: z.int(),
});

/** run.json: what a run is, apart from its rows. */
export type Manifest = z.infer<typeof MANIFEST>;

/** The commands that make a run. */
export type RunCommand = Manifest['command'];

const WRITER = z.object({ tool: z.literal(TOOL), version: z.string() });

/** Names what only another version can know; null if the value is missing or of the wrong type. */
function unknownName(issue: z.core.$ZodIssue, found: unknown): string | null {
  // Only the settings are a list of known names; every other object may have more fields.
  if (issue.code === 'unrecognized_keys') return `setting ${printable(issue.keys.join(', '), 60)}`;
  if (issue.code !== 'invalid_value' || typeof found !== 'string') return null;
  return `${issue.path.join('.')} ${quoted(found)}`;
}

/** Adds the fields that only another version knows to what this one has checked, at every level. */
function withUnknownFields<T>(checked: T, found: unknown): T;
function withUnknownFields(checked: unknown, found: unknown): unknown {
  if (Array.isArray(checked)) return checked.map((item, at) => withUnknownFields(item, (found as unknown[])[at]));
  if (typeof checked !== 'object' || checked === null) return checked;
  const fields = found as Record<string, unknown>;
  const known = Object.entries(checked).map(([name, value]) => [name, withUnknownFields(value, fields[name])]);
  return { ...fields, ...Object.fromEntries(known) };
}

/**
 * Checks what was read from run.json. A field that this version does not know is kept, at any level, so that it is
 * still there when the file is written again. One that an older version did not write has a default. An unknown state,
 * command, setting or reason is refused, because what it asks for would be left out. Throws with the first error and
 * its place.
 */
export function readManifest(value: unknown, path: string): Manifest {
  const read = MANIFEST.safeParse(value);
  if (read.success) return withUnknownFields(read.data, value);
  const writer = WRITER.safeParse(value);
  const [issue] = read.error.issues;
  if (!writer.success || issue === undefined)
    throw new Error(`${visible(path)} is not the run.json of a telnyx-reassign run`);
  const found = issue.path.reduce((at, key) => (at as Record<PropertyKey, unknown> | null)?.[key], value);
  const unknown = unknownName(issue, found);
  if (unknown !== null) throw new Error(`${visible(path)}: unknown ${unknown}. ${wroteText(writer.data.version)}`);
  const [first = ''] = z.prettifyError(read.error).split('\n✖');
  throw new Error(`${visible(path)} is damaged: ${printable(first.replace('✖ ', '').replace(/\s+/g, ' '))}`);
}

/** Who wrote what this version does not know, and what to do about it. */
export function wroteText(version: string | null): string {
  if (version === null) return 'Another version of telnyx-reassign wrote it. Fix: use that version or later.';
  const shown = printable(version, 40);
  return `Version ${shown} of telnyx-reassign wrote it. Fix: use version ${shown} or later.`;
}

/** Makes the name of a run from a flag or a file name: `[a-z0-9-]{1,40}`. */
export function runName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'run' : name;
}
