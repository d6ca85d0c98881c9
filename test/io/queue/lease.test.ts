import { beforeEach, describe, expect, it } from 'vitest';
import { leaseKey } from '../../../src/core/queue/protocol.ts';
import {
  hasRun,
  readLease,
  releaseLease,
  renewLease,
  type TakenLease,
  takeLease,
} from '../../../src/io/queue/lease.ts';
import type { Queue } from '../../../src/io/redis/connection.ts';
import { testQueue, testRedis } from '../../support/queue/redis.ts';
import type { Fsync, RedisServer } from '../../support/queue/redis-server.ts';

const ACCOUNT = 'a'.repeat(32);
const TTL = 20_000;
const key = leaseKey(ACCOUNT);
const owner = { what: 'apply', host: 'here', pid: 1 };

let server: RedisServer;
let queue: Queue;

async function open(fsync: Fsync = 'always'): Promise<void> {
  server = await testRedis(fsync);
  queue = await testQueue(server.url);
  // As if the account had had owners on this server long ago.
  await queue.redis.hset(key, 'server', queue.runId());
}

const take = (token: string, ttlMs = TTL) => takeLease(queue, ACCOUNT, { token, owner, ttlMs });
const renew = (token: string, pausedMs = 0) => renewLease(queue, ACCOUNT, { token, ttlMs: TTL, pausedMs });

async function taken(token: string): Promise<Extract<TakenLease, { taken: true }>> {
  const lease = await take(token);
  if (!lease.taken) throw new Error('not free');
  return lease;
}

/** The lease ended this long ago. */
async function expire(agoMs: number): Promise<void> {
  const [seconds] = (await queue.redis.time()).map(Number) as [number];
  await queue.redis.hset(key, 'until', seconds * 1000 - agoMs);
}

describe('the lease of an account', () => {
  beforeEach(() => open());

  it('has one owner, whom others see', async () => {
    expect(await readLease(queue, ACCOUNT)).toBeNull();
    expect(await taken('one')).toMatchObject({ fence: 1, pausedMs: 0 });
    const refused = await take('two');
    expect(refused).toMatchObject({ taken: false, owner });
    expect((refused as { leftMs: number }).leftMs).toBeLessThanOrEqual(TTL);
    expect(await readLease(queue, ACCOUNT)).toMatchObject({ owner, fence: 1 });
    expect(await renew('two')).toBe(false);
    expect(await releaseLease(queue, ACCOUNT, 'two')).toBe(false);
    expect(await renew('one')).toBe(true);
  });

  it('is given to one of many that ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => take(`t${at}`)));
    expect(answers.filter((answer) => answer.taken)).toHaveLength(1);
  });

  it('is the same if it is asked for twice, as after a reconnect', async () => {
    const first = await taken('one');
    const second = await taken('one');
    expect(second.fence).toBe(first.fence);
    expect(second.silentMs).toBeGreaterThanOrEqual(first.silentMs);
  });

  it('counts its owners, and says since when the last one is silent', async () => {
    await taken('one');
    expect(await releaseLease(queue, ACCOUNT, 'one', { pausedMs: 7000 })).toBe(true);
    expect(await releaseLease(queue, ACCOUNT, 'one')).toBe(false);
    expect(await renew('one')).toBe(false);
    expect(await readLease(queue, ACCOUNT)).toBeNull();
    const next = await taken('two');
    expect(next.fence).toBe(2);
    expect(next.silentMs).toBeLessThan(5000);
    expect(next.pausedMs).toBeGreaterThan(2000);
    expect(next.pausedMs).toBeLessThanOrEqual(7000);
  });

  it('goes on after its end if no other has taken it', async () => {
    await taken('one');
    await expire(3000);
    expect(await readLease(queue, ACCOUNT)).toBeNull();
    expect(await renew('one')).toBe(true);
    expect(await take('two')).toMatchObject({ taken: false });
  });

  it('is taken over after its end: the owner before may have sent until then', async () => {
    await taken('one');
    await renew('one', 60_000);
    await expire(3000);
    const next = await taken('two');
    expect(next).toMatchObject({ fence: 2 });
    expect(next.silentMs).toBeGreaterThanOrEqual(3000);
    expect(next.silentMs).toBeLessThan(10_000);
    expect(next.pausedMs).toBeGreaterThan(50_000);
    expect(await renew('one')).toBe(false);
  });

  it('is held to the end of its time by a server that began again and forgot nothing', async () => {
    await taken('one');
    await server.kill();
    await server.start();
    expect(await take('two')).toMatchObject({ taken: false, owner });
    await expire(3000);
    const next = await taken('two');
    expect(next.silentMs).toBeGreaterThanOrEqual(3000);
  });
});

describe('the lease on a server that may forget', () => {
  beforeEach(() => open('everysec'));

  it('is doubted once after a start: an owner that is forgotten may send until its lease ends', async () => {
    await taken('one');
    await queue.redis.config('SET', 'appendfsync', 'always');
    await releaseLease(queue, ACCOUNT, 'one');
    await server.kill();
    await server.start();
    const next = await taken('two');
    // The server has just begun, so a lease of 20 s that it does not know can last for almost 20 s.
    expect(next.silentMs).toBeLessThan(-TTL / 2);
    expect(next.silentMs).toBeGreaterThan(-TTL - 1000);
    await releaseLease(queue, ACCOUNT, 'two');
    // The doubt does not end because an owner gives up early.
    expect((await taken('three')).silentMs).toBeLessThan(-TTL / 2);
  });

  it('is not doubted by the one that has it: its release is newer than the start', async () => {
    await taken('one');
    await queue.redis.config('SET', 'appendfsync', 'always');
    await renew('one');
    await server.kill();
    await server.start();
    expect(await releaseLease(queue, ACCOUNT, 'one')).toBe(true);
    const next = await taken('two');
    expect(next.silentMs).toBeGreaterThanOrEqual(0);
  });

  it('waits a moment after the start of a server that knows nothing', async () => {
    await server.startEmpty();
    const { silentMs } = await taken('one');
    expect(silentMs).toBeGreaterThanOrEqual(-500);
    expect(silentMs).toBeLessThan(1000);
  });
});

it('of a worker says which run it has', () => {
  const owner = { what: 'apply', host: 'h', pid: 1 };
  expect(hasRun({ ...owner, worker: 'w', run: 'r' }, 'r')).toBe(true);
  expect(hasRun({ ...owner, worker: 'w', run: 'other' }, 'r')).toBe(false);
  expect(hasRun({ ...owner, run: 'r' }, 'r')).toBe(false);
  expect(hasRun(null, 'r')).toBe(false);
});
