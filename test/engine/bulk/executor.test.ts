import { describe, expect, it } from 'vitest';
import { estimateOrders } from '../../../src/core/bulk/estimate.ts';
import { UNASSIGN } from '../../../src/core/input/target.ts';
import { bulkEntry, bulkWorld, ELSEWHERE, phoneOf, TO } from '../../support/engine/bulk-world.ts';
import { http, rows } from '../../support/engine/fake-world.ts';

describe('orders', () => {
  it('grow, are read back, and give every row its outcome', async () => {
    const world = bulkWorld(3000);
    const ended = await world.run();
    expect(ended.stop).toBeNull();
    expect(world.orders()).toEqual([
      ...['1: 1 done', '2: 10 done', '3: 50 done', '4: 100 done', '5: 250 done', '6: 500 done'],
      ...['7: 1000 done', '8: 1000 done', '9: 89 done'],
    ]);
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 3000 });
    expect(world.left()).toEqual([]);
    expect(ended.requests).toMatchObject({ orders: 9, writes: 9 });
  });

  it('take a sixtieth of the requests of PATCH', async () => {
    const world = bulkWorld(25_000);
    const { requests } = await world.run();
    const accountRead = 100;
    expect(requests.total + accountRead).toBeLessThanOrEqual(25_000 / 60);
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 25_000 });
  });

  it('have their intent in the ledger before they are posted, and everything else after it', async () => {
    const world = bulkWorld(20);
    await world.run();
    expect(world.ledger.slice(0, 5).map(({ type }) => type)).toEqual([
      'order_intent',
      'order_placed',
      'session_seen',
      'outcome',
      'order_ended',
    ]);
    expect(world.ledger[0]).toMatchObject({ order: 1, profile: TO, rows: [1], on_profile: 0 });
    expect(world.ledger[1]).toMatchObject({ order: 1, order_id: 'order-1', success: 1, pending: 0, failed: 0 });
    expect(world.ledger[3]).toMatchObject({ row: 1, requestId: 'order-1', attempts: 1, profileAfter: TO });
    expect(world.ledger[2]).toMatchObject({ type: 'session_seen', requests: { orders: 1 } });
  });

  it('begin with canaries for each profile, and share the size that was reached', async () => {
    const targets = [TO, ELSEWHERE];
    const world = bulkWorld(0, {
      entries: rows(400, (row) => bulkEntry(row, { profileTarget: targets[row <= 200 ? 0 : 1] as string })),
    });
    await world.run();
    expect(world.placed.map(({ phones }, at) => [world.profiles[at] === TO ? 'a' : 'b', phones.length])).toEqual([
      ...[
        ['a', 1],
        ['a', 10],
        ['a', 50],
        ['a', 100],
      ],
      ...[
        ['b', 1],
        ['b', 10],
      ],
      ...[
        ['a', 39],
        ['b', 189],
      ],
    ]);
  });

  it('are not worth it for a few rows to a profile', async () => {
    const few = bulkWorld(19);
    await few.run();
    expect(few.sent).toMatchObject({ orders: 0, lists: 0, counts: 0 });
    expect(few.left()).toHaveLength(19);
  });

  it.each([
    ['sets a product', { productTarget: 'P2P' }],
    ['unassigns', { profileTarget: UNASSIGN }],
    ['has no phone number', { phoneNumber: '' }],
    ['was planned without the account', { profileBefore: '' }],
    ['was at its target', { action: 'unchanged' as const }],
  ])('leave a row to PATCH that %s', async (_, more) => {
    const world = bulkWorld(0, { entries: rows(40, (row) => bulkEntry(row, row === 3 ? more : {})) });
    await world.run();
    expect(world.left()).toEqual([3]);
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 39 });
  });

  it('leave a row to PATCH that drifted and is sent all the same, or names the phone number of another row', async () => {
    const twin = bulkEntry(5, { phoneNumber: phoneOf(6) });
    const world = bulkWorld(0, { entries: rows(40, (row) => (row === 5 ? twin : bulkEntry(row))) });
    await world.run({ overwritten: new Set([9]) });
    expect(world.left()).toEqual([5, 9]);
  });

  it('leave the rows of a profile to PATCH that an operator holds', async () => {
    const world = bulkWorld(60);
    world.steering.hold(TO, { by: 'me', at: '' });
    await world.run();
    expect(world.sent.orders).toBe(0);
    const later = bulkWorld(200, {
      place({ n, phones, move }) {
        move(phones);
        if (n === 2) later.steering.hold(TO, { by: 'me', at: '' });
        return { success: phones };
      },
    });
    await later.run();
    expect(later.orders()).toEqual(['1: 1 done', '2: 10 done']);
    expect(later.left()).toHaveLength(189);
  });

  it('are not posted if an operator holds their profile while they are prepared', async () => {
    const read = bulkWorld(200, {
      list({ phoneNumbers = [] }) {
        if (phoneNumbers.length === 50) read.steering.hold(TO, { by: 'me', at: '' });
        return null;
      },
    });
    await read.run();
    expect(read.orders()).toEqual(['1: 1 done', '2: 10 done']);
    expect(read.left()).toHaveLength(189);
    const waits = bulkWorld(200);
    waits.onRecord = (line) => {
      if (line.type === 'order_intent' && line.order === 3) waits.steering.hold(TO, { by: 'me', at: '' });
    };
    await waits.run();
    expect(waits.sent.orders).toBe(2);
    expect(waits.orders()).toEqual(['1: 1 done', '2: 10 done', '3: 50 refused']);
    expect(waits.ledger.at(-1)).toMatchObject({ why: 'it was not sent, because its profile is held' });
    expect(waits.left()).toHaveLength(189);
  });

  it('stop after the rows of --stop-after', async () => {
    const world = bulkWorld(100, { limits: { stop_after: 30 } });
    const { stop } = await world.run();
    expect(stop).toMatchObject({ reason: 'stop_after', detail: '--stop-after 30: 30 rows sent' });
    expect(world.placed.map(({ phones }) => phones.length)).toEqual([1, 10, 19]);
  });

  it.each([
    ['signal', ' done'],
    ['drained', ' done'],
    ['finish_by', ' done'],
    ['key_refused', ''],
  ] as const)('are not placed after a stop, and the last one is read once: %s', async (reason, end) => {
    const world = bulkWorld(300, {
      place({ n, phones, move }) {
        move(phones);
        if (n === 3) world.stop.ask(reason, '');
        return { success: phones };
      },
    });
    const { stop } = await world.run();
    expect(stop?.reason).toBe(reason);
    expect(world.sent.orders).toBe(3);
    // Reads may follow a stop only if it is no signal.
    expect(world.orders().at(-1)).toBe(`3: 50${end}`);
    await world.again();
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 300 });
  });

  it('stay open after a stop if one read does not show what became of them', async () => {
    const world = bulkWorld(300, {
      place({ n, phones, move }) {
        move(phones.slice(5));
        move(phones.slice(0, 5), 3000);
        if (n === 3) world.stop.ask('signal', 'SIGTERM');
        return { success: phones };
      },
    });
    expect((await world.run()).stop?.reason).toBe('signal');
    expect(world.orders().at(-1)).toBe('3: 50');
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 56 });
    await world.clock.until(world.clock.sleep(4000).done);
    await world.again();
    expect(world.orders()[2]).toBe('3: 50 done');
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 300 });
  });

  it('end with what a port throws, and the ledger tells the rest', async () => {
    const world = bulkWorld(40);
    world.onRecord = ({ type }) => {
      if (type === 'order_placed') throw new Error('no space left on device');
    };
    await expect(world.run()).rejects.toThrow('no space left on device');
    expect(world.sent.orders).toBe(1);
  });

  it('are as many and as large for rows to mixed profiles as the estimate says, however many wait', async () => {
    const profile = (at: number) => `${String(at).padStart(8, '0')}-0000-4000-8000-000000000009`;
    const entries = rows(26_000, (row) => bulkEntry(row, { profileTarget: profile(row % 45) }));
    const world = bulkWorld(0, { entries });
    const { requests } = await world.run();
    const toProfile = new Map<string, number>();
    for (const { profileTarget } of entries) toProfile.set(profileTarget, (toProfile.get(profileTarget) ?? 0) + 1);
    const patch = { product: 0, unassign: 0, phone: 0, unread: 0 };
    const estimate = estimateOrders({ toProfile, patch }, { waves: null, soak: 0 });
    expect(requests).toMatchObject({ orders: estimate.orders, total: estimate.requests });
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 26_000 });
  });
});

describe('just before an order', () => {
  it('its numbers are read again, and what is not as planned is not in it', async () => {
    const world = bulkWorld(41);
    world.change(phoneOf(2), { profile: TO });
    world.change(phoneOf(3), { profile: ELSEWHERE });
    world.change(phoneOf(4), { id: 'n400' });
    world.remove(phoneOf(5));
    await world.run();
    expect(world.outcomes()).toEqual({
      'updated confirmed_by_read': 37,
      unchanged: 1,
      'held drifted': 1,
      'failed not_found': 1,
    });
    expect(world.left()).toEqual([4]);
    expect(world.numberOf(3)?.profile).toBe(ELSEWHERE);
    expect(world.events.filter(({ event }) => event === 'row.unchanged')).toHaveLength(1);
  });

  it('a drifted row is left to PATCH with --force', async () => {
    const world = bulkWorld(40, { limits: { force: true } });
    world.change(phoneOf(3), { profile: ELSEWHERE });
    await world.run();
    expect(world.left()).toEqual([3]);
  });

  it('an undo holds what it does not know', async () => {
    const world = bulkWorld(40, { isUndo: true });
    world.change(phoneOf(3), { profile: ELSEWHERE });
    await world.run();
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 39, 'held drifted': 1 });
  });

  it('a server that takes no list of phone numbers gets no orders', async () => {
    const world = bulkWorld(40, {
      list: ({ phoneNumbers }) => (phoneNumbers === undefined ? null : http(400, '10015')),
    });
    await world.run();
    expect(world.sent.orders).toBe(0);
    expect(world.left()).toHaveLength(40);
    expect(world.events.at(-1)?.event).toBe('bulk.off');
  });

  it('a server that does not count the numbers of a profile gets no orders', async () => {
    const world = bulkWorld(40, { list: ({ profile }) => (profile === undefined ? null : http(404, '10005')) });
    await world.run();
    expect(world.sent.orders).toBe(0);
    expect(world.state.off).toBe('the API does not say how many numbers are on a profile');
  });
});

describe('an order that the API refuses', () => {
  it.each([400, 413, 414, 422, 431])('is halved after %i, and no larger one is placed again', async (status) => {
    const world = bulkWorld(400, {
      place({ phones, move }) {
        if (phones.length > 60) return http(status, '10027');
        move(phones);
        return { success: phones };
      },
    });
    await world.run();
    expect(world.orders().slice(0, 6)).toEqual([
      ...['1: 1 done', '2: 10 done', '3: 50 done', '4: 100 refused', '5: 50 done', '6: 50 done'],
    ]);
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 400 });
  });

  it('is not worth it if only few numbers are taken', async () => {
    const world = bulkWorld(60, {
      place({ phones, move }) {
        if (phones.length > 5) return http(422, '10027');
        move(phones);
        return { success: phones };
      },
    });
    await world.run();
    expect(world.orders()).toEqual(['1: 1 done', '2: 10 refused']);
    expect(world.left()).toHaveLength(59);
    expect(world.state.off).toContain('HTTP 422');
  });

  it('ends orders to the profile if it had one number, and not those to others', async () => {
    const entries = rows(60, (row) => bulkEntry(row, { profileTarget: row % 2 === 0 ? TO : ELSEWHERE }));
    const world = bulkWorld(0, {
      entries,
      place({ phones, move }) {
        if (phones.includes(phoneOf(1))) return http(422, '10027');
        move(phones);
        return { success: phones };
      },
    });
    await world.run();
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 30 });
    expect(world.left()).toHaveLength(30);
  });

  it.each([409, 423])('goes by PATCH, which says why: %i', async (status) => {
    const world = bulkWorld(60, { place: () => http(status, '10035') });
    const { stop } = await world.run();
    expect(stop).toBeNull();
    expect(world.orders()).toEqual(['1: 1 refused']);
    expect(world.left()).toHaveLength(60);
  });

  it.each([404, 405, 501])('is posted to the other path once after %i', async (status) => {
    const world = bulkWorld(60, {
      place({ path, phones, move }) {
        if (path === 'messaging_numbers_bulk_updates') return http(status, '10005');
        move(phones);
        return { success: phones };
      },
    });
    await world.run();
    expect(world.placed.map(({ path }) => path).filter((path) => path.endsWith('_bulk_updates'))).toHaveLength(1);
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 60 });
    const none = bulkWorld(60, { place: () => http(status, '10005') });
    expect((await none.run()).stop).toBeNull();
    expect(none.sent.orders).toBe(2);
    expect(none.left()).toHaveLength(60);
  });

  it('is placed again after a 429, at the same size', async () => {
    const world = bulkWorld(60, {
      place({ n, phones, move }) {
        if (n === 3) return http(429, '10011', { retryAfter: '3' });
        move(phones);
        return { success: phones };
      },
    });
    await world.run();
    expect(world.orders()).toEqual(['1: 1 done', '2: 10 done', '3: 49 done']);
    expect(world.events.some(({ event }) => event === 'run.paused')).toBe(true);
  });

  it.each([
    [402, 'account_refused'],
    [401, 'key_refused'],
  ])('stops the run after %i', async (status, reason) => {
    const world = bulkWorld(60, { place: () => http(status, '10009') });
    expect((await world.run()).stop?.reason).toBe(reason);
    expect(world.orders()).toEqual(['1: 1 refused']);
  });
});
