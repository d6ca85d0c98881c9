import { beforeEach, describe, expect, it } from 'vitest';
import { KEYS, runKeys } from '../../../src/core/queue/protocol.ts';
import type { QueuedTask } from '../../../src/core/queue/tasks.ts';
import {
  hasHandover,
  pushCommand,
  readAnswerTo,
  readCommands,
  readRecord,
  readTasks,
  takeBack,
  updateHandover,
  writeAnswer,
  writeHandover,
} from '../../../src/io/queue/handover.ts';
import {
  addJob,
  hasJobs,
  markDrained,
  markWaiting,
  readJobs,
  removeJob,
  waitingAccounts,
} from '../../../src/io/queue/jobs.ts';
import { takeLease } from '../../../src/io/queue/lease.ts';
import {
  readAccounts,
  readProtocols,
  readWorkers,
  registerWorker,
  unregisterWorker,
} from '../../../src/io/queue/registry.ts';
import type { Queue } from '../../../src/io/redis/connection.ts';
import { ACCOUNT, makeRecord, makeTasks, REF } from '../../support/queue/handovers.ts';
import { testQueue, testRedis } from '../../support/queue/redis.ts';

let queue: Queue;

beforeEach(async () => {
  queue = await testQueue((await testRedis('always')).url);
});

async function tasksThere(): Promise<QueuedTask[]> {
  const tasks: QueuedTask[] = [];
  for await (const task of readTasks(queue, REF)) tasks.push(task);
  return tasks;
}

describe('a run that is handed over', () => {
  it.each([0, 1, 500, 501, 1250])('has its record and %i rows', async (rows) => {
    expect(await writeHandover(queue, REF, makeRecord(), makeTasks(rows))).toBe(true);
    expect(await readRecord(queue, REF)).toEqual({ ...makeRecord(), seal: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await tasksThere()).toEqual(makeTasks(rows));
    expect(await readAccounts(queue)).toEqual(new Map([[ACCOUNT, makeRecord().base_url]]));
    expect(await readProtocols(queue)).toEqual([1]);
  });

  it('does not show protocols that no version has', async () => {
    await writeHandover(queue, REF, makeRecord(), []);
    await queue.redis.sadd(KEYS.protocols, '2', 'two', '-1', '1e999', '');
    expect(await readProtocols(queue)).toEqual([1, 2]);
  });

  it('is written again as a whole', async () => {
    await writeHandover(queue, REF, makeRecord(), makeTasks(1250));
    await writeHandover(queue, REF, makeRecord(), makeTasks(3));
    expect(await tasksThere()).toEqual(makeTasks(3));
  });

  it('is not taken for a shorter one if rows of it are missing or damaged', async () => {
    const { tasks } = runKeys(REF);
    await writeHandover(queue, REF, makeRecord(), makeTasks(501));
    await queue.redis.hset(tasks, '1', 'not deflated');
    await expect(tasksThere()).rejects.toThrow('part 1 of the rows in Redis cannot be used');
    await queue.redis.del(tasks);
    await expect(tasksThere()).rejects.toThrow('part 0 of the rows in Redis is missing');
  });

  it('does not wait for a worker if Redis has forgotten a part of it', async () => {
    async function* forgetful() {
      yield* makeTasks(600);
      await queue.redis.del(runKeys(REF).tasks);
      yield* makeTasks(600);
    }
    expect(await writeHandover(queue, REF, makeRecord(), forgetful())).toBe(false);
    expect(await readRecord(queue, REF)).toMatchObject({ state: 'uploading' });
    await expect(tasksThere()).rejects.toThrow('part 0 of the rows in Redis is missing');
  });

  it('is changed by the holder of the lease, or by its submitter', async () => {
    expect(await updateHandover(queue, REF, { state: 'sending' })).toBe(false);
    await writeHandover(queue, REF, makeRecord(), []);
    const owner = { what: 'worker', host: 'here', pid: 1 };
    await takeLease(queue, ACCOUNT, { token: 'one', owner, ttlMs: 20_000 });
    expect(await updateHandover(queue, REF, { state: 'sending', owner, redis_run_id: 'f00' }, 'two')).toBe(false);
    expect(await updateHandover(queue, REF, { state: 'sending', owner, redis_run_id: 'f00' }, 'one')).toBe(true);
    expect(await readRecord(queue, REF)).toMatchObject({ state: 'sending', owner, redis_run_id: 'f00' });
    expect(await updateHandover(queue, REF, { owner: null })).toBe(true);
    expect(await readRecord(queue, REF)).toMatchObject({ owner: null });
  });

  it('is taken back once no worker has it, and leaves its record', async () => {
    expect(await takeBack(queue, REF, 'here')).toBe('gone');
    expect(await hasHandover(queue, REF)).toBe(false);
    await writeHandover(queue, REF, makeRecord(), makeTasks(2));
    await updateHandover(queue, REF, { state: 'sending' });
    expect(await takeBack(queue, REF, 'here')).toBe('sending');
    await updateHandover(queue, REF, { state: 'ended' });
    await writeAnswer(queue, REF, 'drain', '{}');
    expect(await takeBack(queue, REF, 'here')).toBe('ok');
    expect(await takeBack(queue, REF, 'here')).toBe('ok');
    // The operator whose command has ended the run may not have read it yet.
    expect(await readAnswerTo(queue, REF, 'drain')).toBe('{}');
    expect(await readRecord(queue, REF)).toMatchObject({ state: 'taken_back', taken_by: 'here' });
    expect(await tasksThere()).toEqual([]);
    expect(await hasHandover(queue, REF)).toBe(true);
  });

  it('is taken back from a full server, whose memory its rows take up', async () => {
    await writeHandover(queue, REF, makeRecord(), makeTasks(2));
    await queue.redis.config('SET', 'maxmemory', '1');
    try {
      expect(await takeBack(queue, REF, 'here')).toBe('ok');
      expect(await tasksThere()).toEqual([]);
    } finally {
      await queue.redis.config('SET', 'maxmemory', '0');
    }
    expect(await readRecord(queue, REF)).toMatchObject({ state: 'taken_back' });
  });

  it('passes commands on, also to an owner that comes later', async () => {
    const stop = { type: 'stop', reason: 'signal', detail: 'SIGINT', at: 't' } as const;
    await pushCommand(queue, REF, stop);
    await queue.redis.rpush(runKeys(REF).commands, '{"type":"faster"}');
    await pushCommand(queue, REF, { type: 'abort', at: 't' });
    expect(await readCommands(queue, REF, 0)).toEqual([stop, null, { type: 'abort', at: 't' }]);
    expect(await readCommands(queue, REF, 2)).toEqual([{ type: 'abort', at: 't' }]);
    expect(await readCommands(queue, REF, 3)).toEqual([]);
  });

  it('has no key without an end', async () => {
    await writeHandover(queue, REF, makeRecord(), makeTasks(2));
    await pushCommand(queue, REF, { type: 'abort', at: 't' });
    const { run, tasks, commands } = runKeys(REF);
    for (const key of [run, tasks, commands]) expect(await queue.redis.pttl(key)).toBeGreaterThan(0);
  });
});

describe('the job of a run', () => {
  it('is there once, however often it is added, until it is removed', async () => {
    expect(await readJobs(queue, ACCOUNT)).toEqual([]);
    await addJob(queue, REF, 'run-1');
    await addJob(queue, REF, 'run-1');
    const data = { protocol: 1, run_id: 'run-1', handover: REF.handover };
    expect(await readJobs(queue, ACCOUNT)).toEqual([{ handover: REF.handover, state: 'waiting', data, progress: 0 }]);
    expect(await hasJobs(queue, ACCOUNT)).toBe(true);
    expect(await removeJob(queue, REF)).toBe(true);
    expect(await removeJob(queue, REF)).toBe(true);
    expect(await hasJobs(queue, ACCOUNT)).toBe(false);
  });

  it('is not removed while a worker has it', async () => {
    await addJob(queue, REF, 'run-1');
    const { Worker } = await import('../../../src/io/queue/bullmq.ts');
    const prefix = `{telnyx-reassign:${ACCOUNT}}:1`;
    const worker = new Worker('runs', null, { connection: queue.redis, prefix });
    const job = await worker.getNextJob('token');
    expect(job?.id).toBe(REF.handover);
    expect(await removeJob(queue, REF)).toBe(false);
    expect(await readJobs(queue, ACCOUNT)).toMatchObject([{ state: 'active' }]);
    await job?.moveToCompleted('done', 'token', false);
    expect(await readJobs(queue, ACCOUNT)).toMatchObject([{ state: 'ended' }]);
    expect(await hasJobs(queue, ACCOUNT)).toBe(false);
    await worker.close();
  });

  it('keeps its account in the line until it has no more', async () => {
    await markWaiting(queue, 'other');
    await addJob(queue, REF, 'run-1');
    expect(await waitingAccounts(queue)).toContain(ACCOUNT);
    expect(await markDrained(queue, ACCOUNT)).toBe(false);
    await removeJob(queue, REF);
    expect(await markDrained(queue, ACCOUNT)).toBe(true);
    expect(await waitingAccounts(queue)).toEqual(['other']);
  });

  it('goes to the end of the line when it has had its turn', async () => {
    await queue.redis.zadd(KEYS.waiting, 1, 'a', 2, 'b');
    await markWaiting(queue, 'a');
    expect(await waitingAccounts(queue)).toEqual(['a', 'b']);
    await markWaiting(queue, 'a', true);
    expect(await waitingAccounts(queue)).toEqual(['b', 'a']);
  });
});

it('knows the workers that live', async () => {
  const worker = {
    id: 'w1',
    host: 'there',
    pid: 7,
    version: '0.1.0',
    protocol: 1,
    accounts: [ACCOUNT],
    active: [],
    limit: 50,
    started_at: '2026-11-23T02:00:00.000Z',
  };
  await registerWorker(queue, worker);
  await registerWorker(queue, { ...worker, id: 'w2' });
  await queue.redis.hset(KEYS.workers, 'dead', JSON.stringify({ ...worker, id: 'dead', seen_at: 1 }), 'later', '{}');
  expect((await readWorkers(queue)).map(({ id }) => id).sort()).toEqual(['w1', 'w2']);
  await unregisterWorker(queue, 'w2');
  expect((await readWorkers(queue)).map(({ id }) => id)).toEqual(['w1']);
  expect((await queue.redis.hkeys(KEYS.workers)).sort()).toEqual(['later', 'w1']);
});
