import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { workDirectory } from './work-directory.ts';

/** What a process has used. Times in ms; `peakMb` is the most memory that it held, NaN where nobody could tell. */
export type Usage = { peakMb: number; cpuMs: number; wallMs: number };

export const ROOT = resolve(import.meta.dirname, '../..');
export const PROGRAM = join(ROOT, 'dist', 'cli.js');

/** Longer than anything here takes: a process that hangs must not hang the rest. */
const LONGEST_MS = 20 * 60_000;

/** Runs a process to its end; gives its standard output. Throws when it does not end as it should, with 0 if not told. */
export function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}, good = [0]): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: workDirectory(),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST_MS,
    });
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.on('error', fail);
    child.on('close', (code, signal) => {
      if (code !== null && good.includes(code)) done(Buffer.concat(out).toString());
      else fail(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}: ${Buffer.concat(errors)}`));
    });
  });
}

/** Runs a program with Node, and gives what its process has used. */
export async function runNode(args: string[], env: NodeJS.ProcessEnv = {}, good = [0]): Promise<Usage> {
  const file = join(workDirectory(), 'usage.json');
  if (existsSync(file)) rmSync(file);
  const measured = ['--import', join(import.meta.dirname, 'usage.mjs'), ...args];
  await run(process.execPath, measured, { ...env, BENCH_USAGE: file }, good);
  return JSON.parse(readFileSync(file, 'utf8')) as Usage;
}

/** Runs this program as its users do, with a run directory that nobody needs afterwards; offline unless told. */
export async function runProgram(
  command: string,
  input: string,
  flags: string[],
  good = [0],
  how = ['--offline'],
): Promise<Usage> {
  const runs = join(workDirectory(), 'runs');
  const common = [...how, '--quiet', '--runs-dir', runs];
  const env = { TELNYX_API_KEY: 'KEY0123456789_bench', XDG_STATE_HOME: workDirectory() };
  try {
    return await runNode([PROGRAM, command, input, ...common, ...flags], env, good);
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
}

/** A server in a process of its own, on the loopback interface, and a channel to it. */
export type Forked = { url: string; ask: (question: string) => Promise<unknown>; stop: () => void };

/** The next message of the server. Throws when it ends instead. */
async function heard(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const end = () => ended.abort();
  child.once('exit', end);
  try {
    const [message] = await once(child, 'message', { signal: ended.signal });
    return message;
  } catch (cause) {
    throw new Error('the server of the benchmark ended', { cause });
  } finally {
    child.off('exit', end);
  }
}

/** Starts a file below `bench` as a server. Its first message is its port. */
export async function forkServer(file: string, ...args: string[]): Promise<Forked> {
  const execArgv = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child = fork(join(ROOT, 'bench', file), args, { execArgv });
  const port = await heard(child);
  return {
    url: `http://127.0.0.1:${port}/v2`,
    ask: (question) => {
      const answer = heard(child);
      child.send(question);
      return answer;
    },
    stop: () => child.disconnect(),
  };
}
