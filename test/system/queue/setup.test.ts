import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../docs/documents.ts';
import { start } from '../../support/program/start.ts';
import { workDirectory } from '../../support/program/workspace.ts';
import { moveExample, REDIS_PASSWORD, startExample } from '../../support/queue/example-redis.ts';

const jobText = (name: string) => readFileSync(join(ROOT, 'jobs', name), 'utf8');
const [KEY_A, KEY_B] = ['telnyx-reassign:a', '{telnyx-reassign:x}:1:b'];

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

describe.skipIf(!has('openssl', 'version'))('redis.conf and redis-users.conf', () => {
  it('make a Redis that the program accepts without a warning, by TLS and password only', async () => {
    const cwd = workDirectory();
    const port = await moveExample(cwd);
    await startExample(cwd, port);
    const queue = async (url: string, env: Record<string, string> = {}) =>
      start(cwd, ['queue'], { env: { TELNYX_REASSIGN_QUEUE: url, ...env } }).ended;
    const trusted = { NODE_EXTRA_CA_CERTS: join(cwd, 'ca.crt') };
    const url = (scheme: string, password: string) => `${scheme}://telnyx-reassign:${password}@127.0.0.1:${port}`;

    const good = await queue(url('rediss', REDIS_PASSWORD), trusted);
    expect([good.exit, good.stderr]).toEqual([0, '']);
    expect(good.stdout).toContain(`rediss://127.0.0.1:${port}: 0 accounts`);

    for (const [refused, env] of [
      [url('rediss', 'wrong-password'), trusted],
      [url('rediss', REDIS_PASSWORD), {}],
      [`rediss://127.0.0.1:${port}`, trusted],
    ] as const) {
      const { exit, stdout, stderr } = await queue(refused, env);
      expect(exit, stderr).toBe(7);
      expect(stdout + stderr).not.toMatch(new RegExp(`${REDIS_PASSWORD}|wrong-password`));
    }
  });

  it('forget nothing when Redis is killed, and let no one log in without a password', async () => {
    const cwd = workDirectory();
    const port = await moveExample(cwd);
    const tls = { ca: readFileSync(join(cwd, 'ca.crt')) };
    const connected = async (user: { username?: string; password?: string }) => {
      const redis = new Redis({ host: '127.0.0.1', port, tls, ...user, retryStrategy: () => null, lazyConnect: true });
      redis.on('error', () => undefined);
      await redis.connect();
      return redis;
    };
    const program = { username: 'telnyx-reassign', password: REDIS_PASSWORD };
    const child = await startExample(cwd, port);
    const redis = await connected(program);
    // A script makes a transaction of its writes, and Redis loads that as another user.
    await redis.eval("redis.call('SET', KEYS[1], 'a') redis.call('SET', KEYS[2], 'b')", 2, KEY_A, KEY_B);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    await startExample(cwd, port);
    const again = await connected(program);
    expect(await again.mget(KEY_A, KEY_B)).toEqual(['a', 'b']);
    await expect(again.get('other')).rejects.toThrow('NOPERM');
    await expect(again.flushall()).rejects.toThrow('NOPERM');
    for (const user of [{}, { username: 'default', password: '' }, { username: 'default', password: REDIS_PASSWORD }]) {
      await expect(connected(user).then((stranger) => stranger.get(KEY_A))).rejects.toThrow();
    }
    again.disconnect();
    redis.disconnect();
  });
});
