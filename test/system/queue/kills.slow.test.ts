import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KEY } from '../../support/program/environment.ts';
import { run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { runPreloaded, start } from '../../support/program/start.ts';
import {
  lastRun,
  manifestOf,
  numberId,
  summaryOf,
  table,
  until,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';
import { type RedisServer, startRedis } from '../../support/queue/redis-server.ts';
import { tempDir } from '../../support/temp.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(tempDir());
});
afterAll(() => redis.remove());

const ROWS = 12;

/** Where a submitter is killed, by the text that it is about to write to a socket or a file. */
const STAGES: [string, Record<string, string>][] = [
  ['before it says that it hands over', { KILL_AT_FILE: '"handed_over"' }],
  ['before anything is in Redis', { KILL_AT_SOCKET: 'telnyx-reassign:protocols' }],
  ['before its rows are in Redis', { KILL_AT_SOCKET: ':tasks' }],
  ['before its job is added', { KILL_AT_SOCKET: 'concurrency' }],
  ['before a worker can see its job', { KILL_AT_SOCKET: 'telnyx-reassign:1:waiting' }],
  ['when the first line of the worker comes', { KILL_AT_FILE: '"session_started"' }],
  ['when the first row has ended', { KILL_AT_FILE: '"outcome"' }],
  ['before it takes the run back', { KILL_AT_FILE: '"taken_back"' }],
];

it('is killed at every stage: resume ends the run, each row once', async () => {
  const worker = start(workDirectory(), ['worker', '--queue', redis.url, '--lease', '2s']);
  const killed: { stage: string; cwd: string; sandbox: Awaited<ReturnType<typeof api>>['sandbox'] }[] = [];
  for (const [stage, env] of STAGES) {
    const { flags, sandbox } = await api();
    const cwd = workDirectory();
    const args = ['apply', writeInput(cwd, ROWS), ...flags, '--queue', redis.url, '--timeout', '500ms'];
    const { signal } = await runPreloaded('kill-at.mjs', cwd, args, env);
    expect({ stage, signal }).toEqual({ stage, signal: 'SIGKILL' });
    killed.push({ stage, cwd, sandbox });
  }
  for (const { stage, cwd, sandbox } of killed) {
    const { exit } = await run(cwd, ['resume', lastRun(cwd), '--queue', redis.url]);
    const { state, counts, sum_ok } = summaryOf(cwd);
    const whole = { exit: 0, state: 'finished', updated: ROWS, sum_ok: true };
    expect({ stage, exit, state, updated: counts.updated, sum_ok }).toEqual({ stage, ...whole });
    expect(manifestOf(cwd).queue).toBeNull();
    expect(table(cwd, 'results.csv').every(({ status }) => status === 'updated')).toBe(true);
    const writes = sandbox.requests().filter(({ method }) => method === 'PATCH');
    expect(new Set(writes.map(({ path }) => path)).size).toBe(writes.length);
    // A row that is read first may be at its target already.
    expect(writes.length).toBeLessThanOrEqual(ROWS);
  }
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toMatchObject({ exit: 0 });
});

it('ends as a run in the process does, but for times and ids', async () => {
  const faults = [`422@${numberId(2)}`, `503@${numberId(4)}*2`, `503@${numberId(5)}`, `cut@${numberId(7)}*1`];
  const endOf = async (queue: string[]) => {
    const { flags } = await api({}, faults);
    const cwd = workDirectory();
    const { exit } = await run(cwd, ['apply', writeInput(cwd, ROWS), ...flags, ...queue]);
    const { counts, causes, requests, exit_name, next_command } = summaryOf(cwd);
    const columns = table(cwd, 'results.csv').map(({ request_id, finished_at, duration_ms, ...same }) => same);
    const events = readFileSync(join(cwd, lastRun(cwd), 'log.ndjson'), 'utf8')
      .trim()
      .split('\n');
    const names = events.map((line) => (JSON.parse(line) as { event: string }).event);
    return { exit, exit_name, counts, causes, requests, columns, next: next_command === null, events: new Set(names) };
  };
  const worker = start(workDirectory(), ['worker', '--queue', redis.url, '--lease', '2s']);
  const there = await endOf(['--queue', redis.url]);
  const here = await endOf([]);
  expect(there.events.delete('run.handed_over')).toBe(true);
  expect(there).toEqual(here);
  expect(worker.output()).not.toContain(KEY);
  worker.child.kill('SIGTERM');
  await worker.ended;
});

it('may be killed at any moment, and the run goes on at the worker', async () => {
  const { flags } = await api();
  const cwd = workDirectory();
  const worker = start(cwd, ['worker', '--queue', redis.url, '--lease', '2s']);
  const slow = [...flags, '--rate', '20', '--queue', redis.url].filter((flag, at, all) => {
    return !(flag === 'off' || (flag === '--rate' && all[at + 1] === 'off'));
  });
  const applied = start(cwd, ['apply', writeInput(cwd, 60), ...slow]);
  await until(() => readLedger(cwd).includes('"outcome"'));
  applied.child.kill('SIGKILL');
  await applied.ended;
  for (let kills = 0; kills < 3; kills++) {
    const before = readLedger(cwd).length;
    const resumed = start(cwd, ['resume', lastRun(cwd), '--queue', redis.url]);
    await until(() => readLedger(cwd).length > before);
    resumed.child.kill('SIGKILL');
    await resumed.ended;
  }
  expect(await run(cwd, ['resume', lastRun(cwd), '--queue', redis.url])).toMatchObject({ exit: 0 });
  expect(summaryOf(cwd)).toMatchObject({ counts: { updated: 60 }, sum_ok: true });
  worker.child.kill('SIGTERM');
  await worker.ended;
});

function readLedger(cwd: string): string {
  try {
    return readFileSync(join(cwd, lastRun(cwd), 'ledger.ndjson'), 'utf8');
  } catch {
    return '';
  }
}
