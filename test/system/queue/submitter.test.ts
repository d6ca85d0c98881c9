import { readFileSync } from 'node:fs';
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
    const { update, end, tasks } = await worker();
    expect(tasks.map(({ entry, first }) => [entry.row, first])).toEqual(rows(3).map((row) => [row, 'send']));
    expect(manifestOf(cwd)).toMatchObject({ state: 'running', queue: { name: redis.url } });
    await update(rows(3));
    await end();
    expect(await applied).toMatchObject({ exit: 0 });
    expect(summaryOf(cwd)).toMatchObject({ state: 'finished', counts: { updated: 3 }, sum_ok: true });
    expect(manifestOf(cwd).queue).toBeNull();
    const types = ledgerOf(cwd).map(({ type }) => type);
    expect(types.at(0)).toBe('handed_over');
    expect(types.at(-1)).toBe('taken_back');
    expect(logOf(cwd)).toContainEqual(expect.objectContaining({ event: 'rows.sent', fence: 1 }));
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
});
