import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/server.ts';
import { run } from './run.ts';
import { readingApi } from './sandbox.ts';
import { lastRun, numberId, OTHER, runDirs, workDirectory, writeInput } from './workspace.ts';

/** Numbers on another profile than the inputs of these tests want. */
const numbers = (many: number) =>
  Array.from({ length: many }, (_, at) => ({ id: numberId(at + 1), messaging_profile_id: OTHER }));

/** An account of this number of numbers, a directory with an input that moves them all, and what applies it. */
export async function wavePlace(many: number, faults: string[] = [], options: SandboxOptions = {}) {
  const { sandbox, flags } = await readingApi({ numbers: numbers(many), ...options }, faults);
  const cwd = workDirectory();
  const input = writeInput(cwd, many);
  const apply = (...args: string[]) => run(cwd, ['apply', input, ...flags, ...args]);
  return { sandbox, cwd, input, flags, apply };
}

export function linesOf(cwd: string, dir = lastRun(cwd)): LedgerEntry[] {
  const path = join(cwd, dir, 'ledger.ndjson');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as LedgerEntry);
}

/** The steps of the waves: `1 sent`. */
export const stepsOf = (cwd: string, dir = lastRun(cwd)) =>
  linesOf(cwd, dir).flatMap((entry) => (entry.type === 'wave' ? [`${entry.wave} ${entry.step}`] : []));

export const hasStep = (cwd: string, step: string) => runDirs(cwd).length > 0 && stepsOf(cwd).includes(step);

/** The rows that were sent before the first of these steps. */
export function rowsBefore(cwd: string, step: string): number[] {
  const entries = linesOf(cwd);
  const end = entries.findIndex((entry) => entry.type === 'wave' && `${entry.wave} ${entry.step}` === step);
  return entries.slice(0, end).flatMap((entry) => (entry.type === 'intent' ? [entry.row] : []));
}

/** Another client sets the nth number back. */
export const flip = (sandbox: Sandbox, n: number, to: string | null = OTHER) =>
  sandbox.edit({ id: numberId(n), messaging_profile_id: to });
