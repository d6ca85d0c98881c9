import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import type { Task } from '../../../src/engine/ports.ts';
import {
  entry,
  http,
  landed,
  network,
  ok,
  PROFILE,
  rows,
  task,
  toWrites,
  type World,
  world,
} from '../../support/engine/fake-world.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';

const BEFORE = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';
const OTHER = '9c858901-8a57-4791-81fe-4c455b099bc9';

const operations = (w: World, row = 1) => w.sent.filter((one) => one.row === row).map(({ operation }) => operation);
const unreadable: Answer = { ...http(200), body: { kind: 'unreadable' } };

/** Answers after which a write may have happened. */
const AMBIGUOUS: [string, Answer][] = [
  ['a timeout', network('ETIMEDOUT', true)],
  ['a reset', network('ECONNRESET', true)],
  ['a 200 with a cut body', unreadable],
  ['a 500', http(500, '10007')],
  ['a 503', http(503)],
];

/** A world that answers the first write of a row in this way, and accepts the others; `read` answers reads. */
function firstWrite(answer: Answer, read?: (before: number) => Answer | null): World {
  return world(
    toWrites((_, before) => (before === 0 ? answer : ok())),
    undefined,
    (_row, before) => read?.(before) ?? null,
  );
}

describe.each(AMBIGUOUS)('a write that is answered with %s', (_, answer) => {
  it('and has happened is confirmed by a read, and not sent again', async () => {
    const w = firstWrite(landed(answer));
    const execution = await w.run(1, { max_attempts: 1 });
    expect(operations(w)).toEqual(['write', 'read']);
    expect(w.linesOf(1)).toEqual(['intent', 'updated 1']);
    expect(w.outcomes().get(1)).toMatchObject({
      reason: 'confirmed_by_read',
      retryable: false,
      profileAfter: PROFILE,
      httpStatus: 200,
      errorCode: '',
      errorDetail: '',
    });
    expect(execution.requests).toMatchObject({ total: 2, writes: 1, reads: 1, retries: 0, rate_limited: 0 });
    expect(w.events.map(({ event }) => event)).toEqual(['attempt.failed', 'row.updated']);
  });

  it('and has not happened is sent again after the read', async () => {
    const w = firstWrite(answer);
    const execution = await w.run(1);
    expect(operations(w)).toEqual(['write', 'read', 'write']);
    expect(w.linesOf(1)).toEqual(['intent', 'updated 2']);
    expect(w.outcomes().get(1)?.reason).toBe('');
    expect(execution.requests).toMatchObject({ total: 3, writes: 2, reads: 1, retries: 1, rate_limited: 0 });
  });

  it('is read after a wait, and given up only when the last attempt was read too', async () => {
    const w = world(toWrites(() => answer));
    await w.run(1, { max_attempts: 2, retry_base: 10_000 });
    expect(operations(w)).toEqual(['write', 'read', 'write', 'read']);
    const at = w.sent.map((one) => one.at);
    expect((at[1] as number) - (at[0] as number)).toBeGreaterThan(100);
    expect((at[3] as number) - (at[2] as number)).toBeGreaterThan(100);
    expect(w.outcomes().get(1)).toMatchObject({
      status: 'failed',
      reason: 'attempts_exhausted',
      retryable: true,
      attempts: 2,
      profileAfter: 'UNASSIGN',
    });
    expect(w.outcomes().get(1)?.errorDetail).toMatch(/^2 attempts, the last one ended with/);
  });

  it('and whose last attempt has happened is updated', async () => {
    const w = world(toWrites((_row, before) => (before === 2 ? landed(answer) : answer)));
    await w.run(1, { max_attempts: 3 });
    expect(w.linesOf(1)).toEqual(['intent', 'updated 3']);
    expect(w.outcomes().get(1)?.reason).toBe('confirmed_by_read');
  });

  it('is unverified if the read fails as well, after as many attempts as a write has', async () => {
    const w = firstWrite(landed(answer), () => http(425));
    await w.run(1, { max_attempts: 3 });
    expect(operations(w)).toEqual(['write', 'read', 'read', 'read']);
    expect(w.linesOf(1)).toEqual(['intent', 'unverified 1']);
    expect(w.outcomes().get(1)).toMatchObject({ reason: 'read_failed', retryable: true, httpStatus: 425 });
    expect(w.outcomes().get(1)?.errorDetail).toBe(
      'a write may have happened, and it could not be read: 3 attempts, the last one ended with HTTP 425',
    );
  });

  it('has all attempts for each of its reads', async () => {
    const w = world(
      toWrites((_, before) => (before < 2 ? answer : ok())),
      undefined,
      (_row, before) => (before % 3 < 2 ? http(503) : null),
    );
    await w.run(1, { max_attempts: 3 });
    expect(operations(w)).toEqual(['write', 'read', 'read', 'read', 'write', 'read', 'read', 'read', 'write']);
    expect(w.linesOf(1)).toEqual(['intent', 'updated 3']);
  });

  it.each([
    ['does not show the values', ok({ id: 'n1' })],
    ['is refused', http(404, '10005')],
  ])('is sent again if the read %s, and unverified if that continues', async (_why, read) => {
    const good = firstWrite(answer, () => read);
    await good.run(1);
    expect(operations(good)).toEqual(['write', 'read', 'write']);
    expect(good.linesOf(1)).toEqual(['intent', 'updated 2']);
    const bad = world(
      toWrites(() => answer),
      undefined,
      () => read,
    );
    await bad.run(1, { max_attempts: 2 });
    expect(operations(bad)).toEqual(['write', 'read', 'write', 'read']);
    expect(bad.outcomes().get(1)).toMatchObject({
      status: 'unverified',
      reason: 'attempts_exhausted',
      attempts: 2,
      profileAfter: '',
    });
  });

  it('is requeued as ambiguous if a stop comes between it and its read', async () => {
    const w = firstWrite(landed(answer));
    w.clock.at(300, () => w.stop.ask('signal', 'SIGINT'));
    const execution = await w.run(1, { retry_base: 3_600_000, retry_max: 3_600_000 });
    expect(execution.stop?.reason).toBe('signal');
    expect(w.clock.now()).toBe(300);
    expect(operations(w)).toEqual(['write']);
    expect(w.linesOf(1)).toEqual(['intent', 'put_back ambiguous 1']);
  });

  it('is requeued as ambiguous if a stop comes while it is read, and as not sent if it comes afterwards', async () => {
    const during = firstWrite(answer, () => http(425));
    during.clock.at(40_000, () => during.stop.ask('signal', 'SIGINT'));
    await during.run(1, { retry_base: 20_000, retry_max: 3_600_000, max_attempts: 100 });
    expect(operations(during)).toContain('read');
    expect(during.linesOf(1)).toEqual(['intent', 'put_back ambiguous 1']);
    const after: World = firstWrite(answer, () => {
      after.stop.ask('signal', 'SIGINT');
      return null;
    });
    await after.run(1);
    expect(operations(after)).toEqual(['write', 'read']);
    expect(after.linesOf(1)).toEqual(['intent', 'put_back clear 1']);
  });
});

describe('an answer after which the write has not happened', () => {
  it.each([
    ['a 425', http(425)],
    ['a busy number', http(409, '10036')],
    ['a 429', http(429, '', { retryAfter: '1' })],
    ['no connection', network('ECONNREFUSED', false)],
    ['a 401 that passes', http(401, '10009')],
  ])('(%s) is followed by the next attempt, without a read', async (_, answer) => {
    const w = world(toWrites((_row, before) => (before === 0 ? answer : ok())));
    await w.run(1);
    expect(operations(w)).toEqual(['write', 'write']);
    expect(w.outcomes().get(1)).toMatchObject({ status: 'updated', reason: '' });
  });

  it.each([
    ['a 422', http(422, '10015')],
    ['a 404', http(404, '10005')],
  ])('(%s) ends the row, without a read', async (_, answer) => {
    const w = world((row) => (row === 1 ? ok() : answer));
    await w.run(2);
    expect(operations(w, 2)).toEqual(['write']);
    expect(w.outcomes().get(2)).toMatchObject({ status: 'failed', reason: 'api_error', attempts: 1 });
  });

  it('ends the row even after an attempt that may have happened', async () => {
    const w = world(toWrites((_, before) => (before === 0 ? http(503) : http(422, '10015'))));
    await w.run(1);
    expect(operations(w)).toEqual(['write', 'read', 'write']);
    expect(w.outcomes().get(1)).toMatchObject({ status: 'failed', reason: 'api_error', attempts: 2 });
  });
});

describe('a 200 that does not show the target', () => {
  const mismatch = ok({ profile: OTHER, product: 'A2P' });

  it('is read once, and updated if the number is at its target', async () => {
    const w = world(
      () => mismatch,
      undefined,
      () => ok(),
    );
    await w.run(1);
    expect(operations(w)).toEqual(['write', 'read']);
    expect(w.linesOf(1)).toEqual(['intent', 'updated 1']);
    expect(w.outcomes().get(1)).toMatchObject({ reason: 'confirmed_by_read', profileAfter: PROFILE, errorDetail: '' });
  });

  it('is failed if the number is elsewhere, with what the read has shown, and not sent again', async () => {
    const w = world(
      () => mismatch,
      undefined,
      () => ok({ profile: null, product: 'P2P' }),
    );
    await w.run(1);
    expect(operations(w)).toEqual(['write', 'read']);
    expect(w.linesOf(1)).toEqual(['intent', 'failed 1']);
    expect(w.outcomes().get(1)).toMatchObject({
      reason: 'response_mismatch',
      retryable: false,
      profileAfter: 'UNASSIGN',
      productAfter: 'P2P',
      errorDetail: `the answer was 200, but messaging_profile_id is ${OTHER}, wanted ${PROFILE}; a read shows that messaging_profile_id is UNASSIGN, wanted ${PROFILE}`,
    });
  });

  it('does not say twice what answer and read show alike', async () => {
    const half = { profile: PROFILE, product: 'A2P' };
    const w = world(
      () => ok(half),
      undefined,
      () => ok(half),
    );
    await w.run([entry(1, { productTarget: 'P2P' })]);
    expect(w.outcomes().get(1)).toMatchObject({
      reason: 'response_mismatch',
      errorDetail: 'the answer was 200, but messaging_product is A2P, wanted P2P (profile applied, product not)',
    });
  });

  it.each([
    ['hides the value', ok({ id: 'n1' })],
    ['is refused', http(404, '10005')],
  ])('is unverified if the read %s', async (_, read) => {
    const w = world(
      () => mismatch,
      undefined,
      () => read,
    );
    await w.run(1);
    expect(operations(w)).toEqual(['write', 'read']);
    expect(w.linesOf(1)).toEqual(['intent', 'unverified 1']);
    expect(w.outcomes().get(1)).toMatchObject({ reason: 'response_mismatch', retryable: true, profileAfter: '' });
  });

  it('is unverified if the read fails', async () => {
    const w = world(
      () => mismatch,
      undefined,
      () => http(503),
    );
    await w.run(1, { max_attempts: 2 });
    expect(operations(w)).toEqual(['write', 'read', 'read']);
    expect(w.linesOf(1)).toEqual(['intent', 'unverified 1']);
    expect(w.outcomes().get(1)).toMatchObject({ reason: 'read_failed', retryable: true });
  });

  it('is requeued as ambiguous if a stop comes before its read', async () => {
    const w: World = world(() => {
      w.stop.ask('signal', 'SIGINT');
      return mismatch;
    });
    await w.run(1);
    expect(operations(w)).toEqual(['write']);
    expect(w.linesOf(1)).toEqual(['intent', 'put_back ambiguous 1']);
  });

  it('stops the run if its read shows another phone number', async () => {
    const w = world(
      () => mismatch,
      undefined,
      () => ok({ profile: OTHER, phoneNumber: '+18005559999' }),
    );
    const execution = await w.run([entry(1, { phoneNumber: '+18005550000' })]);
    expect(execution.stop?.reason).toBe('phone_number_mismatch');
    expect(w.outcomes().get(1)).toMatchObject({ status: 'failed', reason: 'phone_number_mismatch' });
  });
});

describe('a number that was changed after it was planned', () => {
  const planned = { profileBefore: BEFORE };
  const known = entry(1, planned);
  const elsewhere = ok({ profile: OTHER, product: 'A2P' });
  const again: Task = { entry: known, first: 'read', attempts: 2 };

  it('is held, and not sent again after a write that may have happened', async () => {
    const w = firstWrite(http(503), () => elsewhere);
    const execution = await w.run([known]);
    expect(execution.stop).toBeNull();
    expect(operations(w)).toEqual(['write', 'read']);
    expect(w.linesOf(1)).toEqual(['intent', 'held 1']);
    expect(w.outcomes().get(1)).toMatchObject({
      reason: 'drifted',
      retryable: false,
      profileAfter: OTHER,
      errorDetail: 'the number was changed since the plan was made',
    });
    expect(w.events.at(-1)?.event).toBe('row.held');
  });

  it('is held rather than given up, because the next run would send it', async () => {
    const w = firstWrite(http(503), () => elsewhere);
    await w.run([known], { max_attempts: 1 });
    expect(w.linesOf(1)).toEqual(['intent', 'held 1']);
  });

  it('is held and not sent if an earlier session has left it ambiguous, without an intent', async () => {
    const w = world(
      () => ok(),
      undefined,
      () => elsewhere,
    );
    await w.run([again]);
    expect(operations(w)).toEqual(['read']);
    expect(w.linesOf(1)).toEqual(['held 2']);
  });

  it('is sent with --force', async () => {
    const w = firstWrite(http(503), () => elsewhere);
    await w.run([known], { force: true });
    expect(w.linesOf(1)).toEqual(['intent', 'updated 2']);
    const resumed = world(
      () => ok(),
      undefined,
      () => elsewhere,
    );
    await resumed.run([again], { force: true });
    expect(operations(resumed)).toEqual(['read', 'write']);
    expect(resumed.linesOf(1)).toEqual(['intent', 'updated 3']);
  });

  it.each([
    ['if the plan does not know what it had', entry(1), elsewhere],
    ['if the read does not show what it has', known, ok({ product: 'P2P' })],
    ['if only a field has changed that the plan leaves as it is', known, ok({ profile: BEFORE, product: 'P2P' })],
    ['if it was changed back', known, ok({ profile: BEFORE, product: 'A2P' })],
  ])('is sent %s', async (_, one, read) => {
    const w = firstWrite(http(503), () => read);
    await w.run([one]);
    expect(operations(w)).toEqual(['write', 'read', 'write']);
    expect(w.linesOf(1)).toEqual(['intent', 'updated 2']);
  });

  it('is updated if it was changed to the target', async () => {
    const w = firstWrite(http(503), () => ok());
    await w.run([known]);
    expect(w.linesOf(1)).toEqual(['intent', 'updated 1']);
  });

  it('does not count for the guards', async () => {
    const w = world(
      () => ok(),
      undefined,
      () => elsewhere,
    );
    const tasks = rows(60, (row) => ({ ...again, entry: entry(row, planned) }));
    const execution = await w.run(tasks, { max_failures: { value: 0, percent: false }, max_same_error: 1 });
    expect(execution.stop).toBeNull();
    expect([...w.outcomes().values()].filter(({ status }) => status === 'held')).toHaveLength(60);
  });
});

describe('reading back', () => {
  it('counts in the rate', async () => {
    const w = world(toWrites((_row, before) => (before === 0 ? http(500) : ok())));
    const execution = await w.run(60, { rate: 20, concurrency: 1000 });
    expect(execution.requests).toMatchObject({ total: 180, writes: 120, reads: 60, retries: 60, rate_limited: 0 });
    const at = w.sent.map((one) => one.at);
    expect(mostInWindow(at, 1000)).toBe(20);
    expect((at.at(-1) as number) - (at[0] as number)).toBeGreaterThan(8900);
    expect(execution.rate.max_in_1s).toBe(20);
  });

  it('continues if the profile of the row is held meanwhile', async () => {
    // Row 1 may have been written; the others are refused for their profile.
    const w = world(toWrites((row) => (row === 1 ? landed(network('ETIMEDOUT', true)) : http(404, '10017'))));
    await w.run(40, { retry_base: 20_000, retry_max: 20_000, rate: 20 });
    expect(w.ledger.some(({ type }) => type === 'profile_held')).toBe(true);
    expect(operations(w)).toEqual(['write', 'read']);
    expect(w.outcomes().get(1)).toMatchObject({ status: 'updated', reason: 'confirmed_by_read' });
  });

  it('does not send a row that was only read before its profile was held', async () => {
    // Row 1 is read first, and writing its intent takes long.
    const w: World = world(
      toWrites(() => http(404, '10017')),
      async (line) => {
        if (line.type === 'intent' && line.row === 1) await w.clock.sleep(60_000).done;
      },
    );
    await w.run([task(1, { first: 'read', attempts: 1 }), ...rows(40, (row) => task(row + 1))]);
    expect(operations(w)).toEqual(['read']);
    expect(w.linesOf(1)).toEqual(['intent', 'put_back clear 1']);
  });

  it('waits for a 429 and a passing 401 without costing an attempt', async () => {
    const w = firstWrite(landed(http(503)), (before) =>
      before === 0 ? http(429, '', { retryAfter: '5' }) : before === 1 ? http(401, '10009') : null,
    );
    const execution = await w.run(1, { max_attempts: 1 });
    expect(execution.stop).toBeNull();
    expect(operations(w)).toEqual(['write', 'read', 'read', 'read']);
    expect(w.linesOf(1)).toEqual(['intent', 'updated 1']);
  });

  it('stops the run if the key is refused, and leaves the row ambiguous', async () => {
    const w = firstWrite(landed(http(503)), () => http(401, '10009'));
    expect((await w.run(1)).stop?.reason).toBe('key_refused');
    expect(w.linesOf(1)).toEqual(['intent', 'put_back ambiguous 1']);
  });
});

describe('the attempts of a row', () => {
  it.each([
    ['one good write', toWrites(() => ok()), 1],
    ['a write that was lost, read, and sent again', toWrites((_, n) => (n === 0 ? http(500) : ok())), 2],
    ['a write that was lost and has happened', toWrites(() => landed(http(500))), 1],
    ['three writes that were not accepted', toWrites((_, n) => (n < 3 ? http(425) : ok())), 4],
    ['one write after a 429', toWrites((_, n) => (n === 0 ? http(429, '', { retryAfter: '1' }) : ok())), 1],
  ])('are its writes: %s', async (_, answer, attempts) => {
    const w = world(answer, undefined, (_row, before) => (before === 0 ? http(503) : null));
    await w.run(1);
    expect(w.outcomes().get(1)).toMatchObject({ status: 'updated', attempts });
  });

  it('add to those of earlier sessions', async () => {
    const w = firstWrite(http(500));
    await w.run([task(1, { first: 'read', attempts: 3 })]);
    expect(operations(w)).toEqual(['read', 'write', 'read', 'write']);
    expect(w.linesOf(1)).toEqual(['intent', 'updated 5']);
  });

  it('are reported with the number of the request and its operation', async () => {
    const w = firstWrite(http(500), (before) => (before === 0 ? http(503) : null));
    await w.run(1);
    const failed = w.events.filter((one) => one.event === 'attempt.failed');
    expect(failed.map(({ operation, attempt, retryInMs }) => [operation, attempt, retryInMs !== null])).toEqual([
      ['write', 1, true],
      ['read', 2, true],
    ]);
  });
});
