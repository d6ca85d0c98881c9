import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEveryTest } from '../after-test.ts';
import { type Ended, environmentOf, type How } from './environment.ts';
import { CLI } from './paths.ts';
import { lastRun, runDirs, until, writeInput } from './workspace.ts';

/** A program at work. `output` returns what it has printed on both streams so far. */
export type Started = { child: ChildProcess; ended: Promise<Ended>; output: () => string };

const running = new Set<ChildProcess>();

afterEveryTest(() => {
  for (const child of running) child.kill('SIGKILL');
});

function watch(child: ChildProcess): Started {
  running.add(child);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece;
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (exit, signal) => {
      running.delete(child);
      resolve({ exit, signal, ...text });
    });
  });
  return { child, ended, output: () => text.stdout + text.stderr };
}

/** Starts the built program in a process of its own. `node` holds flags of Node. */
export function start(cwd: string, args: readonly string[], how: How & { node?: string[] } = {}): Started {
  const { input = '', node = [] } = how;
  const child = spawn(process.execPath, [...node, CLI, ...args], { cwd, env: environmentOf(how), stdio: 'pipe' });
  // The program may end before it has read its input.
  child.stdin.on('error', () => undefined);
  if (input !== null) child.stdin.end(input);
  return watch(child);
}

/** Runs the built program to its end with a module of `preload/` loaded before it. */
export function runPreloaded(
  module: string,
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const node = ['--import', join(import.meta.dirname, 'preload', module)];
  return start(cwd, args, { node, env }).ended;
}

/** Runs a line in a shell: a printed command with pipes or redirections around it. */
export function pasteInShell(cwd: string, line: string): Promise<Ended> {
  return watch(spawn('sh', ['-c', line], { cwd, env: environmentOf({}), stdio: ['ignore', 'pipe', 'pipe'] })).ended;
}

/** Starts the program and sends it a signal as soon as `isTime` returns true. */
export async function stopped(
  cwd: string,
  args: readonly string[],
  signal: 'SIGKILL' | 'SIGINT',
  isTime: () => boolean,
): Promise<Ended> {
  const { child, ended } = start(cwd, args);
  await until(isTime);
  child.kill(signal);
  return ended;
}

/** Leaves a run that was killed while it was planning a large file. The file is small afterwards. */
export async function killedWhilePlanning(cwd: string, args: readonly string[]): Promise<void> {
  const input = writeInput(cwd, 100_000);
  const before = runDirs(cwd).length;
  const isPlanning = () => runDirs(cwd).length > before && existsSync(join(cwd, lastRun(cwd), 'run.json'));
  await stopped(cwd, ['apply', input, ...args], 'SIGKILL', isPlanning);
  writeInput(cwd, 5);
}
