import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { type HandoverRef, handoverId, KEYS } from '../../../src/core/queue/protocol.ts';
import { pushCommand, readRecord } from '../../../src/io/queue/handover.ts';
import { readJobs } from '../../../src/io/queue/jobs.ts';
import { readWorkers } from '../../../src/io/queue/registry.ts';
import type { Queue } from '../../../src/io/redis/connection.ts';
import { isLocked, takeLock } from '../../../src/io/run/lock.ts';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { afterEveryTest } from '../../support/after-test.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';
import { blindRepeats, isMoved, writesTo } from '../../support/program/account.ts';
import { KEY } from '../../support/program/environment.ts';
import { type Started, start } from '../../support/program/start.ts';
import { until, workDirectory } from '../../support/program/workspace.ts';
import { accountFor, connectTo, endOf, handOver, streamOf } from '../../support/queue/hand-over.ts';
import { type Fsync, startRedis } from '../../support/queue/redis-server.ts';
import { startProxy } from '../../support/queue/tcp-proxy.ts';
import { openSandbox } from '../../support/sandbox/open.ts';
import { tempDir } from '../../support/temp.ts';

const DONE = { stop: null, failure: null, organization_id: expect.any(String) };

async function world(rows: number, fsync: Fsync = 'always') {
  const redis = await startRedis(tempDir(), fsync);
  afterEveryTest(redis.kill);
  const sandbox = await openSandbox({ numbers: rows });
  const cwd = workDirectory();
  /** The shortest lease that a timeout of 1 s allows is 2.5 s. */
  const worker = (args: string[] = [], key: string | null = KEY) =>
    start(cwd, ['worker', '--queue', redis.url, '--lease', '3s', ...args], { key });
  return { redis, sandbox, cwd, worker, queue: await connectTo(redis.url) };
}

const LATE_MS = 100;
/** How long this process, which takes the requests, was held up. */
const delays = monitorEventLoopDelay({ resolution: 5 });
delays.enable();

const patches = (sandbox: Sandbox): number => writesTo(sandbox).length;

/** What must hold whatever has died: each row ends once, none is written again unread, and the rate is kept. */
async function checkRun(
  queue: Queue,
  ref: HandoverRef,
  { sandbox, rows, rate = 50 }: { sandbox: Sandbox; rows: number; rate?: number },
) {
  expect(isMoved(sandbox, rows)).toBe(true);
  expect(blindRepeats(sandbox)).toEqual([]);
  const ended = (await streamOf(queue, ref)).flatMap((entry) => (entry.type === 'outcome' ? entry.row : []));
  expect(ended.sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, at) => at + 1));
  const times = sandbox.requests().map(({ at_ms: at }) => at);
  // A busy machine takes note of requests late, and close to those that come next.
  expect(mostInWindow(times, 1000 - LATE_MS - delays.max / 1e6)).toBeLessThanOrEqual(rate);
}

const sessionsOf = async (queue: Queue, ref: HandoverRef) =>
  (await streamOf(queue, ref)).filter(
    (entry): entry is Extract<LedgerEntry, { type: 'session_started' }> => entry.type === 'session_started',
  );

async function terminate({ child, ended }: Started): Promise<void> {
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ exit: 0 });
}

describe('a worker', () => {
  it('carries runs out that were handed over before or after it started, one after the other', async () => {
    const { sandbox, worker, queue } = await world(90);
    const first = await handOver(queue, { baseUrl: sandbox.url, rows: 30 });
    const second = await handOver(queue, { baseUrl: sandbox.url, rows: 30, from: 31 });
    const started = worker();
    expect(await endOf(queue, first)).toEqual(DONE);
    expect(await endOf(queue, second)).toEqual(DONE);
    const third = await handOver(queue, { baseUrl: sandbox.url, rows: 30, from: 61 });
    expect(await endOf(queue, third)).toEqual(DONE);
    await checkRun(queue, first, { sandbox, rows: 30 });
    expect(isMoved(sandbox, 90)).toBe(true);
    const types = (await streamOf(queue, first)).map(({ type }) => type);
    expect([types[0], types.at(-1)]).toEqual(['session_started', 'session_ended']);
    await until(() => started.output().split('run.ended').length > 3);
    await terminate(started);
    expect(await queue.redis.zcard(KEYS.waiting)).toBe(0);
    expect(await readWorkers(queue)).toEqual([]);
    expect(started.output()).not.toContain(KEY);
  });

  it('takes over from one that was killed, and none of them loses or repeats a row', async () => {
    const { sandbox, worker, queue } = await world(200);
    const killed = worker();
    const ref = await handOver(queue, { baseUrl: sandbox.url, rows: 200 });
    await until(() => patches(sandbox) > 40);
    worker();
    killed.child.kill('SIGKILL');
    expect(await endOf(queue, ref)).toEqual(DONE);
    await checkRun(queue, ref, { sandbox, rows: 200 });
    expect((await sessionsOf(queue, ref)).map(({ fence }) => fence)).toEqual([1, 2]);
  });

  it('leaves its runs to others when it is asked to end', async () => {
    const { sandbox, worker, queue } = await world(200);
    const first = worker();
    const ref = await handOver(queue, { baseUrl: sandbox.url, rows: 200 });
    await until(() => patches(sandbox) > 40);
    const second = worker();
    await terminate(first);
    expect(await endOf(queue, ref)).toEqual(DONE);
    await checkRun(queue, ref, { sandbox, rows: 200 });
    const stops = (await streamOf(queue, ref)).flatMap((entry) => (entry.type === 'session_ended' ? entry.stop : []));
    expect(stops).toEqual(['worker_ended', null]);
    await terminate(second);
  });

  it('sends nothing when it wakes after another has taken over', async () => {
    const { sandbox, worker, queue } = await world(200);
    const stopped = worker();
    const ref = await handOver(queue, { baseUrl: sandbox.url, rows: 200 });
    await until(() => patches(sandbox) > 40);
    stopped.child.kill('SIGSTOP');
    worker();
    const before = patches(sandbox);
    await until(() => patches(sandbox) > before + 10);
    stopped.child.kill('SIGCONT');
    expect(await endOf(queue, ref)).toEqual(DONE);
    await checkRun(queue, ref, { sandbox, rows: 200 });
    await until(() => stopped.output().includes('lease.lost'));
    await terminate(stopped);
  });

  it('sends nothing under its lease while it is cut off from Redis, and serves again after that', async () => {
    const { redis, sandbox, cwd, worker, queue } = await world(240);
    const proxy = await startProxy(redis.port);
    afterEveryTest(proxy.close);
    const args = ['worker', '--queue', `redis://127.0.0.1:${proxy.port}`, '--lease', '3s'];
    const cutOff = start(cwd, args);
    const ref = await handOver(queue, { baseUrl: sandbox.url, rows: 200 });
    await until(() => patches(sandbox) > 40);
    const other = worker();
    proxy.hold();
    expect(await endOf(queue, ref)).toEqual(DONE);
    await checkRun(queue, ref, { sandbox, rows: 200 });
    await terminate(other);
    proxy.release();
    const next = await handOver(queue, { baseUrl: sandbox.url, rows: 40, from: 201 });
    expect(await endOf(queue, next)).toEqual(DONE);
    expect(isMoved(sandbox, 240)).toBe(true);
    expect(cutOff.output()).toContain('lease.lost');
    await terminate(cutOff);
  });

  it('ends without Redis if that is away for long, and says so', async () => {
    const { redis, sandbox, worker, queue } = await world(200);
    const started = worker();
    const ref = await handOver(queue, { baseUrl: sandbox.url, rows: 200 });
    await until(() => patches(sandbox) > 40);
    await redis.kill();
    await sleep(500);
    started.child.kill('SIGTERM');
    expect(await started.ended).toMatchObject({ exit: 1 });
    expect(started.output()).toContain('ended without Redis');
    await redis.start();
    worker();
    expect(await endOf(queue, ref)).toEqual(DONE);
    await checkRun(queue, ref, { sandbox, rows: 200 });
  });

  it('goes on after Redis was stopped for longer than the lease', async () => {
    const { redis, sandbox, worker, queue } = await world(200);
    const workers = [worker(), worker()];
    const ref = await handOver(queue, { baseUrl: sandbox.url, rows: 200 });
    await until(() => patches(sandbox) > 40);
    redis.signal('SIGSTOP');
    await sleep(7000);
    redis.signal('SIGCONT');
    expect(await endOf(queue, ref)).toEqual(DONE);
    await checkRun(queue, ref, { sandbox, rows: 200 });
    for (const one of workers) await terminate(one);
  });

  it.each(['always', 'everysec'] as const)('goes on after Redis was killed, with fsync %s', async (fsync) => {
    const { redis, sandbox, worker, queue } = await world(200, fsync);
    const started = worker();
    const ref = await handOver(queue, { baseUrl: sandbox.url, rows: 200 });
    for (const least of [40, 90]) {
      await until(() => patches(sandbox) > least);
      await redis.kill();
      await sleep(300);
      await redis.start();
    }
    expect(await endOf(queue, ref)).toEqual(DONE);
    expect(isMoved(sandbox, 200)).toBe(true);
    expect(blindRepeats(sandbox)).toEqual([]);
    if (fsync === 'always') await checkRun(queue, ref, { sandbox, rows: 200 });
    await terminate(started);
  });

  it('abandons a run that Redis has forgotten, and serves what is handed over next', async () => {
    const { redis, sandbox, worker, queue } = await world(200, null);
    const started = worker();
    await handOver(queue, { baseUrl: sandbox.url, rows: 200 });
    await until(() => patches(sandbox) > 40);
    await redis.kill();
    await redis.start();
    const next = await handOver(queue, { baseUrl: sandbox.url, rows: 20, from: 150 });
    expect(await endOf(queue, next)).toEqual(DONE);
    expect(patches(sandbox)).toBeLessThan(150);
    await terminate(started);
  });

  it('stops a run when its submitter asks for it, or at its finish time', async () => {
    const { sandbox, worker, queue } = await world(400);
    const started = worker();
    const asked = await handOver(queue, { baseUrl: sandbox.url, rows: 200 });
    await until(() => patches(sandbox) > 20);
    await queue.redis.rpush(`{telnyx-reassign:${asked.account}}:1:run:${asked.handover}:commands`, '{"type":"dance"}');
    await pushCommand(queue, asked, { type: 'stop', reason: 'signal', detail: 'SIGINT', at: new Date().toISOString() });
    expect(await endOf(queue, asked)).toMatchObject({ stop: { reason: 'signal', detail: 'SIGINT' } });
    expect(patches(sandbox)).toBeLessThan(150);
    const timed = await handOver(queue, { baseUrl: sandbox.url, rows: 200, from: 201, finishAt: Date.now() + 4000 });
    expect(await endOf(queue, timed)).toMatchObject({ stop: { reason: 'finish_by' } });
    expect(started.output()).toContain('a command was ignored');
    await terminate(started);
  });

  it('leaves a run of another protocol alone, and says so', async () => {
    const { sandbox, worker, queue } = await world(10);
    const ref = { account: accountFor(sandbox.url), handover: handoverId('20260101T000000Z-x-ffff', '0123abcd') };
    await queue.redis.sadd(KEYS.protocols, 2);
    await queue.redis.zadd('telnyx-reassign:2:waiting', 1, ref.account);
    const started = worker();
    await until(() => started.output().includes('protocol 2, which this worker leaves alone'));
    expect(sandbox.requests()).toEqual([]);
    await terminate(started);
  });

  it('leaves a run alone that it does not understand, and carries the next one out', async () => {
    const { sandbox, worker, queue } = await world(30);
    const hostile = { base_url: 'http://127.0.0.1:9/v2', rate: '50' };
    const runs = [
      await handOver(queue, { baseUrl: sandbox.url, rows: 10 }),
      await handOver(queue, { baseUrl: sandbox.url, rows: 10, settings: { from_the_future: '1' } }),
      await handOver(queue, { baseUrl: sandbox.url, rows: 10, settings: hostile }),
      await handOver(queue, { baseUrl: sandbox.url, rows: 10 }),
      await handOver(queue, { baseUrl: sandbox.url, rows: 10, from: 21 }),
    ] as const;
    const [future, , , changed, last] = runs;
    const tag = `{telnyx-reassign:${future.account}}:1`;
    await queue.redis.hset(`${tag}:run:${changed.handover}`, 'total', '9');
    await queue.redis.hset(`${tag}:runs:${future.handover}`, 'data', JSON.stringify({ protocol: 2, run_id: 'later' }));
    const started = worker();
    expect(await endOf(queue, last)).toEqual(DONE);
    expect(started.output()).toContain('a run is left alone: it has protocol 2, and this worker knows 1');
    expect(started.output()).toContain('a run is left alone: this version does not know its setting from_the_future');
    expect(started.output()).toContain('a run is left alone: its base URL is not that of its account');
    expect(started.output()).toContain('a run is left alone: it was not handed over with the key of its account');
    expect(patches(sandbox)).toBe(10);
    await terminate(started);
  });

  it('waits for a run without a queue on its host, and keeps such runs away while it sends', async () => {
    const { sandbox, cwd, worker, queue } = await world(120);
    const stateDir = join(cwd, 'state');
    mkdirSync(stateDir);
    const path = join(stateDir, `${accountFor(sandbox.url)}.lock`);
    const holder = { pid: process.pid, host: 'here', since: '', what: 'apply' };
    const lock = await takeLock(path, holder);
    const started = worker(['--state-dir', stateDir]);
    const ref = await handOver(queue, { baseUrl: sandbox.url, rows: 100 });
    await until(() => started.output().includes('a run without a queue has the account on this host'));
    expect(sandbox.requests()).toEqual([]);
    lock?.release();
    await until(() => patches(sandbox) > 10);
    expect(await takeLock(path, holder)).toBeNull();
    expect(await endOf(queue, ref)).toEqual(DONE);
    await expect.poll(() => isLocked(path)).toBe(false);
    await terminate(started);
  });

  it('finds a key that comes later, and says which account waits for one', async () => {
    const { sandbox, cwd, worker, queue } = await world(10);
    const keys = join(cwd, 'keys');
    mkdirSync(keys);
    const started = worker(['--keys-dir', keys], null);
    const ref = await handOver(queue, { baseUrl: sandbox.url, rows: 10 });
    await until(() => started.output().includes('whose key this worker does not have'));
    writeFileSync(join(keys, 'first'), `${KEY}\n`, { mode: 0o600 });
    expect(await endOf(queue, ref)).toEqual(DONE);
    await terminate(started);
    expect(started.output()).not.toContain(KEY);
  });

  it('shares many accounts with another one over few connections', async () => {
    const { sandbox, cwd, worker, queue } = await world(300);
    const keys = join(cwd, 'keys');
    mkdirSync(keys);
    const names = Array.from({ length: 30 }, (_, at) => `KEY${String(at).padStart(4, '0')}abcdefghij`);
    for (const name of names) writeFileSync(join(keys, name.slice(0, 7)), name, { mode: 0o600 });
    const workers = [
      worker(['--keys-dir', keys, '--accounts', '10'], null),
      worker(['--keys-dir', keys, '--accounts', '10'], null),
    ];
    const refs = await Promise.all(
      names.map((key, at) =>
        handOver(queue, { baseUrl: sandbox.url, rows: 10, from: at * 10 + 1, key, settings: { rate: '5' } }),
      ),
    );
    await until(() => patches(sandbox) > 60);
    const clients = String(await queue.redis.client('LIST'))
      .trim()
      .split('\n');
    expect(clients.length).toBeLessThan(12);
    for (const ref of refs) expect(await endOf(queue, ref)).toEqual(DONE);
    expect(isMoved(sandbox, 300)).toBe(true);
    expect(writesTo(sandbox)).toHaveLength(300);
    const served = await Promise.all(refs.map((ref) => sessionsOf(queue, ref)));
    const shares = workers.map(({ child }) => served.flat().filter(({ pid }) => pid === child.pid).length);
    expect(Math.min(...shares)).toBeGreaterThan(5);
    expect(served.flat()).toHaveLength(30);
    for (const one of workers) await terminate(one);
  });

  it('does not take a job whose run has ended, and completes it', async () => {
    const { sandbox, worker, queue } = await world(10);
    const ref = await handOver(queue, { baseUrl: sandbox.url, rows: 10 });
    await queue.redis.hset(`{telnyx-reassign:${ref.account}}:1:run:${ref.handover}`, 'state', 'ended');
    const started = worker();
    await expect
      .poll(async () => (await readJobs(queue, ref.account)).map(({ state }) => state), { timeout: 10_000 })
      .toEqual(['ended']);
    expect(sandbox.requests()).toEqual([]);
    expect(await readRecord(queue, ref)).not.toBeNull();
    await terminate(started);
  });
});
