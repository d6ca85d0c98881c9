import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEveryTest } from '../after-test.ts';
import { freePort } from './redis-server.ts';

/** The password of the user in jobs/redis-users.conf as tests write it. */
export const REDIS_PASSWORD = 'a-password-of-this-test';

const JOBS = resolve(import.meta.dirname, '../../../jobs');
const jobText = (name: string) => readFileSync(join(JOBS, name), 'utf8');

/** Whether something listens on a port. */
const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

const running = new Set<ChildProcess>();
afterEveryTest(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Writes the files of jobs/ for Redis, with paths and port moved to this test, and a certificate. Returns the port. */
export async function moveExample(cwd: string): Promise<number> {
  const port = await freePort();
  mkdirSync(join(cwd, 'data'));
  const certificate = ['-keyout', join(cwd, 'redis.key'), '-out', join(cwd, 'redis.crt')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...certificate, ...subject], {
    stdio: 'ignore',
  });
  copyFileSync(join(cwd, 'redis.crt'), join(cwd, 'ca.crt'));
  const moved = jobText('redis.conf')
    .replaceAll('/etc/redis/tls', cwd)
    .replaceAll('/etc/redis', cwd)
    .replaceAll('/var/lib/redis', join(cwd, 'data'))
    .replace('bind 127.0.0.1 10.0.0.5', 'bind 127.0.0.1')
    .replace('tls-port 6379', `tls-port ${port}`);
  writeFileSync(join(cwd, 'redis.conf'), moved);
  writeFileSync(
    join(cwd, 'redis-users.conf'),
    jobText('redis-users.conf').replace('CHANGE-THIS-PASSWORD', REDIS_PASSWORD),
  );
  return port;
}

/** Starts Redis with those files. */
export async function startExample(cwd: string, port: number): Promise<ChildProcess> {
  const child = spawn('redis-server', [join(cwd, 'redis.conf')], { stdio: 'ignore' });
  running.add(child);
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`redis-server refuses jobs/redis.conf (exit ${child.exitCode})`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}
