import * as z from 'zod';
import { SETTING_NAMES } from '../settings/schema.ts';
import { printable } from '../text/text.ts';
import { TOOL } from '../text/tool.ts';

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

const typed = z.union([z.string(), z.array(z.string())]);

const MANIFEST = z.strictObject({
  tool: z.literal(TOOL),
  version: z.string(),
  run_id: z.string(),
  name: z.string(),
  command: z.string(),
  state: z.enum(STATES),
  /** As they were typed, without those at their default and without secrets. */
  settings: z.partialRecord(z.enum(SETTING_NAMES), typed),
  input: z.strictObject({
    /** Absolute; null for standard input. */
    path: z.string().nullable(),
    sha256: z.string(),
    rows: z.int(),
    blank_lines: z.int(),
    dialect: z.strictObject({ encoding: z.string(), delimiter: z.string() }).nullable(),
  }),
  plan: z
    .strictObject({
      sha256: z.string(),
      change: z.int(),
      rejected: z.int(),
      duplicate: z.int(),
      unchanged: z.int().default(0),
      held: z.int().default(0),
      /** When it was made; a run of an older version is as old as its directory. */
      at: z.string().default(''),
      /** How the account was read for it, in words; null where it was not. */
      reading: z.string().nullable().default(null),
      /** What is changed, the most frequent first; names where they were read. */
      moves: z
        .array(
          z.strictObject({
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
      /** What somebody should know before it is carried out; --strict makes errors of them. */
      warnings: z.array(z.string()).default([]),
    })
    .nullable(),
  /** Why the file as a whole was refused. */
  fault: z.strictObject({ code: z.string(), text: z.string(), line: z.int().nullable() }).nullable(),
  /** The run whose rows this one was made of, for `retry` and `undo`: its directory (absolute) and what was taken. */
  source: z
    .strictObject({ run_id: z.string(), dir: z.string(), only: z.string(), undo: z.boolean().default(false) })
    .nullable()
    .default(null),
  /** The account that was seen first, and a digest of the key that it accepted. */
  organization_id: z.string().nullable().default(null),
  key_sha256: z.string().nullable().default(null),
  /** The run that was started in place of this one. */
  superseded_by: z.string().nullable().default(null),
  /** Whether it holds a kernel lock while it runs; without, only its process id tells that it is there. */
  locked: z.boolean().default(false),
  stop: z.strictObject({ reason: z.string(), detail: z.string() }).nullable(),
  exit_code: z.int().nullable(),
  warnings: z.array(z.string()),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  host: z.string(),
  pid: z.int(),
});

/** run.json: what a run is, apart from its rows. */
export type Manifest = z.infer<typeof MANIFEST>;

/** Checks what was read from run.json. Throws with the first fault and its place. */
export function readManifest(value: unknown, path: string): Manifest {
  const read = MANIFEST.safeParse(value);
  if (read.success) return read.data;
  const [first = ''] = z.prettifyError(read.error).split('\n✖');
  throw new Error(`${path} is not the manifest of a run of this version: ${printable(first.replace(/\s+/g, ' '))}`);
}

/** The name of a run, made of a flag or a file name: `[a-z0-9-]{1,40}`. */
export function runName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'run' : name;
}
