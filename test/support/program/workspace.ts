import { existsSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Summary } from '../../../src/core/results/summary.ts';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { numberId, profileId } from '../ids.ts';
import { tempDir } from '../temp.ts';

export { numberId };

/** The profile to which the inputs of these tests move their numbers. */
export const PROFILE = profileId(2);
/** The other two profiles of the sandbox. */
export const OTHER = profileId(1);
export const THIRD = profileId(3);

/** An empty directory that is removed after the test. */
export function workDirectory(): string {
  return realpathSync(tempDir());
}

/** Writes a file of these lines. Returns its name. */
export function writeLines(cwd: string, lines: readonly string[], name = 'numbers.csv'): string {
  writeFileSync(join(cwd, name), [...lines, ''].join('\n'));
  return name;
}

/** Writes a CSV that moves the first numbers of the sandbox to PROFILE. Returns its name. */
export function writeInput(cwd: string, rows: number, name = 'numbers.csv'): string {
  const lines = Array.from({ length: rows }, (_, at) => `${numberId(at + 1)},${PROFILE}`);
  return writeLines(cwd, ['phone_number_id,messaging_profile_id', ...lines], name);
}

/** The directories of all runs below a work directory, oldest first, relative to it. */
export function runDirs(cwd: string): string[] {
  const runs = join(cwd, 'runs');
  if (!existsSync(runs)) return [];
  // Names tell the order of runs to the second only, and a test makes several in one.
  const bornAt = (name: string) => statSync(join(runs, name), { throwIfNoEntry: false })?.birthtimeMs ?? 0;
  return readdirSync(runs)
    .map((name) => ({ name, at: bornAt(name) }))
    .sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1))
    .map(({ name }) => join('runs', name));
}

/** The newest run directory. */
export function lastRun(cwd: string): string {
  const dir = runDirs(cwd).at(-1);
  if (dir === undefined) throw new Error('there is no run');
  return dir;
}

function jsonOf(cwd: string, dir: string, file: string): unknown {
  return JSON.parse(readFileSync(join(cwd, dir, file), 'utf8'));
}

/** summary.json of a run, the newest by default. */
export function summaryOf(cwd: string, dir = lastRun(cwd)): Summary {
  return jsonOf(cwd, dir, 'summary.json') as Summary;
}

/** run.json of a run, the newest by default. */
export function manifestOf(cwd: string, dir = lastRun(cwd)): Manifest {
  return jsonOf(cwd, dir, 'run.json') as Manifest;
}

/** A CSV of a run directory as records by column name. */
export function table(cwd: string, file: string, dir = lastRun(cwd)): Record<string, string>[] {
  return parse(readFileSync(join(cwd, dir, file), 'utf8'), { columns: true }) as Record<string, string>[];
}

/** The log of the newest run, one object per line. */
export function logOf(cwd: string): Record<string, unknown>[] {
  const lines = readFileSync(join(cwd, lastRun(cwd), 'log.ndjson'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const MAX_CHECKS = 4000;

/** Checks a condition every 10 ms until it holds. Throws if it never does. */
export async function until(holds: () => boolean): Promise<void> {
  for (let checks = 0; checks < MAX_CHECKS; checks++) {
    if (holds()) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error('the condition did not become true');
}

/** The command with this verb that a text prints. */
export function commandIn(text: string, verb: string): string {
  const found = new RegExp(`node \\S+ ${verb}\\b.*$`, 'm').exec(text)?.[0];
  if (found === undefined) throw new Error(`no ${verb} is printed in: ${text}`);
  return found;
}
