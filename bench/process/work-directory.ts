import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let directory: string | null = null;

/** The directory for inputs and runs. Removed when the process ends. */
export function workDirectory(): string {
  if (directory !== null) return directory;
  const path = mkdtempSync(join(tmpdir(), 'telnyx-reassign-bench-'));
  process.on('exit', () => rmSync(path, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  directory = path;
  return path;
}
