import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeRows, type Row } from '../server/rows.ts';
import type { ChaosServer } from '../server/server.ts';
import { type LedgerState, manifestOf, startedDirs } from './run-files.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/**
 * An edit of a number by another client between a kill and the next call. It sets the number to a profile that no row
 * wants (`drifted`) or to the target of its row (`target`). `since` is the count of requests before the edit.
 * `inFlight`: a write of the row was in flight at the kill.
 */
export type Edit = { to: 'drifted' | 'target'; since: number; inFlight: boolean };

/** How a process ended. `timedOut`: it did not end in time and was killed for that. */
export type ProcessResult = {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  timedOut: boolean;
};

/** One process of the program. */
export type Session = {
  args: string[];
  /** The run directory that it worked on. */
  dir: string | undefined;
  /** Whether it created that run directory. */
  createdRun: boolean;
  /** The range of its requests in `server.received()`. */
  from: number;
  to: number;
  /** The ledger at its start. */
  before: LedgerState;
  /** The longest delay of this test process, and so of the server's clock, during the session. */
  lateMs: number;
  result: ProcessResult;
};

/** What all trials share: their parent directory, the copy of the program, and the server. */
export type TestBed = { dir: string; cli: string; server: ChaosServer };

/**
 * The settings of a trial. `rate`: requests a second; Infinity for no limit. `online`: the account is read before the
 * plan. `ambiguousShare`: the share of writes whose answer does not show whether they were applied.
 */
export type Setup = { rows: number; rate: number; seed: number; online: boolean; ambiguousShare: number };

/** One input that is processed to its end by one or more processes. `edits` are those of another client, by row. */
export type Trial = {
  server: ChaosServer;
  cli: string;
  work: string;
  rows: readonly Row[];
  rate: number;
  online: boolean;
  edits: Map<number, Edit>;
  sessions: Session[];
};

/**
 * Makes a directory with a copy of the built program, so that a build during the proof does not change the tested
 * program. Returns the directory and the path of the copied cli.js.
 */
export function makeTestBed(): { dir: string; cli: string } {
  const dir = mkdtempSync(join(tmpdir(), 'reassign-chaos-'));
  const program = join(dir, 'program');
  mkdirSync(program);
  cpSync(join(ROOT, 'dist'), join(program, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(program, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(program, 'node_modules'));
  return { dir, cli: join(program, 'dist/cli.js') };
}

/** Writes in.csv with an extra column and without a phone number in every second row. */
function writeInput(dir: string, rows: readonly Row[]): void {
  const lines = rows.map((row) =>
    [row.id, row.row % 2 === 0 ? row.phone : '', row.profile, row.product, `"team ${row.row}, night"`].join(','),
  );
  const header = 'phone_number_id,phone_number,messaging_profile_id,messaging_product,team';
  writeFileSync(join(dir, 'in.csv'), [header, ...lines, ''].join('\n'));
}

/** Makes a work directory with an input, and resets the server to its rows. */
export function newTrial({ dir, cli, server }: TestBed, setup: Setup): Trial {
  const { rate, online } = setup;
  const work = mkdtempSync(join(dir, 'work-'));
  const rows = makeRows(setup.rows, online);
  writeInput(work, rows);
  server.reset(rows, setup.seed, setup.ambiguousShare);
  return { server, cli, work, rows, rate, online, edits: new Map(), sessions: [] };
}

/** Removes the files of a trial. */
export function removeTrial({ work }: Trial): void {
  rmSync(work, { recursive: true, force: true });
}

/** The arguments of the first call of a trial. */
export function applyArgs({ server, rate, online }: Trial): string[] {
  const pace = rate === Number.POSITIVE_INFINITY ? ['--rate', 'off', '--concurrency', '3'] : ['--rate', String(rate)];
  const reading = ['--allow-unassign', online ? '--skip-rejected' : '--offline', '--retry-base', '50ms'];
  return ['apply', 'in.csv', '--base-url', server.url, ...pace, ...reading, '--results', 'out.csv', '--json', '--yes'];
}

/** The run directory that a call will work on, if known: the one in its arguments, or the one that has started. */
export function runDirOf({ work }: Trial, [, argument = '']: readonly string[]): string | undefined {
  const dir = resolve(work, argument);
  return manifestOf(dir) === null ? startedDirs(work)[0] : dir;
}

/** The run directory of a trial. Throws unless exactly one run has started. */
export function runOf({ work }: Trial): string {
  const [dir, ...others] = startedDirs(work);
  if (dir === undefined) throw new Error('no run has started');
  if (others.length > 0) throw new Error(`two runs of one input have started: ${[dir, ...others].join(', ')}`);
  return dir;
}
