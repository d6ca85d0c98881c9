import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leaseKey } from '../../../src/core/queue/protocol.ts';
import { openQueue } from '../../../src/io/redis/connection.ts';
import { afterEveryTest } from '../../support/after-test.ts';
import { KEY } from '../../support/program/environment.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { start } from '../../support/program/start.ts';
import { lastRun, manifestOf, summaryOf, until, workDirectory, writeInput } from '../../support/program/workspace.ts';
import { type FakeWorker, takeRun } from '../../support/queue/fake-worker.ts';
import { freePort, type RedisServer, startRedis } from '../../support/queue/redis-server.ts';
import { tempDir } from '../../support/temp.ts';

async function redisOfTest(): Promise<RedisServer> {
  const redis = await startRedis(tempDir());
  afterEveryTest(redis.remove);
  return redis;
}

async function worker(redis: RedisServer): Promise<FakeWorker> {
  const taken = await takeRun(redis.url);
  afterEveryTest(taken.close);
  return taken;
}

const ledgerOf = (cwd: string) => readFileSync(join(cwd, lastRun(cwd), 'ledger.ndjson'), 'utf8');
const handsOver = (cwd: string) => () => manifestOf(cwd).queue !== null;

it('plans without Redis, and hands over when it is there (exit 7)', async () => {
  const { flags } = await api();
  const cwd = workDirectory();
  const port = await freePort();
  const ended = await run(cwd, ['apply', writeInput(cwd, 1), ...flags, '--queue', `redis://127.0.0.1:${port}`]);
  expect(ended).toMatchObject({ exit: 7, stdout: expect.stringContaining('Nothing was handed over') });
  expect(manifestOf(cwd)).toMatchObject({ state: 'planned', queue: null });
  const next = summaryOf(cwd).next_command as string;
  expect(next).toMatch(/ apply \S+ .*--queue redis:\/\/127\.0\.0\.1:\d+/);
  const redis = await redisOfTest();
  const applied = paste(cwd, next.replace(`:${port}`, `:${redis.port}`));
  const { update, end } = await worker(redis);
  await update([1]);
  await end();
  expect(await applied).toMatchObject({ exit: 0 });
});

it('uses no Redis that may remove keys (exit 7)', async () => {
  const redis = await redisOfTest();
  const queue = await openQueue(redis.url);
  await queue.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  queue.close();
  const { flags } = await api();
  const cwd = workDirectory();
  const ended = await run(cwd, ['apply', writeInput(cwd, 1), ...flags, '--queue', redis.url]);
  expect(ended).toMatchObject({ exit: 7, stdout: expect.stringContaining('noeviction') });
});

it('reads each row that is left before it is sent if Redis has lost the run (exit 6)', async () => {
  const redis = await redisOfTest();
  const { flags } = await api();
  const cwd = workDirectory();
  const applied = run(cwd, ['apply', writeInput(cwd, 3), ...flags, '--queue', redis.url]);
  const first = await worker(redis);
  await first.update([1]);
  await until(() => ledgerOf(cwd).includes('"outcome"'));
  await first.queue.redis.flushall();
  expect(await applied).toMatchObject({ exit: 6, stdout: expect.stringContaining('has lost the run') });
  expect(summaryOf(cwd)).toMatchObject({ state: 'paused', counts: { updated: 1, unverified: 2 }, sum_ok: true });
  expect(ledgerOf(cwd)).toContain('"handover_lost"');
  const resumed = paste(cwd, summaryOf(cwd).next_command as string);
  const second = await worker(redis);
  expect(second.tasks.map(({ entry, first: how }) => [entry.row, how])).toEqual([
    [2, 'read'],
    [3, 'read'],
  ]);
  await second.update([2, 3]);
  await second.end();
  expect(await resumed).toMatchObject({ exit: 0 });
});

it('leaves the run to its workers if Redis stays away, and follows it later', async () => {
  const redis = await redisOfTest();
  const { flags } = await api();
  const cwd = workDirectory();
  const args = ['apply', writeInput(cwd, 2), ...flags, '--queue', redis.url, '--outage-patience', '1s'];
  const applied = run(cwd, args);
  const { update, end } = await worker(redis);
  await update([1]);
  await redis.kill();
  const ended = await applied;
  expect(ended).toMatchObject({ exit: 6, stdout: expect.stringContaining('is still handed over') });
  const resume = summaryOf(cwd).next_command as string;
  expect(resume).toContain('resume');
  expect((await run(cwd, ['runs'])).stdout).toContain('running');
  expect(await paste(cwd, resume)).toMatchObject({ exit: 7, stderr: expect.stringContaining('still handed over') });
  await redis.start();
  const resumed = paste(cwd, resume);
  await update([2]);
  await end();
  expect(await resumed).toMatchObject({ exit: 0 });
});

it('gives up a queue that will never come back, and goes on in this process', async () => {
  const redis = await redisOfTest();
  const { flags, sandbox } = await api();
  const cwd = workDirectory();
  await run(cwd, ['apply', writeInput(cwd, 3), ...flags, '--queue', redis.url, '--detach']);
  const leave = ['resume', lastRun(cwd), '--leave-queue'];
  const kept = await run(cwd, [...leave, '--queue', redis.url]);
  expect(kept).toMatchObject({ exit: 8, stderr: expect.stringContaining('Follow it without --leave-queue') });
  await redis.kill();
  const left = await run(cwd, leave);
  expect(left).toMatchObject({ exit: 0, stderr: expect.stringContaining('is read before it is sent') });
  // The third number is at its target already, which only its read shows.
  const requests = sandbox.requests().map(({ method, path }) => [path, method]);
  const writes = requests.filter(([, method]) => method === 'PATCH');
  expect(writes).toHaveLength(2);
  for (const [path] of writes) expect(requests.find(([other]) => other === path)?.[1]).toBe('GET');
});

it('ends by a signal: as the worker has ended, or before one has it', async () => {
  const redis = await redisOfTest();
  const { flags } = await api();
  const cwd = workDirectory();
  const args = ['apply', writeInput(cwd, 2), ...flags, '--queue', redis.url];
  const waiting = start(cwd, args);
  await until(() => waiting.output().includes('plan is valid') && handsOver(cwd)());
  const queue = await openQueue(redis.url);
  afterEveryTest(queue.close);
  await expect.poll(() => queue.redis.zcard('telnyx-reassign:1:waiting'), { timeout: 20_000 }).toBe(1);
  waiting.child.kill('SIGINT');
  expect(await waiting.ended).toMatchObject({ exit: 130 });
  expect(manifestOf(cwd)).toMatchObject({ state: 'interrupted', queue: null });
  const resumed = start(cwd, ['resume', lastRun(cwd), '--queue', redis.url]);
  const { command, update, end } = await worker(redis);
  await update([1]);
  resumed.child.kill('SIGTERM');
  await command('stop');
  resumed.child.kill('SIGTERM');
  await command('abort');
  await end({ stop: { reason: 'signal', detail: 'SIGTERM' } });
  expect(await resumed.ended).toMatchObject({ exit: 143 });
  expect(summaryOf(cwd)).toMatchObject({ state: 'interrupted', counts: { updated: 1, unprocessed: 1 } });
});

it('takes the run from a worker that has died, if it is to stop', async () => {
  const redis = await redisOfTest();
  const { flags } = await api();
  const cwd = workDirectory();
  const applied = start(cwd, ['apply', writeInput(cwd, 2), ...flags, '--queue', redis.url]);
  const { ref, queue, ledger } = await worker(redis);
  await ledger.record({ type: 'intent', row: 1, at: '2026-11-23T02:00:00.000Z' });
  applied.child.kill('SIGINT');
  // Its lease has expired.
  await queue.redis.del(leaseKey(ref.account));
  expect(await applied.ended).toMatchObject({ exit: 130 });
  expect(summaryOf(cwd)).toMatchObject({ state: 'interrupted', counts: { unverified: 1, unprocessed: 1 } });
  expect(manifestOf(cwd).queue).toBeNull();
  const late = ledger.record({ type: 'intent', row: 2, at: '2026-11-23T02:00:01.000Z' });
  await expect(late).rejects.toThrow('lost');
});

it('leaves the run to its workers after a third signal', async () => {
  const redis = await redisOfTest();
  const { flags } = await api();
  const cwd = workDirectory();
  const applied = start(cwd, ['apply', writeInput(cwd, 1), ...flags, '--queue', redis.url]);
  const { update, command, end } = await worker(redis);
  for (const type of ['stop', 'abort']) {
    applied.child.kill('SIGINT');
    await command(type);
  }
  applied.child.kill('SIGINT');
  const ended = await applied.ended;
  expect(ended).toMatchObject({ exit: 130, stdout: expect.stringMatching(/left to the workers.*asked to stop/) });
  const { state, exit_code, next_command: next } = summaryOf(cwd);
  expect({ state, exit_code }).toEqual({ state: 'running', exit_code: 130 });
  const resumed = paste(cwd, next as string);
  await update([1]);
  await end();
  expect(await resumed).toMatchObject({ exit: 0 });
});

it('takes the run back if Redis refuses its rows, and says what it refuses meanwhile', async () => {
  const redis = await redisOfTest();
  const queue = await openQueue(redis.url);
  afterEveryTest(queue.close);
  const [lease, shared] = [`~${leaseKey('*')}*`, '~telnyx-reassign:*'];
  await queue.redis.acl('SETUSER', 'default', 'resetkeys', lease, shared);
  const { flags } = await api();
  const cwd = workDirectory();
  const ended = await run(cwd, ['apply', writeInput(cwd, 1), ...flags, '--queue', redis.url]);
  expect(ended).toMatchObject({
    exit: 6,
    stdout: expect.stringMatching(/could not be handed over: redis:.* has refused a command: NOPERM.*[^.]\.$/m),
  });
  expect(manifestOf(cwd).queue).toBeNull();
  await queue.redis.acl('SETUSER', 'default', 'allkeys');
  const resumed = start(cwd, ['resume', lastRun(cwd), '--queue', redis.url]);
  const { update, end } = await worker(redis);
  await queue.redis.acl('SETUSER', 'default', '-hgetall');
  await until(() => /the run waits: .* refused a command: NOPERM/.test(resumed.output()));
  await queue.redis.acl('SETUSER', 'default', '+hgetall');
  await update([1]);
  await end();
  expect(await resumed.ended).toMatchObject({ exit: 0 });
});

it('keeps key and password out of Redis, files and messages', async () => {
  const redis = await redisOfTest();
  const queue = await openQueue(redis.url);
  await queue.redis.config('SET', 'requirepass', 'pass-word-of-redis');
  queue.close();
  const url = redis.url.replace('redis://', 'redis://:pass-word-of-redis@');
  const { flags } = await api();
  const cwd = workDirectory();
  const refused = await run(cwd, ['apply', writeInput(cwd, 1), ...flags, '--queue', url.replace('word', 'wrong')]);
  expect(refused.exit).toBe(7);
  const flagged = await run(cwd, ['apply', writeInput(cwd, 1), ...flags, '--queue', url, '--detach']);
  expect(flagged).toMatchObject({ exit: 0, stderr: expect.stringContaining('list of processes') });
  const env = { TELNYX_REASSIGN_QUEUE: url };
  const config = await run(cwd, ['resume', lastRun(cwd), '--print-config'], { env });
  expect(config.stdout).toMatch(/queue +redis:\/\/127/);
  const followed = run(cwd, ['resume', lastRun(cwd)], { env });
  const { update, end } = await takeRun(url);
  await update([1]);
  await end();
  const ended = await followed;
  expect(ended.exit).toBe(0);
  const texts = [refused, flagged, config, ended].flatMap(({ stdout, stderr }) => [stdout, stderr]);
  for (const dir of [join(cwd, lastRun(cwd)), redis.dir, join(redis.dir, 'appendonlydir')]) {
    for (const name of readdirSync(dir, { withFileTypes: true }).filter((file) => file.isFile())) {
      texts.push(readFileSync(join(dir, name.name), 'latin1'));
    }
  }
  for (const text of texts) {
    expect(text).not.toContain(KEY);
    expect(text).not.toContain('word-of-redis');
  }
});
