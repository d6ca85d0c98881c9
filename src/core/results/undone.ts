import * as z from 'zod';
import { RUN_ID, STATES } from '../run/manifest.ts';
import type { Summary } from './summary.ts';

const UNDONE = z.object({
  run_id: RUN_ID.nullable(),
  dir: z.string().nullable(),
  exit_code: z.int().min(0).max(255),
  state: z.enum(STATES).nullable(),
});

/**
 * What summary.json says of the undo of its run; undefined if it says nothing that makes sense. It may come from
 * elsewhere, so its text and its next command are left out.
 */
export function readUndone(value: unknown): Summary['undo'] {
  const read = UNDONE.safeParse(value);
  return read.success ? { ...read.data, next_command: null } : undefined;
}
