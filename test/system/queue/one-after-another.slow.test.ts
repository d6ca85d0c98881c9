import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { afterEveryTest } from '../../support/after-test.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { lastRun, manifestOf, summaryOf, workDirectory, writeInput } from '../../support/program/workspace.ts';
import { type FakeWorker, takeRun } from '../../support/queue/fake-worker.ts';
import { type RedisServer, startRedis } from '../../support/queue/redis-server.ts';
import { tempDir } from '../../support/temp.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(tempDir());
});
afterAll(() => redis.remove());

/** A worker that is closed after the test. */
async function worker(): Promise<FakeWorker> {
  const taken = await takeRun(redis.url);
  afterEveryTest(taken.close);
  return taken;
}

// Each run waits until what the one before it has sent has left the rate window.

it('ends as the worker says: stopped by the API, or with what is left', async () => {
  const { flags } = await api();
  const cwd = workDirectory();
  const applied = run(cwd, ['apply', writeInput(cwd, 3), ...flags, '--queue', redis.url]);
  const first = await worker();
  await first.update([1]);
  await first.end({ stop: { reason: 'outage', detail: 'no answer' } });
  const ended = await applied;
  expect(ended).toMatchObject({ exit: 6, stdout: expect.stringContaining('the API appears to be down: no answer') });
  expect(summaryOf(cwd)).toMatchObject({ state: 'paused', counts: { updated: 1, unprocessed: 2 } });
  const next = summaryOf(cwd).next_command as string;
  expect(next).toContain(`--queue ${redis.url}`);
  const resumed = paste(cwd, next);
  const second = await worker();
  expect(second.tasks.map(({ entry }) => entry.row)).toEqual([2, 3]);
  await second.update([2, 3]);
  await second.end();
  expect(await resumed).toMatchObject({ exit: 0 });
  // Nothing is left, so nothing is handed over.
  expect(await run(cwd, ['resume', lastRun(cwd), '--queue', redis.url])).toMatchObject({ exit: 0 });
});

it('does not start the same input beside a run that workers have; --if-unfinished resume follows it', async () => {
  const { flags } = await api();
  const cwd = workDirectory();
  const args = ['apply', writeInput(cwd, 2), ...flags, '--queue', redis.url];
  await run(cwd, [...args, '--detach']);
  const dir = lastRun(cwd);
  for (const how of [[], ['--if-unfinished', 'new']]) {
    const refused = await run(cwd, [...args, ...how]);
    expect(refused).toMatchObject({ exit: 9, stderr: expect.stringContaining('is handed over to the workers') });
    expect(refused.stderr).toContain(`resume ${dir} --queue`);
    expect(lastRun(cwd)).toBe(dir);
  }
  const followed = run(cwd, [...args, '--if-unfinished', 'resume']);
  const { update, end } = await worker();
  await update([1, 2]);
  await end();
  expect(await followed).toMatchObject({ exit: 0 });
  expect(manifestOf(cwd, dir)).toMatchObject({ state: 'finished', queue: null });
});

it('works for retry and a job', async () => {
  const { flags, sandbox } = await api();
  const cwd = workDirectory();
  const env = { TELNYX_REASSIGN_QUEUE: redis.url };
  const served = async (args: string[]) => {
    const ended = run(cwd, args, { env });
    const { tasks, update, end } = await worker();
    await update(tasks.map(({ entry }) => entry.row));
    await end();
    return ended;
  };
  expect(await served(['apply', writeInput(cwd, 2), ...flags])).toMatchObject({ exit: 0 });
  const job = [`command: apply`, 'input: numbers.csv', 'offline: true', `base_url: ${sandbox.url}`];
  writeFileSync(join(cwd, 'job.yaml'), `${job.join('\n')}\n`, { mode: 0o600 });
  expect(await served(['run', 'job.yaml'])).toMatchObject({ exit: 0 });
  const stopped = run(cwd, ['apply', writeInput(cwd, 3), ...flags], { env });
  const first = await worker();
  await first.update([1]);
  await first.end({ stop: { reason: 'max_failures', detail: 'too many' } });
  expect(await stopped).toMatchObject({ exit: 6 });
  const dir = lastRun(cwd);
  // The fake worker has changed nothing, so the rows of the retry are not at their target.
  expect(await served(['retry', dir, '--yes'])).toMatchObject({ exit: 0 });
  expect(manifestOf(cwd)).toMatchObject({ command: 'retry', state: 'finished' });
});
