import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import { Unread } from '../../../src/engine/reading/account-query.ts';
import { accountWorld, byBoth, byId, byPhone, number, upTo } from '../../support/engine/account-world.ts';
import { http } from '../../support/engine/fake-world.ts';

const all = (last: number) => upTo(last, (n) => number(n));
const statesOf = ({ account }: Awaited<ReturnType<ReturnType<typeof accountWorld>['read']>>, last: number) =>
  upTo(last, (n) => account.stateOf(byPhone(n)).state);
const phonesIn = (call: string) => (call.startsWith('phones ') ? Number(call.slice(7)) : 0);
/** Refuses a list of more phone numbers than this. */
const refuseOver =
  (most: number, status = 422) =>
  (call: string) =>
    phonesIn(call) > most ? http(status) : null;

describe('a list of phone numbers that the server refuses', () => {
  it.each([400, 413, 414, 422, 431])('with %i is halved until it is accepted', async (status) => {
    const world = accountWorld(all(5000), { answer: refuseOver(100, status) });
    const read = await world.read(upTo(1000, byPhone));
    expect(statesOf(read, 1000).every((state) => state === 'found')).toBe(true);
    // The first batch shows the limit, and the others keep to it.
    expect(world.calls.filter((call) => phonesIn(call) > 100)).toHaveLength(3);
    expect(world.calls.length).toBeLessThan(30);
  });

  it('is halved down to one', async () => {
    const world = accountWorld(all(5000), { answer: refuseOver(1) });
    expect(statesOf(await world.read(upTo(300, byPhone)), 300).every((state) => state === 'found')).toBe(true);
  });

  it('because of one of them loses none of the others, and the length stays', async () => {
    const world = accountWorld(all(5000));
    const bad = number(7).phoneNumber as string;
    const { listNumbers } = world.ports;
    world.ports.listNumbers = (query, onSent) =>
      query.phoneNumbers?.includes(bad)
        ? Promise.resolve(http(400)).then((answer: Answer) => {
            onSent();
            return answer;
          })
        : listNumbers(query, onSent);
    const read = await world.read(upTo(1000, byPhone));
    const states = statesOf(read, 1000);
    expect(states.filter((state) => state !== 'found')).toEqual(['absent']);
    expect(states[6]).toBe('absent');
    expect(world.calls).toContain('phones 250');
  });

  it.each([
    ['named by phone number, from the whole list', upTo(300, byPhone), 'from the whole list'],
    ['named by id too, from the whole list', upTo(300, byBoth), 'from the whole list'],
    ['few of them, one by one', upTo(3, byPhone), 'one by one'],
  ])('even alone leads to other ways: %s', async (_what, rows, how) => {
    const world = accountWorld(all(5000), { owners: true, answer: refuseOver(0) });
    const { account, reading } = await world.read(rows);
    expect(rows.every((named) => account.stateOf(named).state === 'found')).toBe(true);
    expect(reading.how).toContain(`(${how}, because the API takes no list of phone numbers)`);
    expect(world.calls.filter((call) => phonesIn(call) > 0).length).toBeLessThan(13);
  });

  it.each([
    ['is missing', false],
    ['says nothing of some', 0],
  ])('even alone leads to the whole list if the endpoint for owners %s', async (_what, owners) => {
    const world = accountWorld(all(5000), { owners, answer: refuseOver(0) });
    const read = await world.read([...upTo(2, byPhone), byId(9), byPhone(6000)]);
    expect(statesOf(read, 2)).toEqual(['found', 'found']);
    expect(read.account.stateOf(byPhone(6000)).state).toBe('absent');
    expect(read.reading.how).toContain('from the whole list');
  });

  it('even alone ends the reading if the whole list is not complete either', async () => {
    const world = accountWorld(all(5000), { answer: refuseOver(0), total: (rows) => rows + 1 });
    await expect(world.read([byPhone(6000)])).rejects.toThrow(Unread);
    const { account } = await world.read(upTo(20, byBoth));
    expect(account.stateOf(byBoth(20)).state).toBe('found');
  });

  it('knows a number by its owner only if it can be read', async () => {
    const world = accountWorld(all(5000), {
      owners: true,
      answer: (call) =>
        call === 'number n1002' ? http(422, '10027') : call === 'number n1003' ? http(404) : refuseOver(0)(call),
    });
    const rows = [byPhone(1001), byPhone(1002), byPhone(1003), byPhone(9000)];
    const { account } = await world.read(rows);
    expect(rows.map((named) => account.stateOf(named))).toMatchObject([
      { state: 'found', id: 'n1001' },
      { state: 'unreadable', why: 'HTTP 422 10027 title 10027' },
      { state: 'absent' },
      { state: 'absent' },
    ]);
  });
});

describe('lists that do not say how long they are', () => {
  it.each([
    ['by id', byId],
    ['by phone number', byPhone],
    ['by both', byBoth],
  ])('lose none: rows %s', async (_how, named) => {
    const world = accountWorld(all(300), { isUncounted: true, cut: (list) => list.slice(0, 40) });
    const { account, reading } = await world.read(upTo(301, named));
    const states = upTo(301, (n) => account.stateOf(named(n)).state);
    expect(states.filter((state) => state !== 'found')).toEqual(['absent']);
    expect(reading.total).toBeNull();
  });

  it('and that cannot be filtered are not taken for the whole account', async () => {
    const world = accountWorld(all(300), { isUncounted: true, owners: true, answer: refuseOver(0) });
    const { account, reading } = await world.read(upTo(300, byPhone));
    expect(upTo(300, (n) => account.stateOf(byPhone(n)).state).every((state) => state === 'found')).toBe(true);
    expect(reading.total).toBeNull();
  });
});

describe('a list of phone numbers that the server cuts silently', () => {
  it.each([1, 7, 24, 25, 26, 100, 249])('after %i loses none', async (most) => {
    const world = accountWorld(all(2000), { cut: (phoneNumbers) => phoneNumbers.slice(0, most) });
    const strangers = upTo(10, (n) => byPhone(5000 + n));
    const rows = [...strangers, ...upTo(500, byPhone), byPhone(5000), byPhone(5001)];
    const read = await world.read(rows);
    expect(strangers.every((named) => read.account.stateOf(named).state === 'absent')).toBe(true);
    expect(statesOf(read, 500).every((state) => state === 'found')).toBe(true);
    expect([5000, 5001].map((n) => read.account.stateOf(byPhone(n)).state)).toEqual(['absent', 'absent']);
  });

  it('loses none, whatever it leaves out and whether the endpoint for owners exists', async () => {
    const cut = fc.record({
      first: fc.nat(40),
      every: fc.integer({ min: 2, max: 50 }),
      owners: fc.constantFrom(true, false, 1, 20),
    });
    await fc.assert(
      fc.asyncProperty(cut, async ({ first, every, owners }) => {
        const world = accountWorld(all(2000), {
          owners,
          // Cut, and with gaps if it is long.
          cut: (list) => list.slice(0, first + 1).filter((_, at) => list.length < 10 || at % every !== 1),
        });
        const read = await world.read([...upTo(300, byPhone), byPhone(7777)]);
        expect(statesOf(read, 300).every((state) => state === 'found')).toBe(true);
        expect(read.account.stateOf(byPhone(7777)).state).toBe('absent');
      }),
      { numRuns: 30 },
    );
  });

  it.each([2, 5, 30])('because it takes %i phone numbers for no number loses none', async (least) => {
    const world = accountWorld(all(2000), { cut: (list) => (list.length >= least ? [] : list) });
    const read = await world.read([byPhone(5000), ...upTo(60, byPhone)]);
    expect(read.account.stateOf(byPhone(5000)).state).toBe('absent');
    expect(statesOf(read, 60).every((state) => state === 'found')).toBe(true);
  });

  it('of rows with ids too is not read id by id', async () => {
    const world = accountWorld(all(2000), { cut: (phoneNumbers) => phoneNumbers.slice(0, 50) });
    const { account } = await world.read(upTo(500, byBoth));
    expect(upTo(500, (n) => account.stateOf(byBoth(n)).state).every((state) => state === 'found')).toBe(true);
    expect(world.calls.some((call) => call.startsWith('number'))).toBe(false);
    expect(world.calls.length).toBeLessThan(25);
  });
});

describe('phone numbers that the account does not have', () => {
  const strangers = (from: number, to: number) => upTo(to - from + 1, (n) => byPhone(from + n - 1));

  it('are requested once more, in small batches, without the endpoint for owners', async () => {
    const world = accountWorld(all(5000));
    const read = await world.read([...upTo(100, byPhone), ...strangers(6001, 6100)]);
    expect(strangers(6001, 6100).every((named) => read.account.stateOf(named).state === 'absent')).toBe(true);
    const lists = world.calls.filter((call) => phonesIn(call) > 0);
    expect(lists).toEqual(['phones 200', ...Array.from({ length: 4 }, () => 'phones 25')]);
  });

  it('cost few requests if none of the file is there', async () => {
    const world = accountWorld(all(250 * 100));
    const rows = strangers(30_001, 32_000);
    const { account } = await world.read(rows);
    expect(rows.every((named) => account.stateOf(named).state === 'absent')).toBe(true);
    expect(world.calls.length).toBeLessThan(8 + 80 + 130);
  });

  it('are known from one request of the endpoint for owners if they are many', async () => {
    const world = accountWorld(all(5000), { owners: true });
    const read = await world.read([...upTo(100, byPhone), ...strangers(6001, 6100)]);
    expect(strangers(6001, 6100).every((named) => read.account.stateOf(named).state === 'absent')).toBe(true);
    expect(world.calls.filter((call) => /phones|owners/.test(call))).toEqual(['phones 200', 'owners 100']);
  });

  it.each([404, 405, 429, 500, 501, 503])(
    'are looked up without the endpoint for owners if it answers %i',
    async (status) => {
      const world = accountWorld(all(5000), {
        owners: true,
        answer: (call, times) => (call.startsWith('owners') && times < 1 ? http(status) : null),
      });
      const read = await world.read([...upTo(100, byPhone), ...strangers(6001, 6100)]);
      expect(strangers(6001, 6100).every((named) => read.account.stateOf(named).state === 'absent')).toBe(true);
      expect(statesOf(read, 100).every((state) => state === 'found')).toBe(true);
      const isAskedAgain = world.calls.filter((call) => call.startsWith('owners')).length > 1;
      expect(isAskedAgain).toBe(status === 429);
    },
  );

  it.each([200, 403])(
    'are looked up without the endpoint for owners if a firewall answers it with %i',
    async (status) => {
      const body = { kind: 'unreadable', why: 'text/html, not this API', isMarkup: true } as const;
      const world = accountWorld(all(5000), {
        owners: true,
        answer: (call) => (call.startsWith('owners') ? { ...http(status), body } : null),
      });
      const read = await world.read([...upTo(100, byPhone), ...strangers(6001, 6100)]);
      expect(strangers(6001, 6100).every((named) => read.account.stateOf(named).state === 'absent')).toBe(true);
      expect(statesOf(read, 100).every((state) => state === 'found')).toBe(true);
    },
  );

  it('but that the endpoint for owners knows are read by the id that it shows', async () => {
    const world = accountWorld(all(5000), { owners: true, cut: () => [] });
    const read = await world.read(upTo(30, byPhone));
    expect(statesOf(read, 30).every((state) => state === 'found')).toBe(true);
    expect(world.calls).toContain('number n30');
  });
});
