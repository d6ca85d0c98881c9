import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { afterEveryTest } from '../../support/after-test.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import {
  lastRun,
  logOf,
  manifestOf,
  summaryOf,
  table,
  until,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';
import { type FakeWorker, takeRun } from '../../support/queue/fake-worker.ts';
import { type RedisServer, startRedis } from '../../support/queue/redis-server.ts';
import { tempDir } from '../../support/temp.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(tempDir());
});
afterAll(() => redis.remove());

const rows = (n: number) => Array.from({ length: n }, (_, at) => at + 1);

/** A worker that is closed after the test. */
async function worker(): Promise<FakeWorker> {
  const taken = await takeRun(redis.url);
  afterEveryTest(taken.close);
  return taken;
}

const ledgerOf = (cwd: string) =>
  readFileSync(join(cwd, lastRun(cwd), 'ledger.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('apply --queue', () => {
  it('hands the run over, follows it, and ends as a run in the process', async () => {
    const { flags } = await api();
    const cwd = workDirectory();
    const applied = run(cwd, ['apply', writeInput(cwd, 3), ...flags, '--queue', redis.url]);
    const { update, end, tasks, log } = await worker();
    expect(tasks.map(({ entry, first }) => [entry.row, first])).toEqual(rows(3).map((row) => [row, 'send']));
    expect(manifestOf(cwd)).toMatchObject({ state: 'running', queue: { name: redis.url } });
    await update(rows(3));
    // Lines that were copied are not copied again with the next ones.
    await until(() => logOf(cwd).some(({ event }) => event === 'rows.sent'));
    await log('more');
    await until(() => logOf(cwd).some(({ event }) => event === 'more'));
    await end();
    expect(await applied).toMatchObject({ exit: 0 });
    expect(summaryOf(cwd)).toMatchObject({ state: 'finished', counts: { updated: 3 }, sum_ok: true });
    expect(manifestOf(cwd).queue).toBeNull();
    const types = ledgerOf(cwd).map(({ type }) => type);
    expect(types.at(0)).toBe('handed_over');
    expect(types.at(-1)).toBe('taken_back');
    expect(logOf(cwd).filter(({ event, fence }) => event === 'rows.sent' && fence === 1)).toHaveLength(1);
    expect(JSON.stringify(manifestOf(cwd))).not.toContain('"queue":"redis');
  });

  it('returns with --detach; resume follows the run from there', async () => {
    const { flags } = await api();
    const cwd = workDirectory();
    const detached = await run(cwd, ['apply', writeInput(cwd, 3), ...flags, '--queue', redis.url, '--detach']);
    expect(detached.exit).toBe(0);
    const next = /^Next: (.*)$/m.exec(detached.stdout)?.[1] as string;
    expect(next).toContain(`--queue ${redis.url}`);
    expect(summaryOf(cwd)).toMatchObject({ state: 'running', exit_code: 0, resumable: true, next_command: next });
    const { update, end } = await worker();
    await update([1, 2]);
    for (const verb of ['retry', 'undo', 'results', 'apply']) {
      const yes = verb === 'results' ? [] : ['--yes'];
      const refused = await run(cwd, [verb, lastRun(cwd), ...yes]);
      expect({ verb, ...refused }).toMatchObject({ exit: 9, stderr: expect.stringContaining('is handed over') });
      expect(refused.stderr).toContain(next);
    }
    expect((await run(cwd, ['runs'])).stdout).toContain(`next: ${next}`);
    expect(await run(cwd, ['resume'])).toMatchObject({ exit: 8, stderr: expect.stringContaining(next) });
    const resumed = paste(cwd, next);
    await update([3]);
    await end();
    expect(await resumed).toMatchObject({ exit: 0 });
    expect(table(cwd, 'results.csv').map(({ status }) => status)).toEqual(['updated', 'updated', 'updated']);
  });

  it('takes no line about a row that has ended, but drops none of the others', async () => {
    const { flags } = await api();
    const cwd = workDirectory();
    const applied = run(cwd, ['apply', writeInput(cwd, 2), ...flags, '--queue', redis.url]);
    const { update, end } = await worker();
    // A Redis that was restarted has forgotten that row 1 had ended, and it was sent again.
    await update([1, 1, 2]);
    await end();
    expect(await applied).toMatchObject({ exit: 0 });
    const outcomes = ledgerOf(cwd).filter(({ type }) => type === 'outcome');
    expect(outcomes.map(({ row }) => row)).toEqual([1, 2]);
    expect(outcomes.every(({ stream }) => /^[0-9]+-[0-9]+$/.test(String(stream)))).toBe(true);
  });

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

  it('leaves a copy of the run directory alone once another copy was taken back', async () => {
    const { flags } = await api();
    const cwd = workDirectory();
    await run(cwd, ['apply', writeInput(cwd, 1), ...flags, '--queue', redis.url, '--detach']);
    const dir = lastRun(cwd);
    const other = workDirectory();
    cpSync(join(cwd, dir), join(other, dir), { recursive: true });
    const { update, end } = await worker();
    await update([1]);
    await end();
    const resume = ['resume', dir, '--queue', redis.url];
    // Another host needs no key to follow it.
    expect(await run(other, resume, { key: null })).toMatchObject({ exit: 0 });
    const late = await run(cwd, resume);
    expect(late).toMatchObject({ exit: 8, stderr: expect.stringMatching(/was taken back by \S+ \(process \d+\)/) });
    expect(late.stderr).toContain('--leave-queue');
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

  it('is not possible with a sandbox, and --detach not without it', async () => {
    const cwd = workDirectory();
    const args = ['apply', writeInput(cwd, 1), '--yes'];
    for (const flags of [['--sandbox', '--queue', redis.url], ['--detach']]) {
      expect(await run(cwd, [...args, ...flags])).toMatchObject({ exit: 2 });
    }
    const env = { TELNYX_REASSIGN_QUEUE: redis.url };
    expect(await run(cwd, [...args, '--sandbox'], { env })).toMatchObject({ exit: 0 });
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
});
