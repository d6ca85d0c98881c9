import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { makeRows, type Row, writeInput } from '../server/rows.ts';
import { type ChaosServer, KEY } from '../server/server.ts';
import { begunDirs, type LedgerState, manifestOf, readLedger, runDirs } from './run-files.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 1;

/**
 * What somebody else has made of a number between a kill and the call that goes on: something that nobody wants, or what
 * the row wants. `since` is the number of requests before it; `open`: a write of the row was on its way at the kill.
 */
export type Edit = { to: 'drifted' | 'there'; since: number; open: boolean };

/** How a process ended. `stuck`: it did not, and was killed for it. */
export type Ended = { code: number | null; signal: string | null; stdout: string; stderr: string; stuck: boolean };

/**
 * One process of the program, on the run directory `dir`, which it has made where `planned`. `from` and `to` are its
 * requests in `server.seen()`; the ledger is that at its start; `lateMs` is how late this process, and with it the clock
 * of the server, was at worst.
 */
export type Session = {
  args: string[];
  dir: string | undefined;
  planned: boolean;
  from: number;
  to: number;
  before: LedgerState;
  lateMs: number;
  ended: Ended;
};

/** What all trials share: their directory, the copy of the program, the server. */
export type Bench = { bench: string; cli: string; server: ChaosServer };

/**
 * What is put to trial. `rate`: requests a second, Infinity for as fast as a few at once are. `online`: the account is read
 * before. `doubts`: the share of writes that are answered in doubt.
 */
export type Setup = { rows: number; rate: number; seed: number; online: boolean; doubts: number };

/** One input on its way to its end, over as many processes as it takes. `edits` are those of somebody else, by row. */
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

/** Sends a signal to the process that runs. */
export type Kill = (signal: 'SIGKILL' | 'SIGTERM') => void;

const running = new Set<ChildProcess>();

/** Ends what still runs. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/**
 * An empty directory with a copy of the built program, so that a build that somebody starts meanwhile does not change
 * what is on trial. Gives the directory and the path of the copy's cli.js.
 */
export function makeBench(): { bench: string; cli: string } {
  const bench = mkdtempSync(join(tmpdir(), 'reassign-chaos-'));
  const program = join(bench, 'program');
  mkdirSync(program);
  cpSync(join(ROOT, 'dist'), join(program, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(program, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(program, 'node_modules'));
  return { bench, cli: join(program, 'dist/cli.js') };
}

/** A new work directory below a bench with an input, and a server that knows its rows. */
export function newTrial({ bench, cli, server }: Bench, { rows: count, rate, seed, online, doubts }: Setup): Trial {
  const work = mkdtempSync(join(bench, 'work-'));
  const rows = makeRows(count, online);
  writeInput(work, rows);
  server.reset(rows, seed, doubts);
  return { server, cli, work, rows, rate, online, edits: new Map(), sessions: [] };
}

/** Removes a trial's files. */
export function clear({ work }: Trial): void {
  rmSync(work, { recursive: true, force: true });
}

/** The arguments of the call that begins a trial. */
export function applyArgs({ server, rate, online }: Trial): string[] {
  const pace = rate === Number.POSITIVE_INFINITY ? ['--rate', 'off', '--concurrency', '3'] : ['--rate', String(rate)];
  const how = ['--allow-unassign', online ? '--skip-rejected' : '--offline', '--retry-base', '50ms'];
  return ['apply', 'in.csv', '--base-url', server.url, ...pace, ...how, '--results', 'out.csv', '--json', '--yes'];
}

/** The run directory that a call is about, as far as that can be told before it: the one that it names, or the begun one. */
export function runAt({ work }: Trial, [, named = '']: readonly string[]): string | undefined {
  const dir = resolve(work, named);
  return manifestOf(dir) === null ? begunDirs(work)[0] : dir;
}

/** `interrupt` is called when the process has started, and what it gives when the process has ended. */
type How = { env?: Record<string, string>; node?: string[]; interrupt?: (kill: Kill) => () => void };

/** Runs the program in a trial's directory, and does nothing else with it. */
export function call({ cli, work }: Trial, args: string[], how: How = {}): Promise<Ended> {
  const child = spawn(process.execPath, [...(how.node ?? []), cli, ...args], {
    cwd: work,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: work,
      XDG_STATE_HOME: join(work, 'state'),
      TELNYX_API_KEY: KEY,
      ...how.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  let stuck = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const patience = setTimeout(() => {
    stuck = true;
    child.kill('SIGKILL');
  }, PATIENCE_MS);
  const disarm = how.interrupt?.((signal) => child.kill(signal));
  return new Promise((done) => {
    child.once('close', (code, signal) => {
      clearTimeout(patience);
      disarm?.();
      running.delete(child);
      done({ code, signal, stdout, stderr, stuck });
    });
  });
}

/** One process of a trial, from its start until it and its connections are gone; adds it to the trial's sessions. */
export async function runSession(trial: Trial, args: string[], how: How = {}): Promise<Session> {
  const { server, work, sessions } = trial;
  const from = server.seen().length;
  const known = new Set(runDirs(work));
  const at = runAt(trial, args);
  const before = readLedger(at);
  const lateness = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  const end = call(trial, args, how);
  // Not before: to start a process takes its time.
  lateness.enable();
  const ended = await end;
  await server.quiet();
  lateness.disable();
  const lateMs = lateness.max / 1e6 - LOOK_EVERY_MS;
  const made = runDirs(work).find((dir) => !known.has(dir));
  const to = server.seen().length;
  const session = { args, dir: made ?? at, planned: made !== undefined, from, to, before, lateMs, ended };
  sessions.push(session);
  return session;
}
