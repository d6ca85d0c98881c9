import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../docs/documents.ts';
import { afterEveryTest } from '../../support/after-test.ts';
import { start } from '../../support/program/start.ts';
import { workDirectory } from '../../support/program/workspace.ts';
import { freePort } from '../../support/queue/redis-server.ts';

const jobText = (name: string) => readFileSync(join(ROOT, 'jobs', name), 'utf8');
const PASSWORD = 'a-password-of-this-test';

const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;

describe('telnyx-reassign-worker.service', () => {
  const unit = jobText('telnyx-reassign-worker.service');
  const lines = unit.split('\n');

  it('passes a directory of keys as credentials, and the URL of Redis from a file', () => {
    expect(lines).toContain('LoadCredential=keys:/etc/telnyx-reassign/keys');
    // systemd puts the files of the directory beside each other, as keys_NAME.
    expect(lines).toContain(`ExecStart=/usr/local/bin/telnyx-reassign worker --keys-dir \${CREDENTIALS_DIRECTORY}`);
    expect(lines).toContain('EnvironmentFile=/etc/telnyx-reassign/queue.env');
    // A variable is in the unit, which all users can read.
    expect(lines.filter((line) => /^Environment=/.test(line))).toEqual([]);
  });

  it('has the locks and the sandboxing of telnyx-reassign.service', () => {
    const sandboxing = (text: string) =>
      text
        .slice(text.indexOf('# The program needs its state directory'))
        .split('\n')
        .filter((line) => /^[A-Z]\w+=/.test(line) && !line.startsWith('WantedBy='));
    expect(sandboxing(unit)).toEqual(sandboxing(jobText('telnyx-reassign.service')));
    for (const line of ['User=telnyx-reassign', 'StateDirectory=telnyx-reassign', 'Restart=always']) {
      expect(lines).toContain(line);
    }
  });

  it.skipIf(!has('systemd-analyze', '--version'))('is understood by systemd', () => {
    const path = join(workDirectory(), 'telnyx-reassign-worker.service');
    writeFileSync(path, unit.replace('/usr/local/bin/telnyx-reassign ', '/bin/true '));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

/** Whether something listens on a port. */
const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

const running = new Set<ReturnType<typeof spawn>>();
afterEveryTest(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts Redis with the files of jobs/, with the paths and the port moved to this test. Returns its port. */
async function startExample(cwd: string): Promise<number> {
  const port = await freePort();
  mkdirSync(join(cwd, 'data'));
  const certificate = ['-keyout', join(cwd, 'redis.key'), '-out', join(cwd, 'redis.crt')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...certificate, ...subject], {
    stdio: 'ignore',
  });
  execFileSync('cp', [join(cwd, 'redis.crt'), join(cwd, 'ca.crt')]);
  const moved = jobText('redis.conf')
    .replaceAll('/etc/redis/tls', cwd)
    .replaceAll('/etc/redis', cwd)
    .replaceAll('/var/lib/redis', join(cwd, 'data'))
    .replace('bind 127.0.0.1 10.0.0.5', 'bind 127.0.0.1')
    .replace('tls-port 6379', `tls-port ${port}`);
  writeFileSync(join(cwd, 'redis.conf'), moved);
  writeFileSync(join(cwd, 'redis-users.conf'), jobText('redis-users.conf').replace('CHANGE-THIS-PASSWORD', PASSWORD));
  const child = spawn('redis-server', [join(cwd, 'redis.conf')], { stdio: 'ignore' });
  running.add(child);
  for (;;) {
    if (child.exitCode !== null) throw new Error(`redis-server refuses jobs/redis.conf (exit ${child.exitCode})`);
    if (await listens(port)) return port;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.skipIf(!has('openssl', 'version'))('redis.conf and redis-users.conf', () => {
  it('make a Redis that the program accepts without a warning, by TLS and password only', async () => {
    const cwd = workDirectory();
    const port = await startExample(cwd);
    const queue = async (url: string, env: Record<string, string> = {}) =>
      start(cwd, ['queue'], { env: { TELNYX_REASSIGN_QUEUE: url, ...env } }).ended;
    const trusted = { NODE_EXTRA_CA_CERTS: join(cwd, 'ca.crt') };
    const url = (scheme: string, password: string) => `${scheme}://telnyx-reassign:${password}@127.0.0.1:${port}`;

    const good = await queue(url('rediss', PASSWORD), trusted);
    expect([good.exit, good.stderr]).toEqual([0, '']);
    expect(good.stdout).toContain(`rediss://127.0.0.1:${port}: 0 accounts`);

    for (const [refused, env] of [
      [url('rediss', 'wrong-password'), trusted],
      [url('rediss', PASSWORD), {}],
      [`rediss://127.0.0.1:${port}`, trusted],
    ] as const) {
      const { exit, stdout, stderr } = await queue(refused, env);
      expect(exit, stderr).toBe(7);
      expect(stdout + stderr).not.toMatch(new RegExp(`${PASSWORD}|wrong-password`));
    }
  });
});
