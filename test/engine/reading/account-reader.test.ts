import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NumberKey } from '../../../src/core/account/snapshot.ts';
import type { Answer, ShownSettings } from '../../../src/core/api/response.ts';
import type { StopCause } from '../../../src/core/attempt/stop-reason.ts';
import { count } from '../../../src/core/text/text.ts';
import { Stopped, Unread } from '../../../src/engine/reading/account-query.ts';
import { accountWorld, byBoth, byId, byPhone, number, P1, P2, PAGE, upTo } from '../../support/engine/account-world.ts';
import { http, network } from '../../support/engine/fake-world.ts';

const MARKUP = { kind: 'unreadable', why: 'text/html, not this API', isMarkup: true } as const;
const HTML_404: Answer = { ...http(404), body: MARKUP };

const all = (last: number) => upTo(last, (n) => number(n));

describe('numbers are read', () => {
  it.each([
    ['one', upTo(1, byId), 1],
    ['two', upTo(2, byId), 2],
    ['all of 10,000', upTo(10_000, byId), 40],
    ['all of 10,000, with their phone numbers', upTo(10_000, byBoth), 40],
    ['50 of 10,000, by the shorter way', upTo(50, byId), 40],
    [
      '30 of 10,000, one by one after the first page and one of the profile that they may all have',
      upTo(30, (n) => byId(n + 5000)),
      32,
    ],
    ['500 of 10,000, with their phone numbers', upTo(500, byBoth), 2],
    ['500 of 10,000, by phone number alone', upTo(500, byPhone), 2],
    ['500 by phone number and two by id', [...upTo(500, byPhone), byId(9000), byId(9001)], 5],
  ])('%s', async (_what, rows, most) => {
    const world = accountWorld(all(10_000));
    const { account, reading } = await world.read(rows);
    expect(world.calls.length).toBeLessThanOrEqual(most);
    for (const named of rows) expect(account.stateOf(named).state).toBe('found');
    expect(reading.how).toContain(`in ${count(world.calls.length, 'request')} (`);
    expect(account.unreadCounts()).toEqual({ ids: 0, idsWithPhone: 0, phones: 0 });
  });

  it('from the list of the profile that most of them have already', async () => {
    const numbers = upTo(20_000, (n) => number(n, { profile: n <= 1000 ? P2 : P1 }));
    const world = accountWorld(numbers);
    const { account, reading } = await world.read([...upTo(995, byId), byId(15_000)], [P2]);
    expect(world.calls.length).toBeLessThanOrEqual(7);
    expect(reading.how).toContain(`from the list of profile ${P2} and by phone number or id`);
    expect(account.stateOf(byId(15_000)).state).toBe('found');
  });

  it('from the list of the profile that all of them leave, which the first few numbers show', async () => {
    const numbers = upTo(10_000, (n) => number(n, { profile: n > 5000 && n <= 5300 ? P2 : P1 }));
    const world = accountWorld(numbers);
    const { account, reading } = await world.read(
      upTo(300, (n) => byId(n + 5000)),
      ['another'],
    );
    // The whole list's first page, three numbers, a page of the target, and two of the profile.
    expect(world.calls.length).toBe(7);
    expect(reading.how).toContain(`from the list of profile ${P2}`);
    for (let n = 5001; n <= 5300; n++) expect(account.stateOf(byId(n)).state).toBe('found');
  });

  it('from the whole list if the profile turns out to have few of them', async () => {
    const world = accountWorld(all(5000));
    const { account } = await world.read(upTo(5000, byId), [P2]);
    expect(world.calls.length).toBe(20);
    expect(account.stateOf(byId(4999)).state).toBe('found');
  });

  it('whatever page size the API uses', async () => {
    const world = accountWorld(all(300), { pageSize: 20 });
    const { account } = await world.read(upTo(300, byId));
    for (let n = 1; n <= 300; n++) expect(account.stateOf(byId(n)).state).toBe('found');
  });
});

describe('a number that the account does not have', () => {
  it('is absent from a whole list that did not change, after a few of them were read', async () => {
    const world = accountWorld(all(1000));
    const missing = upTo(100, (n) => byId(5000 + n));
    const { account } = await world.read([...upTo(900, byId), ...missing, byPhone(6000)]);
    for (const named of [...missing, byPhone(6000)]) expect(account.stateOf(named).state).toBe('absent');
    expect(world.calls.filter((call) => !call.startsWith('page')).length).toBe(3);
  });

  it('is found by its id if the list claims to be shorter than it is', async () => {
    const world = accountWorld(all(400), {
      answer: (call) =>
        call === 'page 1'
          ? { ...http(200), body: { kind: 'numbers', page: { rows: all(250), total: 250, pages: 1 } } }
          : null,
    });
    const { account } = await world.read(upTo(400, byId));
    for (let n = 1; n <= 400; n++) expect(account.stateOf(byId(n)).state).toBe('found');
  });

  it.each([
    ['names another length than it has', { total: (rows: number) => rows + 1 }],
    ['changes while it is read', { meanwhile: (at: number, now: ShownSettings[]) => (at === 2 ? now.slice(1) : now) }],
  ])('is read by its id if the list %s', async (_what, how) => {
    const world = accountWorld(all(1000), how);
    const { account } = await world.read([...upTo(900, byId), byId(5000)]);
    expect(world.calls).toContain('number n5000');
    expect(account.stateOf(byId(5000)).state).toBe('absent');
  });

  it('is found by its id if the list of phone numbers does not show it', async () => {
    const world = accountWorld([number(1, { phoneNumber: '+18009999999' }), number(2)]);
    const { account } = await world.read([byBoth(1), byBoth(2), byBoth(3)]);
    const one = account.stateOf(byBoth(1));
    expect(one).toMatchObject({ state: 'found', shown: { phoneNumber: '+18009999999' } });
    expect(account.stateOf(byBoth(3)).state).toBe('absent');
  });
});

describe('a list that changes while it is read', () => {
  // A number that is added and one that is removed between the same two pages leave the length of the list as it was.
  it('makes no number absent that was there all the time, whichever are added or removed', async () => {
    const change = fc.record({
      after: fc.integer({ min: 1, max: 12 }),
      n: fc.integer({ min: 1, max: 3000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 30 }),
        fc.boolean(),
        fc.boolean(),
        async (changes, sorted, comes) => {
          const world = accountWorld(all(2000), {
            sorted,
            meanwhile: (answered, now) => {
              let numbers = now;
              for (const { n } of changes.filter((one) => one.after === answered)) {
                const there = numbers.some((one) => one.id === `n${n}`);
                if (comes && !there) numbers = [number(n), ...numbers];
                if (!comes && there) numbers = numbers.filter((one) => one.id !== `n${n}`);
              }
              return numbers;
            },
          });
          const { account } = await world.read(upTo(2000, byId));
          const touched = new Set(changes.map(({ n }) => n));
          for (let n = 1; n <= 2000; n++) {
            const { state } = account.stateOf(byId(n));
            if (!touched.has(n)) expect(state).toBe('found');
            else expect(['found', 'absent']).toContain(state);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('loses no number if numbers leave the profile meanwhile', async () => {
    const numbers = upTo(20_000, (n) => number(n, { profile: n <= 2000 ? P2 : P1 }));
    const world = accountWorld(numbers, {
      meanwhile: (answered, now) =>
        answered >= 3 && answered <= 6
          ? now.map((one, at) => (at < answered * 40 ? { ...one, profile: P1 } : one))
          : now,
    });
    const { account } = await world.read(upTo(2000, byId), [P2]);
    for (let n = 1; n <= 2000; n++) expect(account.stateOf(byId(n)).state).toBe('found');
  });
});

describe('a list that never ends', () => {
  const page = (rows: ShownSettings[], total: number): Answer => ({
    ...http(200),
    body: { kind: 'numbers', page: { rows, total, pages: 1_000_000_000 } },
  });
  const first = upTo(PAGE, (n) => number(n));
  const isList = (call: string) => !call.startsWith('number');

  it.each<[string, (call: string) => ShownSettings[], number]>([
    ['because it repeats its first page', () => first, 1e9],
    ['because its other pages are empty', (call) => (call === 'page 1' ? first : []), 1e9],
    ['because all of its pages are empty', () => [], 1e9],
    ['although it names its length', () => first, PAGE],
    [
      'because it repeats its second page',
      (call) => (call === 'page 1' ? first : upTo(PAGE, (n) => number(n + PAGE))),
      1e9,
    ],
  ])('is not read on %s', async (_, rowsOf, total) => {
    for (const named of [upTo(600, byId), upTo(600, byBoth), upTo(600, byPhone)]) {
      const world = accountWorld(all(600), {
        answer: (call) => (isList(call) ? page(rowsOf(call), total) : null),
      });
      const { account } = await world.read(named);
      expect(world.calls.filter(isList).length).toBeLessThan(400);
      if (named[0]?.id !== '') for (const one of named) expect(account.stateOf(one).state).toBe('found');
    }
  });

  it.each<[string, (n: number) => ShownSettings[]]>([
    ['repeats', (n) => upTo(PAGE, (row) => number(n === 3 ? row : row + (n - 1) * PAGE))],
    ['is empty', (n) => (n === 3 ? [] : upTo(PAGE, (row) => number(row + (n - 1) * PAGE)))],
  ])('is left at a page that %s, and what it has not shown is read by name', async (_, rowsOf) => {
    const world = accountWorld(all(2000), {
      answer: (call) => {
        const n = Number(/^page ([0-9]+)$/.exec(call)?.[1] ?? 0);
        return n === 0
          ? null
          : { ...http(200), body: { kind: 'numbers', page: { rows: rowsOf(n), total: 2000, pages: 8 } } };
      },
    });
    const { account } = await world.read(upTo(1500, byId));
    for (const named of upTo(1500, byId)) expect(account.stateOf(named).state).toBe('found');
  });
});

describe('an API with errors', () => {
  it('is asked again, and one 429 pauses all reads', async () => {
    const world = accountWorld(all(1000), {
      answer: (call, times) => {
        if (call === 'page 2' && times < 3) return times === 1 ? network('ECONNRESET', true) : http(503);
        if (call === 'page 3' && times === 0) return http(429, '10011', { retryAfter: '30' });
        return null;
      },
    });
    const { account } = await world.read(upTo(1000, byId));
    expect(account.stateOf(byId(400)).state).toBe('found');
    expect(world.clock.now()).toBeGreaterThan(30_000);
    expect(world.events.filter(({ event }) => event === 'read.failed').length).toBe(4);
  });

  it('that never answers is unread: the message names the request and the answer', async () => {
    const world = accountWorld(all(1000), { answer: (call) => (call === 'page 2' ? http(503, '10037') : null) });
    const failure = await world.read(upTo(1000, byId)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Unread);
    expect((failure as Unread).message).toContain('page 2 of the list of numbers: HTTP 503 10037');
  });

  it('that refuses one number makes only this one unreadable', async () => {
    const world = accountWorld(all(5), { answer: (call) => (call === 'number n2' ? http(422, '10027') : null) });
    const { account } = await world.read([byId(1), byId(2)]);
    expect(account.stateOf(byId(1)).state).toBe('found');
    expect(account.stateOf(byId(2))).toMatchObject({
      state: 'unreadable',
      why: expect.stringContaining('HTTP 422 10027'),
    });
  });

  it.each([404, 405])('that answers %d to lists is read one by one', async (status) => {
    const world = accountWorld(all(20), { answer: (call) => (call.startsWith('number') ? null : http(status)) });
    const { account, reading } = await world.read(upTo(20, byId));
    expect(reading.how).toContain('one by one, because the API has no list of numbers');
    for (let n = 1; n <= 20; n++) expect(account.stateOf(byId(n)).state).toBe('found');
    const failure = await accountWorld(all(20), { answer: () => http(status) })
      .read([byPhone(1)])
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Stopped);
  });

  it.each<[string, NumberKey[], number, string]>([
    ['ids', upTo(600, byId), 25, 'the first 20 numbers'],
    ['ids with phone numbers', upTo(2000, byBoth), 25, 'the first 20 numbers'],
    ['a few ids', upTo(3, byId), 25, 'the list of numbers and to 3 numbers'],
    ['one id, which needs no list', upTo(1, byId), 2, 'the list of numbers and to 1 number'],
    ['phone numbers', upTo(2000, byPhone), 1, 'the list of numbers'],
  ])('that answers 404 to everything is given up soon: %s', async (_, named, most, what) => {
    for (const answer of [http(404, '10005'), http(404), HTML_404, http(405)] as Extract<Answer, { kind: 'http' }>[]) {
      const world = accountWorld([], { answer: () => answer });
      const failure = await world.read(named).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Stopped);
      expect(world.calls.length).toBeLessThanOrEqual(most);
      const { reason, detail } = world.stop.asked() as StopCause;
      expect(reason).toBe('not_this_api');
      expect(detail).toContain(`HTTP ${answer.status} to ${what}, from https://api.example.com/v2. Check --base-url`);
    }
  });

  it('that finds some numbers is read to its end, whatever else is 404', async () => {
    const world = accountWorld(all(1), { answer: (call) => (call.startsWith('number') ? null : http(404)) });
    const { account } = await world.read(upTo(100, byId));
    expect(account.stateOf(byId(100)).state).toBe('absent');
    expect(world.calls.length).toBe(101);
  });

  it.each<[string, Answer]>([
    ['a certificate', network('CERT_HAS_EXPIRED', false)],
    ['a proxy', { ...network('ERR_PROXY_407', false), proxy: true } as Answer],
    ['a status of a proxy', http(407)],
    ['a login page', { ...http(200), body: MARKUP }],
    ['a firewall', { ...http(403), body: MARKUP }],
  ])('ends at once because of %s, at any time', async (_, answer) => {
    for (const at of ['page 1', 'page 3']) {
      const world = accountWorld(all(2000), { answer: (call) => (call === at ? answer : null) });
      const failure = await world.read(upTo(2000, byId)).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Stopped);
      expect(world.calls.filter((call) => call === at).length).toBe(1);
      expect(world.clock.now()).toBeLessThan(2000);
    }
  });

  it.each(['ENOTFOUND', 'ECONNREFUSED', 'EPROTO'])(
    'ends after three tries because of %s, if it never answered',
    async (code) => {
      const world = accountWorld(all(2000), { answer: () => network(code, false) });
      const failure = await world.read(upTo(2000, byId)).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Stopped);
      expect(world.calls.length).toBe(3);
      expect(world.clock.now()).toBeLessThan(5000);
      expect(world.stop.asked()?.reason).toBe('unreachable');
    },
  );

  it.each(['ENOTFOUND', 'ECONNREFUSED'])('is waited for after it has answered: %s', async (code) => {
    const world = accountWorld(all(2000), {
      answer: (call, times) => (call === 'page 3' && times < 30 ? network(code, false) : null),
    });
    const { account } = await world.read(upTo(2000, byId));
    expect(account.stateOf(byId(700)).state).toBe('found');
  });

  it('that refuses the key stops the run', async () => {
    const world = accountWorld(all(1000), { answer: () => http(401, '10009') });
    const failure = await world.read(upTo(1000, byId)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Stopped);
    expect(world.stop.asked()?.reason).toBe('key_refused');
    expect(world.calls.length).toBeLessThanOrEqual(2);
  });

  it('is not asked any more after a stop', async () => {
    const world = accountWorld(all(PAGE * 40), {
      answer: (call) => {
        if (call === 'page 5') world.stop.ask('signal', 'SIGTERM');
        return null;
      },
    });
    const failure = await world.read(upTo(PAGE * 40, byId)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Stopped);
    expect(world.calls.length).toBeLessThan(20);
  });
});
