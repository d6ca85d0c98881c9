import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { start } from '../../support/program/start.ts';
import { numberId, PROFILE, until, workDirectory } from '../../support/program/workspace.ts';
import { startRedis } from '../../support/queue/redis-server.ts';
import { openSandbox } from '../../support/sandbox/open.ts';

const ROWS = 60;

it('sends nothing while Redis is full, and goes on when there is room', async () => {
  const cwd = workDirectory();
  const redis = await startRedis(join(cwd, 'redis'));
  const admin = new Redis(redis.url);
  const sandbox = await openSandbox({ numbers: 3 * ROWS });
  const rows = Array.from({ length: ROWS }, (_, at) => `${numberId(3 * at + 1)},${PROFILE}`);
  writeFileSync(join(cwd, 'rows.csv'), ['phone_number_id,messaging_profile_id', ...rows].join('\n'));
  const worker = start(cwd, ['worker', '--queue', redis.url, '--lease', '2s']);
  await until(() => worker.output().includes('worker.started'));
  const pace = ['--rate', '20', '--timeout', '800ms', '--base-url', sandbox.url];
  const apply = start(cwd, ['apply', 'rows.csv', '--yes', '--queue', redis.url, ...pace]);
  const writes = () => sandbox.requests().filter(({ method }) => method === 'PATCH').length;
  await until(() => writes() > 5);

  await admin.config('SET', 'maxmemory', '1mb');
  await until(() => worker.output().includes('account.failed'));
  const sent = writes();
  // It tries again meanwhile.
  await until(() => worker.output().split('account.failed').length > 2);
  expect(writes()).toBe(sent);

  await admin.config('SET', 'maxmemory', '0');
  const ended = await apply.ended;
  expect(ended.exit, ended.stderr).toBe(0);
  expect(ended.stdout).toContain(`${ROWS}  rows read`);
  // A row whose outcome was refused by Redis is read, and not written again.
  expect(writes()).toBe(ROWS);
  worker.child.kill('SIGTERM');
  await worker.ended;
  admin.disconnect();
  await redis.remove();
});
