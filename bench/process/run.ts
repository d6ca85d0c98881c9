import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { workDirectory } from './work-directory.ts';

/** The resources that a process has used. Times are in ms. `peakMb` is the peak memory, NaN if unknown. */
export type Usage = { peakMb: number; cpuMs: number; wallMs: number };

/** The environment variables to add, and the exit codes of success (default: 0). */
type RunOptions = { env?: NodeJS.ProcessEnv; exitCodes?: readonly number[] };

export const ROOT = resolve(import.meta.dirname, '../..');
export const PROGRAM = join(ROOT, 'dist', 'cli.js');

/** The environment of this program: its key, and where it keeps its locks. */
export const environment = () => ({ TELNYX_API_KEY: 'KEY0123456789_bench', XDG_STATE_HOME: workDirectory() });

/** Longer than any measurement, so that a process that hangs does not block the others. */
const TIMEOUT_MS = 20 * 60_000;

/** Runs a process to its end. Returns its standard output. Throws if the exit code is not one of success. */
export function run(command: string, args: string[], { env = {}, exitCodes = [0] }: RunOptions = {}): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: workDirectory(),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.on('error', fail);
    child.on('close', (code, signal) => {
      if (code !== null && exitCodes.includes(code)) done(Buffer.concat(out).toString());
      else fail(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}: ${Buffer.concat(errors)}`));
    });
  });
}

/** Runs a script with Node. Returns the resources that its process has used. */
export async function runNode(args: string[], { env = {}, exitCodes = [0] }: RunOptions = {}): Promise<Usage> {
  const file = join(workDirectory(), 'usage.json');
  if (existsSync(file)) rmSync(file);
  const preload = ['--import', join(import.meta.dirname, 'usage.mjs')];
  await run(process.execPath, [...preload, ...args], { env: { ...env, BENCH_USAGE: file }, exitCodes });
  return JSON.parse(readFileSync(file, 'utf8')) as Usage;
}

/** Runs this program as its users do. Removes the run directory afterwards. */
export async function runProgram(args: string[], { env = {}, exitCodes = [0] }: RunOptions = {}): Promise<Usage> {
  const runs = join(workDirectory(), 'runs');
  try {
    return await runNode([PROGRAM, ...args, '--quiet', '--runs-dir', runs], {
      env: { ...environment(), ...env },
      exitCodes,
    });
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
}
