import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HandedOver } from '../../../src/app/handover/hand-over.ts';
import { watchUnowned } from '../../../src/app/handover/unowned.ts';
import type { WorkerRecord } from '../../../src/core/queue/protocol.ts';
import { releaseLease, takeLease } from '../../../src/io/queue/lease.ts';
import { registerWorker } from '../../../src/io/queue/registry.ts';
import { openQueue, type Queue } from '../../../src/io/redis/connection.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { makeManifest, resolveLayers } from '../../support/make.ts';
import { type RedisServer, startRedis } from '../../support/queue/redis-server.ts';
import { tempDir } from '../../support/temp.ts';

let redis: RedisServer;
let queue: Queue;
beforeAll(async () => {
  redis = await startRedis(tempDir(), null);
  queue = await openQueue(redis.url);
});
afterAll(async () => {
  queue.close();
  await redis.remove();
});

const ACCOUNT = 'ab12cd34ef567890';
const manifest = makeManifest();
const worker = (accounts: string[]): Omit<WorkerRecord, 'seen_at'> => ({
  ...{ id: 'w', host: 'h', pid: 1, version: '1', protocol: 1, accounts, active: [], limit: 50, started_at: '' },
});

it('says why no worker has a run: once for each reason, and not before 30 s', async () => {
  const clock = { now: 0 };
  const said: string[] = [];
  const over = {
    queue,
    ref: { account: ACCOUNT, handover: `${manifest.run_id}.1` },
    started: { run: { dir: '', shown: '', manifest } },
  } as unknown as HandedOver;
  const invocation = { ...resolveLayers({ queue: redis.url }), context: contextOf() };
  const look = watchUnowned(
    over,
    invocation,
    (why) => said.push(why),
    () => clock.now,
  );
  await look();
  clock.now = 29_999;
  await look();
  expect(said).toEqual([]);
  clock.now = 30_000;
  await look();
  await look();
  expect(said).toEqual([
    `no worker is at work on ${redis.url}. Start one with the key: telnyx-reassign worker --queue ${redis.url}`,
  ]);
  await registerWorker(queue, worker(['other']));
  await look();
  expect(said.at(-1)).toContain('1 worker at work on ');
  expect(said.at(-1)).toContain('none has the key of this run. Give one the key of account ab12cd34');
  await registerWorker(queue, worker([ACCOUNT]));
  await look();
  expect(said.at(-1)).toBe('each worker with the key of account ab12cd34 is busy with other accounts');
  const busy = { what: 'apply other.csv', host: 'elsewhere', pid: 7 };
  await takeLease(queue, ACCOUNT, { token: 't', owner: busy, ttlMs: 60_000 });
  await look();
  expect(said.at(-1)).toBe('account ab12cd34 is busy with apply other.csv (process 7 on elsewhere)');
  await releaseLease(queue, ACCOUNT, 't');
  const mine = { ...busy, worker: 'w', run: manifest.run_id };
  await takeLease(queue, ACCOUNT, { token: 'u', owner: mine, ttlMs: 60_000 });
  clock.now = 90_000;
  await look();
  expect(said).toHaveLength(4);
});
