import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { KEY } from '../server/handler.ts';
import { readLedger, runDirs } from './run-files.ts';
import { type ProcessResult, runDirOf, type Session, type Trial } from './trial.ts';

const TIMEOUT_MS = 60_000;
const DELAY_RESOLUTION_MS = 1;

/** Sends a signal to the running process. */
export type Kill = (signal: 'SIGKILL' | 'SIGTERM') => void;

/** `interrupt` is called when the process starts. The function that it returns is called when the process ends. */
type Options = { env?: Record<string, string>; node?: string[]; interrupt?: (kill: Kill) => () => void };

const running = new Set<ChildProcess>();

/** Kills all running processes. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Runs the program in the directory of a trial. */
export function runProgram({ cli, work }: Trial, args: string[], options: Options = {}): Promise<ProcessResult> {
  const child = spawn(process.execPath, [...(options.node ?? []), cli, ...args], {
    cwd: work,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: work,
      XDG_STATE_HOME: join(work, 'state'),
      TELNYX_API_KEY: KEY,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  let timedOut = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const timeout = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, TIMEOUT_MS);
  const cancel = options.interrupt?.((signal) => child.kill(signal));
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(timeout);
      cancel?.();
      running.delete(child);
      resolve({ code, signal, stdout, stderr, timedOut });
    });
  });
}

/** Runs the program until it ends and its connections are closed. Adds the session to the trial. */
export async function runSession(trial: Trial, args: string[], options: Options = {}): Promise<Session> {
  const { server, work, sessions } = trial;
  const from = server.received().length;
  const earlierDirs = new Set(runDirs(work));
  const knownDir = runDirOf(trial, args);
  const before = readLedger(knownDir);
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  const ending = runProgram(trial, args, options);
  // Start measuring only now, because spawning a process takes time.
  delay.enable();
  const result = await ending;
  await server.idle();
  delay.disable();
  const lateMs = delay.max / 1e6 - DELAY_RESOLUTION_MS;
  const newDir = runDirs(work).find((dir) => !earlierDirs.has(dir));
  const to = server.received().length;
  const session = { args, dir: newDir ?? knownDir, createdRun: newDir !== undefined, from, to, before, lateMs, result };
  sessions.push(session);
  return session;
}
