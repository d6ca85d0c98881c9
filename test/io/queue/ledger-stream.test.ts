import { beforeEach, describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { leaseKey, runKeys } from '../../../src/core/queue/protocol.ts';
import { readRecord, takeBack, updateHandover, writeHandover } from '../../../src/io/queue/handover.ts';
import { releaseLease, takeLease } from '../../../src/io/queue/lease.ts';
import { readLedger, type StreamLine } from '../../../src/io/queue/ledger-reader.ts';
import { LeaseLost, openRemoteLedger } from '../../../src/io/queue/ledger-stream.ts';
import type { Queue } from '../../../src/io/redis/connection.ts';
import { makeOutcome } from '../../support/make.ts';
import { ACCOUNT, makeRecord, makeTasks, REF } from '../../support/queue/handovers.ts';
import { testQueue, testRedis } from '../../support/queue/redis.ts';

let queue: Queue;

const owner = { what: 'worker', host: 'here', pid: 1 };
const intent = (row: number): LedgerEntry => ({ type: 'intent', row, at: '2026-11-23T02:00:00.000Z' });
const END = { stop: null, failure: null, organization_id: 'org' };

beforeEach(async () => {
  queue = await testQueue((await testRedis('always')).url);
  expect(await writeHandover(queue, REF, makeRecord(), makeTasks(2))).toBe(true);
});

async function openAs(token: string) {
  const lease = await takeLease(queue, ACCOUNT, { token, owner, ttlMs: 20_000 });
  if (!lease.taken) throw new Error('the lease is not free');
  return openRemoteLedger(queue, { ...REF, token });
}

async function lines(from?: string): Promise<StreamLine[]> {
  const found: StreamLine[] = [];
  for await (const batch of readLedger(queue, REF, from)) found.push(...batch);
  return found;
}

const rowsIn = (found: StreamLine[]) => found.map((line) => ('line' in line ? JSON.parse(line.line).row : null));

describe('the ledger in Redis', () => {
  it('has the lines in order, those of the log among them', async () => {
    const ledger = await openAs('one');
    await Promise.all([
      ledger.record(intent(1)),
      ledger.log({ level: 'info', event: 'run.started', text: 'hello', fields: { n: 1 } }),
      ledger.record({ type: 'outcome', ...makeOutcome() }),
    ]);
    const found = await lines();
    expect(found).toMatchObject([
      { line: JSON.stringify(intent(1)) },
      { log: '{"level":"info","event":"run.started","text":"hello","fields":{"n":1}}' },
      { line: JSON.stringify({ type: 'outcome', ...makeOutcome() }) },
    ]);
    expect(await lines(found[1]?.id)).toEqual(found.slice(2));
  });

  it('takes many lines in one append, and reads them in batches', async () => {
    const ledger = await openAs('one');
    await Promise.all(Array.from({ length: 5000 }, (_, at) => ledger.record(intent(at + 1))));
    expect(Number((await queue.redis.hget(runKeys(REF).run, 'batch'))?.split(':')[1])).toBeLessThan(6);
    expect(rowsIn(await lines())).toEqual(Array.from({ length: 5000 }, (_, at) => at + 1));
  });

  it('ends with its last lines and the end in one step', async () => {
    const ledger = await openAs('one');
    const last = ledger.record(intent(1));
    await ledger.end(END, [intent(2)]);
    await last;
    expect(await readRecord(queue, REF)).toMatchObject({ state: 'ended', end: END });
    expect(rowsIn(await lines())).toEqual([1, 2]);
    await ledger.close();
    await expect(ledger.record(intent(3))).rejects.toThrow('the ledger is closed');
  });

  it('refuses lines of one whose lease another has, and all that follow', async () => {
    const ledger = await openAs('one');
    await ledger.record(intent(1));
    await queue.redis.hset(leaseKey(ACCOUNT), 'until', 1);
    // Its time is over, but no other has taken it: what it says is true.
    await ledger.record(intent(2));
    const next = await openAs('two');
    await expect(ledger.record(intent(3))).rejects.toThrow(LeaseLost);
    await next.record(intent(4));
    await expect(ledger.record(intent(5))).rejects.toMatchObject({ why: 'lease' });
    expect(rowsIn(await lines())).toEqual([1, 2, 4]);
  });

  it('refuses lines after the lease was returned', async () => {
    const ledger = await openAs('one');
    await releaseLease(queue, ACCOUNT, 'one');
    await expect(ledger.record(intent(1))).rejects.toMatchObject({ why: 'lease' });
  });

  it('refuses lines of a run that was taken back, or that Redis has forgotten', async () => {
    const ledger = await openAs('one');
    expect(await takeBack(queue, REF, 'here')).toBe('ok');
    await expect(ledger.record(intent(1))).rejects.toMatchObject({ why: 'gone' });
    expect(await updateHandover(queue, REF, { state: 'sending' })).toBe(false);
    await queue.redis.del(runKeys(REF).run);
    await expect(openRemoteLedger(queue, { ...REF, token: 'one' }).record(intent(1))).rejects.toMatchObject({
      why: 'gone',
    });
  });

  it('refuses lines after some that Redis has forgotten', async () => {
    const ledger = await openAs('one');
    await ledger.record(intent(1));
    await ledger.record(intent(2));
    await queue.redis.hset(runKeys(REF).run, 'batch', 'one:1');
    await expect(ledger.record(intent(3))).rejects.toMatchObject({ why: 'gone' });
  });

  it('has a line once that was sent again, whether Redis had it or not', async () => {
    const ledger = await openAs('one');
    await ledger.record(intent(1));
    // As after an answer that was lost on the way.
    await queue.redis.hset(runKeys(REF).run, 'batch', 'one:2');
    await ledger.record(intent(2));
    expect(rowsIn(await lines())).toEqual([1]);
    await ledger.record(intent(3));
    expect(rowsIn(await lines())).toEqual([1, 3]);
  });
});
