import * as z from 'zod';
import { STOP_REASONS } from '../attempt/stop-reason.ts';
import { SETTING_NAMES } from '../settings/schema.ts';
import { printable, quoted } from '../text/text.ts';
import { TOOL } from '../text/tool.ts';
import { hasHidden, visible } from '../text/visible.ts';
import { EXIT } from './exit-codes.ts';
import { COUNT, RECORDED_PLAN, TIME } from './recorded-plan.ts';

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

/*
 * A run directory may come from elsewhere. What a value can do is bounded here: ids have no control characters and lead
 * to no other directory, counts are counts, times are times, an exit code is one of ours.
 */
export const RUN_ID = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'Invalid run id');
const EXIT_CODES: readonly number[] = Object.values(EXIT);
const EXIT_CODE = z.int().refine((code) => EXIT_CODES.includes(code), 'Invalid exit code');
const ENCODING = z.string().regex(/^utf-?(8|16[lb]e)$/i, 'Invalid encoding');
const DELIMITER = z.string().regex(/^[,;|\t]$/, 'Invalid delimiter');

const MANIFEST = z.object({
  tool: z.literal(TOOL),
  version: z.string(),
  run_id: RUN_ID,
  name: z.string().refine((text) => !hasHidden(text), 'Invalid name'),
  command: z.enum(['plan', 'apply', 'retry', 'undo', 'verify']),
  state: z.enum(STATES),
  /** As typed, without defaults and without secrets. */
  settings: z.partialRecord(z.enum(SETTING_NAMES), z.union([z.string(), z.array(z.string())])),
  input: z.object({
    /** Absolute; null for standard input. */
    path: z.string().nullable(),
    sha256: z.string(),
    rows: COUNT,
    blank_lines: COUNT,
    dialect: z.object({ encoding: ENCODING, delimiter: DELIMITER }).nullable(),
  }),
  plan: RECORDED_PLAN.nullable(),
  /** What was last read for --campaigns; null without it. */
  campaigns: z
    .object({
      read: COUNT,
      unchanged: COUNT,
      lost: COUNT,
      changed: COUNT,
      unknown: COUNT,
      warnings: z.array(z.string()),
    })
    .nullable()
    .default(null),
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
  superseded_by: RUN_ID.nullable().default(null),
  /**
   * While it is handed over: the URL of Redis without user and password, the id of the handover, and the hash of the
   * account.
   */
  queue: z.object({ name: z.string(), handover: RUN_ID, account: z.string() }).nullable().default(null),
  /** Whether it holds a kernel lock while it runs. Without a lock, only the process id shows that it is running. */
  locked: z.boolean().default(false),
  stop: z.object({ reason: z.enum(STOP_CODES), detail: z.string() }).nullable(),
  exit_code: EXIT_CODE.nullable(),
  warnings: z.array(z.string()),
  created_at: TIME,
  started_at: TIME.nullable(),
  finished_at: TIME.nullable(),
  /** How long commands have worked on it, by a clock that no change of the time of day moves. */
  duration_ms: z.number().min(0).nullish(),
  host: z.string(),
  pid: COUNT,
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
  const [first = ''] = z.prettifyError(read.error).replaceAll('received undefined', 'found nothing').split('\n✖');
  throw new Error(`${visible(path)} is damaged: ${printable(first.replace('✖ ', '').replace(/\s+/g, ' '))}`);
}

/** Who wrote what this version does not know, and what to do about it. */
export function wroteText(version: string | null): string {
  if (version === null) return 'Another version of telnyx-reassign wrote it. Fix: use that version or later.';
  const shown = printable(version, 40);
  return `Version ${shown} of telnyx-reassign wrote it. Fix: use version ${shown} or later.`;
}

/** What a run of numbers from the command line is called. No file is called like that by chance. */
export function nameOfNumbers(numbers: readonly string[]): string {
  const more = new Set(numbers).size - 1;
  return `number-${numbers[0]}${more > 0 ? `-and-${more}-more` : ''}`;
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
