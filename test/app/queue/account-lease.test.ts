import { expect, it } from 'vitest';
import { type AccountLease, holdLease } from '../../../src/app/queue/account-lease.ts';
import { leaseKey } from '../../../src/core/queue/protocol.ts';
import { realClock } from '../../../src/io/clock.ts';
import { readLease } from '../../../src/io/queue/lease.ts';
import type { Queue } from '../../../src/io/redis/connection.ts';
import { until } from '../../support/program/workspace.ts';
import { ACCOUNT } from '../../support/queue/handovers.ts';
import { testQueue, testRedis } from '../../support/queue/redis.ts';

const owner = { what: 'worker', host: 'here', pid: 1 };

async function hold(queue: Queue, pausedMs = 0): Promise<AccountLease> {
  const lease = await holdLease(queue, ACCOUNT, { owner, ttlMs: 20_000, clock: realClock, pausedMs: () => pausedMs });
  if (!('release' in lease)) throw new Error('not free');
  return lease;
}

it('is held by one, and by the next when it is returned; a pause goes on', async () => {
  const queue = await testQueue((await testRedis('always')).url);
  const first = await hold(queue, 60_000);
  expect(first.mayLeave(10_000)).toBe(true);
  expect(await holdLease(queue, ACCOUNT, { owner, ttlMs: 20_000, clock: realClock })).toMatchObject({
    taken: false,
    owner,
  });
  await first.release();
  await first.release();
  expect(first.mayLeave(0)).toBe(false);
  const second = await hold(queue);
  await second.release();
  // The second owner was asked for no pause of its own.
  const third = await hold(queue);
  expect([first.fence, second.fence, third.fence]).toEqual([1, 2, 3]);
  expect(third.pausedMs).toBeGreaterThan(50_000);
});

it('tells Redis of a pause at once, because its owner may die', async () => {
  const queue = await testQueue((await testRedis('always')).url);
  let pausedMs = 0;
  const options = { owner, ttlMs: 600_000, clock: realClock, pausedMs: () => pausedMs };
  const lease = await holdLease(queue, ACCOUNT, options);
  if (!('renewNow' in lease)) throw new Error('not free');
  pausedMs = 60_000;
  lease.renewNow();
  const pauseUntil = async () => Number(await queue.redis.hget(leaseKey(ACCOUNT), 'pause_until'));
  await expect.poll(pauseUntil).toBeGreaterThan(Date.now() + 50_000);
  await lease.release();
});

it('is lost when the server begins again, and is returned then', async () => {
  const server = await testRedis('always');
  const queue = await testQueue(server.url);
  const lease = await hold(queue);
  await server.kill();
  await server.start();
  await until(() => lease.isLost());
  expect(lease.lostWhy()).toContain('started again');
  expect(await readLease(queue, ACCOUNT)).toMatchObject({ owner });
  await lease.release();
  expect(await readLease(queue, ACCOUNT)).toBeNull();
  const next = await hold(queue);
  expect(next.fence).toBe(2);
  // No longer than after the start of any server.
  expect(next.silentMs).toBeGreaterThan(-1000);
});

it('is left alone if another has it', async () => {
  const queue = await testQueue((await testRedis('always')).url);
  const lease = await hold(queue);
  await queue.redis.hset(leaseKey(ACCOUNT), 'token', 'other');
  await lease.release();
  expect(await readLease(queue, ACCOUNT)).not.toBeNull();
});
