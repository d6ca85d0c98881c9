import { cpSync, readFileSync } from 'node:fs';
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
    const followed = await run(other, [...resume, '--rate', '7'], { key: null });
    expect(followed).toMatchObject({ exit: 0, stderr: expect.stringContaining('--rate: a run that is handed over') });
    const late = await run(cwd, resume);
    expect(late).toMatchObject({ exit: 8, stderr: expect.stringMatching(/was taken back by \S+ \(process \d+\)/) });
    expect(late.stderr).toContain('--leave-queue');
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
});
