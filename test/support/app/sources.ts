import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import type { PassThrough } from 'node:stream';
import type { Context } from '../../../src/app/context.ts';
import { CommandError } from '../../../src/app/errors.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { writeManifest } from '../../../src/io/run/directory.ts';
import { tempDir } from '../temp.ts';
import { contextOf } from './contexts.ts';
import { writeLedger } from './ledgers.ts';
import { type Checks, planOf } from './plans.ts';
import { AT, DEAD } from './run-directories.ts';

export const KEY = 'KEY0123456789_abcdefGHIJ';

/** A run on disk, and the context of a command in an empty working directory. */
export type Source = { dir: string; manifest: Manifest; context: Context };

/** The settings of a run that does not read the account. */
export const OFFLINE = { offline: 'true' };

type What = {
  ledger?: LedgerEntry[];
  changes?: Partial<Manifest>;
  checks?: Partial<Checks>;
  env?: Record<string, string>;
};

/** A finished run of an input of these contents, as its process left it; it has not read the account. */
export async function sourceOf(content: string | Uint8Array, what: What = {}): Promise<Source> {
  const { ledger = [], changes = {}, checks = {}, env = {} } = what;
  const { dir, manifest: planned } = await planOf(content, checks);
  const cwd = realpathSync(tempDir());
  const manifest: Manifest = {
    ...planned,
    input: { ...planned.input, path: `${cwd}/numbers.csv` },
    command: 'apply',
    state: 'finished',
    settings: OFFLINE,
    exit_code: 4,
    locked: true,
    started_at: AT,
    finished_at: AT,
    host: hostname(),
    pid: DEAD,
    ...changes,
  };
  writeManifest(dir, manifest);
  if (ledger.length > 0) writeLedger({ dir }, ledger);
  return { dir, manifest, context: contextOf({ TELNYX_API_KEY: KEY, XDG_STATE_HOME: `${cwd}/state`, ...env }, cwd) };
}

/** How a command was refused. */
export async function refusalOf(command: Promise<number>): Promise<{ exit: number; code: string; message: string }> {
  const error = await command.then(
    (exit) => new Error(`it was not refused: exit ${exit}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CommandError)) throw error;
  const { exit, code, message } = error;
  return { exit, code, message };
}

/** What a command has printed on a stream. */
export function printed(stream: NodeJS.WriteStream): string {
  return String((stream as unknown as PassThrough).read() ?? '');
}
