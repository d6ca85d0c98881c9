import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileError } from './errors.ts';

/** A private directory. `end` removes it. */
export type TempDir = { dir: string; end: () => void };

/** Where else what is only for a while can be written. */
export const OTHER_TEMP = 'set TMPDIR to a directory that has room and can be written';

/** Makes a private directory for what has no place of its own yet. Throws UsageError if that cannot be done. */
export function openTempDir(): TempDir {
  try {
    const dir = mkdtempSync(join(tmpdir(), 'telnyx-reassign-'));
    return { dir, end: () => rmSync(dir, { recursive: true, force: true }) };
  } catch (error) {
    throw fileError(`make a directory in ${tmpdir()}, for what has no place yet`, error, OTHER_TEMP);
  }
}
