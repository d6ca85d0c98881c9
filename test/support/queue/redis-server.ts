import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often Redis writes its append-only file to the disk; null: it keeps none. */
export type Fsync = 'always' | 'everysec' | null;

/** A Redis server of the test. It keeps its port and its directory over restarts. */
export type RedisServer = {
  url: string;
  port: number;
  dir: string;
  /** The process that runs now. */
  child: () => ChildProcess;
  /** Sends a signal to the process. */
  signal: (name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => void;
  /** Kills the process and waits for its end. */
  kill: () => Promise<void>;
  /** Starts it again, with what its directory holds. Resolves when it answers. */
  start: () => Promise<void>;
  /** Kills it and starts it again without its files: it knows nothing any more. */
  startEmpty: () => Promise<void>;
  /** Kills it and removes its directory. */
  remove: () => Promise<void>;
};

const INSTALL = 'These tests need it. Fix: apt-get install redis-server, or start the tests with npm run check.';

const READY_CHECK_MS = 10;
const MAX_READY_CHECKS = 1000;

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Sends one command to Redis. Returns its whole answer, as the protocol spells it. */
export function askRedis(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
      const [, length] = /^\$(\d+)\r\n/.exec(answer) ?? [];
      const isWhole = length === undefined ? answer.endsWith('\r\n') : answer.length >= Number(length);
      if (!isWhole) return;
      socket.destroy();
      resolve(answer);
    });
    socket.once('error', reject).once('close', () => reject(new Error('Redis has closed the connection')));
  });
}

/** Whether the server on this port answers, and has loaded its data. */
const isReady = (port: number) =>
  askRedis(port, 'PING').then(
    // One with a password says so.
    (answer) => /^(\+PONG|-NOAUTH)/.test(answer),
    () => false,
  );

type Launch = { port: number; dir: string; fsync: Fsync; args: readonly string[] };

async function launch({ port, dir, fsync, args: more }: Launch): Promise<ChildProcess> {
  // Without compression, a search of the dump finds every text in it.
  const files = ['--dir', dir, '--save', '', '--rdbcompression', 'no', '--appendonly', fsync === null ? 'no' : 'yes'];
  const durability = fsync === null ? [] : ['--appendfsync', fsync];
  const args = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--maxmemory-policy',
    'noeviction',
    ...files,
    ...durability,
    ...more,
  ];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Error(`Could not start redis-server: ${error.message}. ${INSTALL}`)));
    child.once('exit', (code, signal) => reject(new Error(`redis-server ended with ${code ?? signal}`)));
  });
  failed.catch(() => undefined);
  const ready = async () => {
    for (let checks = 0; checks < MAX_READY_CHECKS; checks++) {
      if (await isReady(port)) return;
      await sleep(READY_CHECK_MS);
    }
    throw new Error('redis-server does not answer');
  };
  await Promise.race([ready(), failed]);
  return child;
}

/** Starts Redis on a free port of 127.0.0.1, with its files in `dir`. `args` are further options of redis-server. */
export async function startRedis(
  dir: string,
  fsync: Fsync = 'always',
  args: readonly string[] = [],
): Promise<RedisServer> {
  mkdirSync(dir, { recursive: true });
  const options = { port: await freePort(), dir, fsync, args };
  const { port } = options;
  let child = await launch(options);
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    child: () => child,
    signal: (name) => child.kill(name),
    kill,
    async start() {
      child = await launch(options);
    },
    async startEmpty() {
      await kill();
      rmSync(dir, { recursive: true, force: true });
      mkdirSync(dir);
      child = await launch(options);
    },
    async remove() {
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
