import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach } from 'vitest';
import type { Summary } from '../../src/core/results/summary.ts';
import type { Manifest } from '../../src/core/run/manifest.ts';

/** The built program: these tests start it as its users do. */
export const CLI = resolve(import.meta.dirname, '../../dist/cli.js');

export const KEY = 'KEY0123456789abcdefSECRET';
export const PROFILE = '00000000-0000-4000-8000-000000000002';

export type Ended = { code: number | null; signal: string | null; stdout: string; stderr: string };
export type Started = { child: ChildProcess; ended: Promise<Ended>; output: () => string };

const made: string[] = [];
const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** An empty directory that is gone after the test. */
export function workDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'reassign-'));
  made.push(dir);
  return dir;
}

/** Without what could change what the program does; locks go to a directory of these tests. */
const CLEAN_ENV = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TELNYX_|CREDENTIALS_|NODE_OPTIONS|STATE_|npm_)/.test(name)),
  ),
  XDG_STATE_HOME: join(tmpdir(), 'reassign-tests-state'),
};

/** `input` is what stands on standard input; null leaves it open. */
type How = { env?: Record<string, string>; input?: string | null; node?: string[]; key?: string | null };

/** Starts the program in a directory, with a key in its environment unless `key` says another or null. */
export function start(cwd: string, args: string[], how: How = {}): Started {
  const key = how.key === undefined ? KEY : how.key;
  const child = spawn(process.execPath, [...(how.node ?? []), CLI, ...args], {
    cwd,
    env: { ...CLEAN_ENV, ...(key === null ? {} : { TELNYX_API_KEY: key }), ...how.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined);
  if (how.input !== null) child.stdin.end(how.input ?? '');
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      done({ code, signal, stdout, stderr });
    });
  });
  return { child, ended, output: () => stdout + stderr };
}

/** Runs the program to its end. */
export function run(cwd: string, args: string[], how: How = {}): Promise<Ended> {
  return start(cwd, args, how).ended;
}

/** Runs a command line that a message printed, in a shell, as somebody would who pastes it. */
export function paste(cwd: string, command: string): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn('sh', ['-c', command], {
      cwd,
      env: { ...CLEAN_ENV, TELNYX_API_KEY: KEY },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => {
      stdout += String(text);
    });
    child.stderr.on('data', (text) => {
      stderr += String(text);
    });
    child.once('close', (code, signal) => {
      running.delete(child);
      done({ code, signal, stdout, stderr });
    });
  });
}

/** A number of the sandbox. */
export function numberId(n: number): string {
  return `12933842610${String(n).padStart(7, '0')}1`;
}

/** Writes a CSV that moves the first numbers of the sandbox to PROFILE; gives its name. */
export function writeInput(cwd: string, rows: number, name = 'numbers.csv'): string {
  const lines = Array.from({ length: rows }, (_, at) => `${numberId(at + 1)},${PROFILE}`);
  writeFileSync(join(cwd, name), ['phone_number_id,messaging_profile_id', ...lines, ''].join('\n'));
  return name;
}

/** The directories of all runs below a work directory, oldest first, as they are typed there. */
export function runDirs(cwd: string): string[] {
  const runs = join(cwd, 'runs');
  if (!existsSync(runs)) return [];
  // Names tell the order of runs to the second only, and tests make several in one.
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

/** summary.json of the newest run. */
export function summaryOf(cwd: string, dir = lastRun(cwd)): Summary {
  return JSON.parse(readFileSync(join(cwd, dir, 'summary.json'), 'utf8')) as Summary;
}

/** A CSV of a run directory as records by column name. */
export function table(cwd: string, file: string, dir = lastRun(cwd)): Record<string, string>[] {
  return parse(readFileSync(join(cwd, dir, file), 'utf8'), { columns: true }) as Record<string, string>[];
}

/** The log of the newest run, a line an object. */
export function logOf(cwd: string): Record<string, unknown>[] {
  return readFileSync(join(cwd, lastRun(cwd), 'log.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Waits until something holds, looking every 10 ms; throws after 15 s. */
export async function until(holds: () => boolean): Promise<void> {
  for (let looks = 0; looks < 1500; looks++) {
    if (holds()) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error('it has not come to pass');
}

/** The command with this verb that a text prints, as it stands there. */
export function commandIn(text: string, verb: string): string {
  const found = new RegExp(`node \\S+ ${verb}\\b.*$`, 'm').exec(text)?.[0];
  if (found === undefined) throw new Error(`no ${verb} is printed in: ${text}`);
  return found;
}

/** Starts the program and sends it a signal as soon as something holds. */
export async function stopped(
  cwd: string,
  args: string[],
  signal: 'SIGKILL' | 'SIGINT',
  holds: () => boolean,
): Promise<Ended> {
  const { child, ended } = start(cwd, args);
  await until(holds);
  child.kill(signal);
  return ended;
}

/** Leaves a run that was killed while it was planning a file, which is small again afterwards. */
export async function killedWhilePlanning(cwd: string, args: string[]): Promise<void> {
  const input = writeInput(cwd, 100_000);
  const before = runDirs(cwd).length;
  const begun = () => runDirs(cwd).length > before && existsSync(join(cwd, lastRun(cwd), 'run.json'));
  await stopped(cwd, ['apply', input, ...args], 'SIGKILL', begun);
  writeInput(cwd, 5);
}

/** run.json of a run. */
export function manifestOf(cwd: string, dir = lastRun(cwd)): Manifest {
  return JSON.parse(readFileSync(join(cwd, dir, 'run.json'), 'utf8')) as Manifest;
}
