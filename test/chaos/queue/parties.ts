import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEY } from '../server/handler.ts';
import type { Trial } from '../trial/trial.ts';

/** How a process ended. */
export type PartyEnd = { code: number | null; signal: string | null };

/** A worker or a submitter at work. `output` returns what it has printed on both streams. */
export type Party = { child: ChildProcess; ended: Promise<PartyEnd>; output: () => string };

const running = new Set<ChildProcess>();
let started = 0;

/** Kills all workers and submitters. */
export function killParties(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts the program. Its output goes to files, which are searched for the key at the end. */
export function startParty({ cli, work }: Trial, host: string, queue: string, args: readonly string[]): Party {
  const dir = join(work, 'output');
  mkdirSync(dir, { recursive: true });
  started += 1;
  const path = join(dir, `${String(started).padStart(5, '0')}-${host}.txt`);
  const file = openSync(path, 'a');
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: work,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: work,
      XDG_STATE_HOME: join(work, `state-${host}`),
      TELNYX_API_KEY: KEY,
      TELNYX_REASSIGN_QUEUE: queue,
    },
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  running.add(child);
  const ended = new Promise<PartyEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  return { child, ended, output: () => readFileSync(path, 'utf8') };
}
