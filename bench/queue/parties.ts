import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fsync, type RedisServer, startRedis } from '../../test/support/queue/redis-server.ts';
import { environment, PROGRAM, type Usage } from '../process/run.ts';
import { workDirectory } from '../process/work-directory.ts';

/** A worker in its own process. */
export type BenchWorker = {
  child: ChildProcess;
  /** Sends a signal, and resolves when the process has ended. */
  end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>;
  /** The resources that it has used so far. Its peak is 0 where /proc does not say it. */
  usage: () => Usage & { rssMb: number };
};

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Clock ticks a second, in which Linux counts the time of processes. */
const TICKS = 100;

function usageOf({ pid }: ChildProcess, startedAt: number): Usage & { rssMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s*([0-9]+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
  const [, , , , , , , , , , , , , user = 0, system = 0] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
  const cpuMs = ((Number(user) + Number(system)) / TICKS) * 1000;
  return { peakMb: mb('VmHWM'), rssMb: mb('VmRSS'), cpuMs, wallMs: performance.now() - startedAt };
}

/** Starts a worker. It is ready some time later. */
export function startWorker(queue: string, args: readonly string[] = []): BenchWorker {
  // Its log goes to a file: what it prints must not wait for us.
  const file = openSync(join(workDirectory(), 'worker.log'), 'a');
  const env = { ...process.env, ...environment(), TELNYX_REASSIGN_QUEUE: queue };
  const child = spawn(process.execPath, [PROGRAM, 'worker', ...args], {
    cwd: workDirectory(),
    env,
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  running.add(child);
  const startedAt = performance.now();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      running.delete(child);
      resolve();
    });
  });
  return {
    child,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
    usage: () => usageOf(child, startedAt),
  };
}

/** Starts Redis with a directory of its own. */
export function openRedis(fsync: Fsync): Promise<RedisServer> {
  return startRedis(mkdtempSync(join(workDirectory(), 'redis-')), fsync);
}
