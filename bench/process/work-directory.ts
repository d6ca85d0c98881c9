import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let path: string | null = null;

/** A directory for inputs and runs, removed when the process ends. */
export function workDirectory(): string {
  if (path !== null) return path;
  const made = mkdtempSync(join(tmpdir(), 'telnyx-reassign-bench-'));
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  path = made;
  return made;
}
