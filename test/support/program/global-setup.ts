import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CLI } from './paths.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** When a file or anything in a folder was last changed; a folder changes when a file in it is removed. */
function changedAt(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}

/** Builds the program before the first test if it is older than what it is made from. */
export default function setup(): void {
  const sources = ['src', 'scripts/build.mjs', 'scripts/ascii-width.cjs', 'package.json'];
  const newest = Math.max(...sources.map((path) => changedAt(join(ROOT, path))));
  if (existsSync(CLI) && statSync(CLI).mtimeMs >= newest) return;
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT, stdio: 'inherit' });
}
