import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeHandover } from '../../../src/io/queue/handover.ts';
import { takeLease } from '../../../src/io/queue/lease.ts';
import { readLedger } from '../../../src/io/queue/ledger-reader.ts';
import { LeaseLost, openRemoteLedger } from '../../../src/io/queue/ledger-stream.ts';
import type { Queue } from '../../../src/io/redis/connection.ts';
import { afterEveryTest } from '../../support/after-test.ts';
import { ACCOUNT, makeRecord, makeTasks, REF } from '../../support/queue/handovers.ts';
import { testQueue, testRedis } from '../../support/queue/redis.ts';
import type { RedisServer } from '../../support/queue/redis-server.ts';
import { startProxy } from '../../support/queue/tcp-proxy.ts';

const KILLS = 12;

async function rowsThere(queue: Queue): Promise<number[]> {
  const rows: number[] = [];
  for await (const batch of readLedger(queue, REF)) {
    for (const line of batch) rows.push('line' in line ? JSON.parse(line.line).row : 0);
  }
  return rows;
}

/** What a power failure does: the last bytes of the append-only file were not on the disk. */
function forgetLast({ dir }: RedisServer, bytes: number): void {
  const folder = join(dir, 'appendonlydir');
  const [name] = readdirSync(folder).filter((file) => file.endsWith('.incr.aof'));
  const file = join(folder, String(name));
  truncateSync(file, Math.max(0, statSync(file).size - bytes));
}

/** Appends rows 1, 2, 3..., a few at a time, until the lease is lost or it is asked to end. */
function appendRows(queue: Queue) {
  const ledger = openRemoteLedger(queue, { ...REF, token: 'one' });
  const seen = { sent: 0, acknowledged: 0, lost: null as LeaseLost | null, isEnded: false };
  const one = async (row: number) => {
    await ledger.record({ type: 'intent', row, at: '2026-11-23T02:00:00.000Z' });
    seen.acknowledged = row;
  };
  const all = async () => {
    while (!seen.isEnded && seen.lost === null) {
      const from = seen.sent;
      seen.sent += 3;
      await Promise.all([one(from + 1), one(from + 2), one(from + 3)]).catch((error: unknown) => {
        if (!(error instanceof LeaseLost)) throw error;
        seen.lost = error;
      });
    }
  };
  return { seen, done: all() };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function openRun(fsync: 'always' | 'everysec') {
  const server = await testRedis(fsync);
  const queue = await testQueue(server.url);
  await writeHandover(queue, REF, makeRecord(), makeTasks(1));
  await takeLease(queue, ACCOUNT, { token: 'one', owner: { what: 'w', host: 'h', pid: 1 }, ttlMs: 600_000 });
  return { server, queue };
}

it.each(['always', 'everysec'] as const)(
  'has every line once and in order over kills, appendfsync %s',
  async (fsync) => {
    const { server, queue } = await openRun(fsync);
    const { seen, done } = appendRows(queue);
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(20 + 13 * (kill % 5));
      const before = seen.acknowledged;
      await server.kill();
      await server.start();
      while (seen.acknowledged === before && seen.lost === null) await pause(5);
      if (seen.lost !== null) break;
    }
    seen.isEnded = true;
    await done;
    // With everysec a kill may lose up to two seconds. Nothing follows what is missing.
    if (fsync === 'always') expect(seen.lost).toBeNull();
    const rows = await rowsThere(queue);
    const length = seen.lost === null ? seen.sent : rows.length;
    expect(rows).toEqual(Array.from({ length }, (_, at) => at + 1));
  },
);

it.each([1, 150, 5000])('takes no more lines after %i bytes that Redis has forgotten', async (bytes) => {
  const { server, queue } = await openRun('everysec');
  const { seen, done } = appendRows(queue);
  while (seen.acknowledged < 300) await pause(5);
  // Stopped first: nothing may be acknowledged after what is forgotten.
  await server.kill();
  const { acknowledged } = seen;
  forgetLast(server, bytes);
  await server.start();
  await pause(500);
  seen.isEnded = true;
  await done;
  const rows = await rowsThere(queue);
  // Whatever is there is what was sent, from the first line on. If lines are missing, none follow them.
  expect(rows).toEqual(Array.from({ length: rows.length }, (_, at) => at + 1));
  if (seen.lost === null) expect(rows).toHaveLength(seen.sent);
  else expect(rows.length).toBeLessThan(acknowledged + 3);
  if (bytes === 5000) expect(seen.lost).toMatchObject({ why: 'gone' });
});

it('has every line once and in order over a network that swallows packets, and brings them later', async () => {
  const { server, queue } = await openRun('always');
  const proxy = await startProxy(server.port);
  afterEveryTest(() => void proxy.close());
  const far = await testQueue(`redis://127.0.0.1:${proxy.port}`);
  const { seen, done } = appendRows(far);
  for (let time = 0; time < 3; time++) {
    await pause(100);
    proxy.hold();
    // In the second one, the client has connected again, and has sent its lines a second time.
    await pause([300, 8000, 30][time] as number);
    const before = seen.acknowledged;
    proxy.release();
    if (time === 2) proxy.cut();
    while (seen.acknowledged === before) await pause(5);
  }
  seen.isEnded = true;
  await done;
  expect(seen.lost).toBeNull();
  expect(await rowsThere(queue)).toEqual(Array.from({ length: seen.sent }, (_, at) => at + 1));
});
