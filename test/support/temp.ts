import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEveryTest } from './after-test.ts';

const made: string[] = [];

afterEveryTest(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** A new directory that is removed after the test. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'reassign-'));
  made.push(dir);
  return dir;
}

/** The path of a new file with this content, in a directory of its own. */
export function tempFile(content: string | Uint8Array, name = 'file'): string {
  const path = join(tempDir(), name);
  writeFileSync(path, content);
  return path;
}
