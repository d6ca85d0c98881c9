import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import type { Operation } from '../../../src/engine/ports.ts';
import { entry, http, network, ok, PROFILE, rows, task, type World, world } from '../../support/engine/fake-world.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';

const elsewhere = () => ok({ profile: null, product: 'A2P' });

const operations = (w: World, row: number) => w.sent.filter((one) => one.row === row).map(({ operation }) => operation);

/** A world that answers reads and writes differently. */
function split(read: Answer, write: Answer = ok()): World {
  return world(
    () => write,
    undefined,
    () => read,
  );
}

const toRead = (row: number) => task(row, { first: 'read', attempts: 2 });
const onlyRead = (row: number) => task(row, { first: 'read_only', attempts: 4 });

describe('a row that may have been sent', () => {
  it('is done if a read finds it at its target: no intent, no write, no further attempt', async () => {
    const w = split(ok());
    const execution = await w.run([toRead(1)]);
    expect(execution.stop).toBeNull();
    expect(execution.requests).toMatchObject({ total: 1, writes: 0, reads: 1, retries: 0, rate_limited: 0 });
    expect(w.ledger).toHaveLength(1);
    expect(w.outcomes().get(1)).toEqual({
      type: 'outcome',
      row: 1,
      status: 'updated',
      reason: 'confirmed_by_read',
      retryable: false,
      attempts: 2,
      profileAfter: PROFILE,
      productAfter: 'A2P',
      httpStatus: 200,
      errorCode: '',
      errorTitle: '',
      errorDetail: '',
      errorPointer: '',
      requestId: 'r-200',
      durationMs: 5,
      finishedAt: '2026-11-23T02:00:00.005Z',
    });
    expect(w.events.map(({ event }) => event)).toEqual(['row.updated']);
  });

  it.each([
    ['another profile', elsewhere()],
    ['nothing of the target', ok({})],
    ['404', http(404, '10005')],
    ['403 on a later answer', http(403, '10010')],
    ['422', http(422, '10015')],
  ])('is sent after its intent if the read answers with %s', async (_, read) => {
    const early: number[] = [];
    const w: World = world(
      (row) => {
        if (!w.linesOf(row).includes('intent')) early.push(row);
        return ok();
      },
      undefined,
      () => read,
    );
    await w.run([task(1), toRead(2)]);
    expect(operations(w, 2)).toEqual(['read', 'write']);
    expect(w.linesOf(2)).toEqual(['intent', 'updated 3']);
    expect(w.outcomes().get(2)?.reason).toBe('');
    expect(early).toEqual([]);
  });

  it('has no intent while it is being read', async () => {
    const w: World = world(async (row, _before, _now, operation) => {
      if (operation === 'read') expect(w.linesOf(row)).toEqual([]);
      return operation === 'read' ? elsewhere() : ok();
    });
    await w.run(rows(5, toRead));
    for (let row = 1; row <= 5; row++) expect(w.linesOf(row)).toEqual(['intent', 'updated 3']);
  });

  it('is read, and rows that have never been sent are not', async () => {
    const w = split(elsewhere());
    await w.run([...rows(3, toRead), ...rows(5, (row) => task(row + 3))]);
    for (let row = 1; row <= 3; row++) expect(operations(w, row)).toEqual(['read', 'write']);
    for (let row = 4; row <= 8; row++) expect(operations(w, row)).toEqual(['write']);
    expect(w.outcomes().size).toBe(8);
  });

  it('has all its attempts again, and counts those of earlier sessions', async () => {
    const w = split(elsewhere(), http(425));
    await w.run([toRead(1)], { max_attempts: 3 });
    expect(operations(w, 1)).toEqual(['read', 'write', 'write', 'write']);
    expect(w.outcomes().get(1)).toMatchObject({ status: 'failed', reason: 'attempts_exhausted', attempts: 5 });
    expect(w.outcomes().get(1)?.errorDetail).toMatch(/^3 attempts, the last one ended with HTTP 425/);
  });

  it('fails at once if the write is refused', async () => {
    const w = split(elsewhere(), http(422, '10015'));
    await w.run([toRead(1)]);
    expect(w.linesOf(1)).toEqual(['intent', 'failed 3']);
    expect(w.outcomes().get(1)).toMatchObject({ reason: 'api_error', errorCode: '10015', retryable: false });
  });
});

describe('a read', () => {
  it.each([
    ['a 5xx', http(503)],
    ['a 408', http(408)],
    ['a cut connection', network('ECONNRESET', true)],
    ['a 200 that cannot be read', { ...http(200), body: { kind: 'unreadable' as const } }],
  ])('is tried again after %s, and costs its row no attempt', async (_, answer) => {
    const w = world((_row, before, _now, operation) =>
      operation === 'read' && before < 2 ? answer : operation === 'read' ? elsewhere() : ok(),
    );
    const execution = await w.run([toRead(1)], { max_attempts: 3 });
    expect(operations(w, 1)).toEqual(['read', 'read', 'read', 'write']);
    expect(w.linesOf(1)).toEqual(['intent', 'updated 3']);
    expect(execution.requests).toMatchObject({ total: 4, writes: 1, reads: 3, retries: 2, rate_limited: 0 });
    const failed = w.events.filter((one) => one.event === 'attempt.failed');
    expect(failed.map(({ operation, attempt }) => [operation, attempt])).toEqual([
      ['read', 1],
      ['read', 2],
    ]);
  });

  it('that never succeeds leaves the row unverified, and it is not sent', async () => {
    const w = split(http(425));
    const execution = await w.run([toRead(1)], { max_attempts: 3 });
    expect(operations(w, 1)).toEqual(['read', 'read', 'read']);
    expect(w.linesOf(1)).toEqual(['unverified 2']);
    expect(w.outcomes().get(1)).toMatchObject({
      reason: 'read_failed',
      retryable: true,
      httpStatus: 425,
      errorDetail: 'a write may have happened, and it could not be read: 3 attempts, the last one ended with HTTP 425',
    });
    expect(execution.stop).toBeNull();
  });

  it('waits for a 429 like a write, together with all others, and is sent again', async () => {
    const w = world(
      () => ok(),
      undefined,
      (row, before) => (row === 2 && before === 0 ? http(429, '', { retryAfter: '8' }) : ok()),
    );
    const execution = await w.run(rows(10, toRead), { max_attempts: 1 });
    const limited = w.sent.find(({ row }) => row === 2)?.at as number;
    expect(w.sent.filter(({ at }) => at > limited + 10 && at < limited + 8000)).toEqual([]);
    expect(execution.requests.rate_limited).toBe(1);
    expect([...w.outcomes().values()].every(({ reason }) => reason === 'confirmed_by_read')).toBe(true);
  });

  it('counts in the rate', async () => {
    const w = split(elsewhere());
    await w.run(rows(60, toRead), { rate: 20 });
    expect(w.sent).toHaveLength(120);
    const most = (operation: Operation | null) =>
      mostInWindow(
        w.sent.filter((one) => operation === null || one.operation === operation).map(({ at }) => at),
        1000,
      );
    expect(most(null)).toBe(20);
    expect(most('read')).toBeLessThan(20);
  });

  it('stops the run before a write if it shows another phone number', async () => {
    const w = world(
      () => ok({ profile: PROFILE }),
      undefined,
      (row) => ok({ profile: null, phoneNumber: row === 2 ? '+18005559999' : '+18005550000' }),
    );
    const tasks = rows(40, (row) => ({ ...toRead(row), entry: entry(row, { phoneNumber: '+18005550000' }) }));
    const execution = await w.run(tasks, { rate: 2 });
    expect(execution.stop).toEqual({
      reason: 'phone_number_mismatch',
      detail: 'row 2 (line 3), id n2: the file says +18005550000, the account has +18005559999 under this id',
    });
    expect(operations(w, 2)).toEqual(['read']);
    expect(w.linesOf(2)).toEqual(['failed 2']);
    expect(w.outcomes().get(2)).toMatchObject({ reason: 'phone_number_mismatch', retryable: false });
    expect(w.sent.length).toBeLessThan(8);
  });

  it('confirms a refused key and stops, and leaves the row ambiguous', async () => {
    const w = split(http(401, '10009'));
    const execution = await w.run([toRead(1)]);
    expect(execution.stop?.reason).toBe('key_refused');
    expect(operations(w, 1)).toEqual(['read', 'read']);
    expect(w.linesOf(1)).toEqual(['put_back ambiguous 2']);
  });

  it('stops on a 403 about the account', async () => {
    const w = split(http(403, '20012'));
    expect((await w.run(rows(5, toRead))).stop?.reason).toBe('account_refused');
    expect(w.linesOf(1)).toEqual(['put_back ambiguous 2']);
  });
});

describe('a stop', () => {
  it('while a row is read leaves it ambiguous', async () => {
    const w = split(http(425));
    w.clock.at(200, () => w.stop.ask('signal', 'SIGINT'));
    const execution = await w.run(rows(50, toRead), { retry_base: 3_600_000, retry_max: 3_600_000 });
    expect(execution.stop?.reason).toBe('signal');
    expect(w.clock.now()).toBe(200);
    expect(w.outcomes().size).toBe(0);
    expect(w.linesOf(1)).toEqual(['put_back ambiguous 2']);
    expect(w.linesOf(50)).toEqual([]);
  });

  it('between a read and its write leaves it as not sent', async () => {
    const w: World = world(
      (_row, _before, _now, operation) => (operation === 'read' ? elsewhere() : ok()),
      async (line) => {
        if (line.type === 'intent') w.stop.ask('signal', 'SIGINT');
      },
    );
    await w.run([toRead(1)]);
    expect(operations(w, 1)).toEqual(['read']);
    expect(w.linesOf(1)).toEqual(['intent', 'put_back clear 2']);
  });

  it('after its first write leaves it ambiguous, with all attempts', async () => {
    const w = split(elsewhere(), network('ETIMEDOUT', true));
    w.clock.at(500, () => w.stop.ask('signal', 'SIGINT'));
    await w.run([toRead(1), ...rows(8, (row) => task(row + 1))], { retry_base: 3_600_000, retry_max: 3_600_000 });
    expect(w.linesOf(1)).toEqual(['intent', 'put_back ambiguous 3']);
  });
});

describe('a row that has ended, and is only read', () => {
  it('is updated if it is at its target', async () => {
    const w = split(ok());
    await w.run([onlyRead(1)]);
    expect(w.linesOf(1)).toEqual(['updated 4']);
    expect(w.outcomes().get(1)?.reason).toBe('confirmed_by_read');
  });

  it('is failed and retryable if it is elsewhere, and never sent', async () => {
    const w = world((row, _before, _now, operation) => (row === 1 ? ok() : operation === 'read' ? elsewhere() : ok()));
    await w.run([task(1), onlyRead(2)]);
    expect(operations(w, 2)).toEqual(['read']);
    expect(w.linesOf(2)).toEqual(['failed 4']);
    expect(w.outcomes().get(2)).toMatchObject({
      reason: 'not_at_target',
      retryable: true,
      httpStatus: 200,
      errorDetail: 'no write took effect: a read shows values other than the target',
    });
  });

  it.each([
    ['a 404', http(404, '10005')],
    ['a 200 without the values', ok({ id: 'n2' })],
  ])('is left as it was if the read does not show where it is (%s)', async (_, read) => {
    const w = world(
      () => ok(),
      undefined,
      () => read,
    );
    const { stop } = await w.run([task(1), onlyRead(2)]);
    expect(operations(w, 2)).toEqual(['read']);
    expect(w.linesOf(2)).toEqual([]);
    expect(stop).toBeNull();
  });

  it('stays unverified if it cannot be read', async () => {
    const w = split(http(425));
    await w.run([onlyRead(1)], { max_attempts: 2 });
    expect(operations(w, 1)).toEqual(['read', 'read']);
    expect(w.linesOf(1)).toEqual(['unverified 4']);
    expect(w.outcomes().get(1)?.reason).toBe('read_failed');
  });

  it('has no line in the ledger if the run stops before it was read', async () => {
    const w = split(http(425));
    w.clock.at(200, () => w.stop.ask('signal', 'SIGINT'));
    const execution = await w.run(rows(5, onlyRead), { retry_base: 3_600_000, retry_max: 3_600_000 });
    expect(execution.stop?.reason).toBe('signal');
    expect(w.ledger).toEqual([]);
  });
});
