import { describe, expect, it } from 'vitest';
import type { NumbersQuery } from '../../../src/core/account/read-strategy.ts';
import type { Answer } from '../../../src/core/api/response.ts';
import { createNumberReader, type NumberReader } from '../../../src/engine/bulk/read-numbers.ts';
import { createAccountQuery, Stopped, Unread } from '../../../src/engine/reading/account-query.ts';
import { createControl, createPipeline } from '../../../src/engine/sending/pipeline.ts';
import { accountWorld, byBoth, number, P1, P2, upTo } from '../../support/engine/account-world.ts';
import { http, settings } from '../../support/engine/fake-world.ts';

type Changes = Parameters<typeof accountWorld>[1] & { mayReadBack?: () => boolean };

/** An account with these numbers, and a reader of it at 50 requests a second. */
function world(numbers = upTo(2000, (n) => number(n)), { mayReadBack, ...how }: Changes = {}) {
  const { clock, stop, calls, ports } = accountWorld(numbers, how);
  const limits = settings({ rate: 50, outage_patience: 20_000 });
  const seen = { clock, onEvent: () => undefined };
  const control = createControl(limits);
  const pipeline = createPipeline({ ports: seen, limits, control, stop, othersAtWork: () => false });
  const query = createAccountQuery(pipeline, seen.onEvent, mayReadBack);
  const queries: NumbersQuery[] = [];
  const reader: NumberReader = createNumberReader({
    query,
    ports: {
      ...ports,
      listNumbers(asked, onSent) {
        queries.push(asked);
        return ports.listNumbers(asked, onSent);
      },
    },
    concurrency: 4,
  });
  const { until } = clock;
  return {
    stop,
    calls,
    queries,
    pipeline,
    read: (...given: Parameters<typeof reader.read>) => until(reader.read(...given)),
    readById: (...given: Parameters<typeof reader.readById>) => until(reader.readById(...given)),
    countOn: (profile: string) => until(reader.countOn(profile)),
    numbersOn: (profile: string, maxPages = 20) => until(reader.numbersOn(profile, maxPages)),
  };
}

const phonesIn = (call: string) => (call.startsWith('phones ') ? Number(call.slice(7)) : 0);
const refuseOver =
  (most: number, status = 414) =>
  (call: string) =>
    phonesIn(call) > most ? http(status) : null;

describe('the numbers of an order', () => {
  it('are read in lists of 250, and nothing else', async () => {
    const given = world();
    const { stateOf } = await given.read(upTo(1000, byBoth));
    expect(given.calls).toEqual(['phones 250', 'phones 250', 'phones 250', 'phones 250']);
    expect(stateOf(byBoth(1000))).toEqual({ state: 'found', id: 'n1000', shown: number(1000) });
    expect(given.queries.every(({ whole }) => whole === undefined)).toBe(true);
  });

  it('are read whole if that is wanted', async () => {
    const given = world();
    await given.read(upTo(10, byBoth), { whole: true });
    expect(given.queries.map(({ whole }) => whole)).toEqual([true]);
  });

  it.each([400, 413, 414, 422, 431])('are read in the lists that the server takes from then on: %i', async (status) => {
    const given = world(undefined, { answer: refuseOver(70, status) });
    await given.read([byBoth(1)]);
    await given.read(upTo(250, byBoth));
    given.calls.length = 0;
    const { stateOf } = await given.read(upTo(250, byBoth));
    expect(given.calls.map(phonesIn)).toEqual([63, 63, 63, 61]);
    expect(stateOf(byBoth(250)).state).toBe('found');
  });

  it('are read in the lists that the server does not cut from then on', async () => {
    const given = world(undefined, { cut: (phoneNumbers) => phoneNumbers.slice(0, 100) });
    const first = await given.read(upTo(500, byBoth));
    expect(upTo(500, (n) => first.stateOf(byBoth(n)).state).every((state) => state === 'found')).toBe(true);
    given.calls.length = 0;
    await given.read(upTo(500, byBoth));
    expect(given.calls.map(phonesIn)).toEqual([100, 100, 100, 100, 100]);
  });

  it.each([400, 414, 422])('cannot be read if the server takes no list, not even of one: %i', async (status) => {
    const given = world(undefined, { answer: refuseOver(0, status) });
    for (const rows of [[byBoth(1)], upTo(300, byBoth)]) {
      const error = await given.read(rows).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Unread);
      expect((error as Unread).refusedStatus).toBe(status);
    }
    expect(given.calls.length).toBeLessThan(20);
    // A server that took lists before.
    let isRefusing = false;
    const changed = world(undefined, { answer: (call) => (isRefusing ? refuseOver(0, status)(call) : null) });
    await changed.read(upTo(300, byBoth));
    isRefusing = true;
    changed.calls.length = 0;
    await expect(changed.read(upTo(300, byBoth))).rejects.toThrow(Unread);
    expect(changed.calls.length).toBeLessThan(20);
  });

  it('cannot be read if the server lists all numbers instead, which would be read to its end for each order', async () => {
    const given = world(undefined, { cut: () => upTo(2000, (n) => number(n).phoneNumber as string) });
    for (const rows of [[byBoth(1)], upTo(300, byBoth)]) {
      await expect(given.read(rows)).rejects.toThrow('the API does not filter the list of numbers by phone number');
    }
    expect(given.calls.length).toBeLessThan(4);
  });

  it('cannot be read while the server is down, or has no list', async () => {
    await expect(world(undefined, { answer: () => http(503) }).read([byBoth(1)])).rejects.toThrow(Unread);
    await expect(world(undefined, { answer: () => http(404) }).read([byBoth(1)])).rejects.toThrow(Unread);
  });

  it('are read by id if a list does not show a few of them', async () => {
    const given = world(undefined, { answer: (call) => (call === 'number n2002' ? http(422, '10027') : null) });
    const { stateOf } = await given.read([...upTo(20, byBoth), byBoth(2001), byBoth(2002)]);
    expect([stateOf(byBoth(20)), stateOf(byBoth(2001)), stateOf(byBoth(2002))]).toMatchObject([
      { state: 'found' },
      { state: 'absent' },
      { state: 'unreadable', why: 'HTTP 422 10027 title 10027' },
    ]);
    expect(given.calls).toEqual(['phones 22', 'number n2001', 'number n2002']);
  });

  it('stay unread if lists do not show many of them', async () => {
    const given = world(undefined, { cut: () => [] });
    const { stateOf } = await given.read(upTo(100, byBoth));
    expect(upTo(100, (n) => stateOf(byBoth(n)).state).every((state) => state === 'unread')).toBe(true);
    expect(given.calls.filter((call) => call.startsWith('number'))).toEqual([]);
  });

  it('show another id or phone number than the rows name', async () => {
    const numbers = [
      number(1, { id: 'other' }),
      number(2, { phoneNumber: '+12125550100' }),
      number(3),
      number(3, { id: 'older' }),
    ];
    const given = world(numbers);
    const { stateOf } = await given.read(upTo(3, byBoth));
    expect(upTo(3, (n) => stateOf(byBoth(n)))).toMatchObject([
      { state: 'found', id: 'other' },
      { state: 'found', id: 'n2', shown: { phoneNumber: '+12125550100' } },
      { state: 'found', id: 'n3' },
    ]);
    expect(stateOf(byBoth(4))).toEqual({ state: 'unread' });
  });

  it('are read one by one if lists may lag', async () => {
    const given = world();
    const { stateOf } = await given.readById([byBoth(1), byBoth(2001)]);
    expect([stateOf(byBoth(1)).state, stateOf(byBoth(2001)).state]).toEqual(['found', 'absent']);
    expect(given.calls).toEqual(['number n1', 'number n2001']);
  });

  it('are read after a stop only if they may be', async () => {
    let isAtWork = true;
    const given = world(undefined, { mayReadBack: () => isAtWork });
    given.stop.ask('finish_by', '');
    expect((await given.read(upTo(300, byBoth))).stateOf(byBoth(300)).state).toBe('found');
    isAtWork = false;
    await expect(given.read([byBoth(1)])).rejects.toThrow(Stopped);
    await expect(given.countOn(P1)).rejects.toThrow(Stopped);
  });
});

describe('the numbers on a profile', () => {
  const numbers = [...upTo(600, (n) => number(n)), ...upTo(3, (n) => number(1000 + n, { profile: P2 }))];

  it('are counted in one request', async () => {
    const given = world(numbers);
    expect([await given.countOn(P1), await given.countOn(P2)]).toEqual([600, 3]);
    expect(await given.countOn('00000000-0000-4000-8000-000000000009')).toBe(0);
    expect(given.calls).toHaveLength(3);
  });

  it.each<[string, Parameters<typeof accountWorld>[1]]>([
    ['does not say how long it is', { isUncounted: true }],
    ['is refused', { answer: () => http(422) }],
    ['is not there', { answer: () => http(404) }],
    ['is an answer of another kind', { answer: () => orderLike() }],
    ['is not answered', { answer: () => http(503) }],
  ])('are not counted if the list %s', async (_, how) => {
    expect(await world(numbers, how).countOn(P1)).toBeNull();
  });

  it('are not counted if the server lists others too', async () => {
    const mixed = [number(1), number(2, { profile: P2 }), ...upTo(500, (n) => number(100 + n))];
    const given = accountWorld(mixed);
    const whole = given.ports.listNumbers({ page: 1 }, () => undefined);
    const shown = await given.clock.until(whole);
    expect(await world(mixed, { answer: () => shown }).countOn(P1)).toBeNull();
  });

  it('are listed with the time of their last change, if they are few', async () => {
    const changed = numbers.map((one, at) => (at === 0 ? { ...one, updatedAt: '2026-01-01T00:00:00Z' } : one));
    const given = world(changed);
    const found = await given.numbersOn(P1);
    expect(found).toHaveLength(600);
    expect(found?.slice(0, 2)).toEqual([
      { id: 'n1', phoneNumber: number(1).phoneNumber, updatedAt: '2026-01-01T00:00:00Z' },
      { id: 'n2', phoneNumber: number(2).phoneNumber, updatedAt: '' },
    ]);
    expect(given.queries.map(({ page, whole }) => [page, whole])).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ]);
    expect(await given.numbersOn(P1, 2)).toBeNull();
    expect(given.calls).toHaveLength(4);
    expect(await world(numbers, { answer: () => http(422) }).numbersOn(P1)).toBeNull();
  });
});

function orderLike(): Answer {
  return { ...http(200), body: { kind: 'profiles', page: { rows: [], total: 0, pages: 0 } } };
}
