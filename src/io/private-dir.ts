import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a directory of this user alone, for what has no place of its own yet. `end` removes it. */
export function makePrivateDir(): { dir: string; end: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'telnyx-reassign-'));
  return { dir, end: () => rmSync(dir, { recursive: true, force: true }) };
}
