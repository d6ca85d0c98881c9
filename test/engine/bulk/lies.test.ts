import { describe, expect, it } from 'vitest';
import { bulkWorld, ELSEWHERE, type FakeOrder, phoneOf, type Said, TO } from '../../support/engine/bulk-world.ts';
import { http, network } from '../../support/engine/fake-world.ts';

const FOREIGN = '+13129999999';
type Place = (order: FakeOrder) => Said;

/** Answers the first orders honestly, and the nth otherwise. */
const from = (nth: number, place: Place): Place => {
  return (order) => {
    if (order.n >= nth) return place(order);
    order.move(order.phones);
    return { success: order.phones };
  };
};

describe('the lists of an order are hints', () => {
  it.each<[string, Place, string[]]>([
    [
      'empty',
      ({ phones, move }) => {
        move(phones);
        return {};
      },
      [],
    ],
    [
      'those that moved are in failed',
      ({ phones, move }) => {
        move(phones);
        return { failed: phones };
      },
      [],
    ],
    [
      'those that moved are pending for ever',
      ({ phones, move }) => {
        move(phones);
        return { pending: phones };
      },
      ['order 1 was not done within --bulk-patience'],
    ],
  ])('%s', async (_, place, off) => {
    const world = bulkWorld(60, { place, poll: () => place({ n: 1, phones: [phoneOf(1)], path: '', move: () => {} }) });
    const { stop } = await world.run();
    expect(stop).toBeNull();
    expect(world.outcomes()['updated confirmed_by_read']).toBe(off.length === 0 ? 60 : 1);
    expect(world.left()).toHaveLength(off.length === 0 ? 0 : 59);
    expect(world.state.off === null ? [] : [world.state.off]).toEqual(off);
  });

  it('those in success that did not move go by PATCH', async () => {
    const world = bulkWorld(200, {
      place({ phones, move }) {
        move(phones.filter((phone) => !phone.endsWith('7')));
        return { success: phones };
      },
    });
    expect((await world.run()).stop).toBeNull();
    expect(world.left()).toHaveLength(20);
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 180 });
  });

  it('a refused order may have moved some, which no later order is blamed for', async () => {
    const world = bulkWorld(161, {
      place({ n, phones, move }) {
        move(n === 4 ? phones.slice(0, 60) : phones);
        return n === 4 ? http(422, '10027') : { success: phones };
      },
    });
    expect((await world.run()).stop).toBeNull();
    expect(world.orders()).toEqual(['1: 1 done', '2: 10 done', '3: 50 done', '4: 100 refused', '5: 40 done']);
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 161 });
  });

  it('those in failed go by PATCH without a second read', async () => {
    const world = bulkWorld(61, {
      place({ n, phones, move }) {
        const failed = n === 3 ? phones.slice(0, 5) : [];
        move(phones.slice(failed.length));
        return { success: phones.slice(failed.length), failed };
      },
    });
    await world.run();
    expect(world.left()).toHaveLength(5);
    expect(world.sent).toMatchObject({ orders: 3, lists: 6, counts: 6, reads: 0 });
  });

  it('those in no list were cut off, and orders get smaller', async () => {
    const world = bulkWorld(400, {
      place({ phones, move }) {
        const done = phones.slice(0, 70);
        move(done);
        return { success: done };
      },
    });
    await world.run();
    expect(world.placed.map(({ phones }) => phones.length).slice(0, 6)).toEqual([1, 10, 50, 100, 50, 50]);
    expect(world.left()).toHaveLength(30);
  });

  it('orders that are cut too short are given up', async () => {
    const world = bulkWorld(400, {
      place({ phones, move }) {
        move(phones.slice(0, 5));
        return { success: phones.slice(0, 5) };
      },
    });
    await world.run();
    expect(world.orders()).toEqual(['1: 1 done', '2: 10 done']);
    expect(world.state.off).toBe('the API carries out only a part of each order');
  });

  it('orders that move nothing are given up for the profile after three', async () => {
    const world = bulkWorld(100, { place: ({ phones }) => ({ success: phones }) });
    await world.run();
    expect(world.orders()).toEqual(['1: 1 done', '2: 1 done', '3: 1 done']);
    expect(world.left()).toHaveLength(100);
  });
});

describe('a late order', () => {
  it('is polled until nothing is pending', async () => {
    const world = bulkWorld(60, {
      place({ phones, move }) {
        move(phones, 10_000);
        return { pending: phones };
      },
      poll: ({ phones }, times) => (times < 4 ? { pending: phones } : { success: phones }),
    });
    await world.run();
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 60 });
    expect(world.sent.polls).toBe(12);
    expect(world.ledger.filter(({ type }) => type === 'order_seen')).toHaveLength(3);
  });

  it('that says at once that it is done is read again, and then left to PATCH', async () => {
    const world = bulkWorld(40, {
      place({ phones, move }) {
        move(phones, 30_000);
        return { success: phones };
      },
    });
    const { stop } = await world.run();
    expect(stop).toBeNull();
    expect(world.orders()).toEqual(['1: 1 done', '2: 1 done', '3: 1 done']);
    expect(world.left()).toHaveLength(40);
  });

  it('is no foreign number for the next order', async () => {
    const world = bulkWorld(40, {
      place: from(2, ({ n, phones, move }) => {
        move(phones, n === 2 ? 9000 : 0);
        return n === 2 ? { success: phones } : { pending: phones };
      }),
      poll: ({ phones }, times) => (times < 2 ? { pending: phones } : { success: phones }),
    });
    const { stop } = await world.run();
    expect(stop).toBeNull();
    expect(world.orders()).toEqual(['1: 1 done', '2: 10 done', '3: 10 done', '4: 19 done']);
    expect(world.left()).toHaveLength(10);
  });

  it('that leaves numbers pending stays open, and no other one is placed', async () => {
    const world = bulkWorld(60, {
      place: from(2, ({ phones }) => ({ pending: phones })),
      poll: ({ phones }) => ({ pending: phones }),
    });
    const { stop } = await world.run();
    expect(stop).toBeNull();
    expect(world.orders()).toEqual(['1: 1 done', '2: 10']);
    expect(world.left()).toHaveLength(49);
    expect(world.indexed().orders.byRow.size).toBe(10);
    expect(world.events.at(-1)).toMatchObject({ event: 'order.pending', order: 2, orderId: 'order-2', pending: 10 });
    expect(world.clock.now()).toBeGreaterThanOrEqual(300_000);
  });

  it('that the API does not know any longer is over when the patience is', async () => {
    const world = bulkWorld(60, { place: ({ phones }) => ({ pending: phones }), poll: () => http(404, '10005') });
    await world.run();
    expect(world.orders()).toEqual(['1: 1 done']);
    expect(world.left()).toHaveLength(60);
    expect(world.state.off).toBe('order 1 was not done within --bulk-patience');
  });
});

describe('an order whose answer is lost', () => {
  const ANSWERS: [string, Said][] = [
    ['a 500', http(500, '10007')],
    ['a timeout', network('ETIMEDOUT', true)],
    ['a 200 that cannot be read', { ...http(200), body: { kind: 'unreadable' } }],
  ];

  it.each(ANSWERS)('is read, and not posted again: %s', async (_, answer) => {
    const world = bulkWorld(61, {
      place({ n, phones, move }) {
        move(phones, 2500);
        return n === 2 ? answer : { pending: phones };
      },
      poll: ({ phones }, times) => (times < 3 ? { pending: phones } : { success: phones }),
    });
    expect((await world.run()).stop).toBeNull();
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 61 });
    const [, second] = world.placed;
    expect(world.placed.filter(({ phones }) => phones[0] === second?.phones[0])).toHaveLength(1);
  });

  it.each(ANSWERS)('may have pending numbers if they have not moved: %s', async (_, answer) => {
    const world = bulkWorld(60, { place: () => answer });
    expect((await world.run()).stop).toBeNull();
    expect(world.orders()).toEqual(['1: 1']);
    expect(world.left()).toHaveLength(59);
  });

  it('or names no id, is read by its numbers', async () => {
    const world = bulkWorld(60, {
      place({ phones, move }) {
        move(phones, 4000);
        return { id: '', pending: phones };
      },
    });
    await world.run();
    expect(world.sent.polls).toBe(0);
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 60 });
  });

  it('or says nothing of its numbers, is read by them too', async () => {
    const world = bulkWorld(60, {
      place({ phones, move }) {
        move(phones, 2000);
        return { isComplete: false };
      },
      poll: () => ({ isComplete: false }),
    });
    await world.run();
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 60 });
    expect(world.clock.now()).toBeLessThan(60_000);
  });
});

describe('lists that lag', () => {
  it.each([2000, 5000])('are read again: %i ms', async (lagMs) => {
    const world = bulkWorld(200, {
      place({ phones, move }) {
        // Lists show a write when it is this old.
        move(phones, lagMs);
        return { success: phones };
      },
    });
    await world.run();
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 200 });
  });

  it('longer than orders may take, single reads show what has moved, and the other rows go by PATCH', async () => {
    const world: ReturnType<typeof bulkWorld> = bulkWorld(100, {
      list: ({ phoneNumbers }, numbers) => {
        if (phoneNumbers === undefined || phoneNumbers.length < 20) return null;
        const page = phoneNumbers.map((phone) => ({
          ...numbers.get(phone),
          profile: 'aaaaaaaa-0000-4000-8000-000000000001',
        }));
        const rows = page.map(({ id = '', phoneNumber = '', profile, product = '' }) => ({
          id,
          phoneNumber,
          profile,
          product,
        }));
        return { ...http(200), body: { kind: 'numbers', page: { rows, total: rows.length, pages: 1 } } };
      },
    });
    expect((await world.run()).stop).toBeNull();
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 61 });
    expect([world.left().length, world.sent.reads]).toEqual([39, 60]);
    expect(world.clock.now()).toBeGreaterThan(300_000);
  });
});

describe('an order that changes something else', () => {
  it('stops the run if a foreign number has moved, and names it', async () => {
    const world = bulkWorld(60, {
      place({ n, phones, move }) {
        move(phones);
        if (n === 2) move([FOREIGN]);
        return { success: phones };
      },
    });
    world.add(FOREIGN, ELSEWHERE);
    const { stop } = await world.run();
    expect(stop?.reason).toBe('order_mismatch');
    expect(stop?.detail).toBe(
      `bulk order 2 (order-2) to profile ${TO}: the target profile had 1 number before the order and has 12 now, and the order has moved 10; changed since then, and not of the order: ${FOREIGN}`,
    );
    expect(world.orders()).toEqual(['1: 1 done', '2: 10 mismatch']);
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 11 });
    expect(world.indexed().orders.mismatch).toBe(stop?.detail);
    expect(world.left()).toHaveLength(49);
  });

  it('stops the run before the next order if a foreign number has moved later, and never orders again', async () => {
    const world: ReturnType<typeof bulkWorld> = bulkWorld(60, {
      list({ phoneNumbers }) {
        // Counted before and after each order: the count before the third one.
        if (phoneNumbers === undefined && world.sent.counts === 5) world.change(FOREIGN, { profile: TO });
        return null;
      },
    });
    world.add(FOREIGN, ELSEWHERE);
    const { stop } = await world.run();
    expect(stop).toEqual({
      reason: 'order_mismatch',
      detail: `bulk order 2 (order-2) to profile ${TO}: the target profile had 11 numbers after the order and has 12 now; changed since then, and not of the order: ${FOREIGN}`,
    });
    expect(world.orders()).toEqual(['1: 1 done', '2: 10 done mismatch']);
    expect(world.indexed().orders.mismatch).toBe(stop?.detail);
    expect(world.left()).toHaveLength(49);
  });

  it('stops the run if numbers have left the profile', async () => {
    const world = bulkWorld(60, {
      place({ phones, move }) {
        move(phones);
        world.change(FOREIGN, { profile: ELSEWHERE });
        return { success: phones };
      },
    });
    world.add(FOREIGN, TO);
    expect((await world.run()).stop?.detail).toContain('had 1 number before the order and has 1 now');
  });

  it('stops the run if another field of its numbers has changed', async () => {
    const world = bulkWorld(60, {
      place({ phones, move }) {
        move(phones);
        for (const phone of phones) world.change(phone, { tags: '["bulk"]' });
        return { success: phones };
      },
    });
    const { stop } = await world.run();
    expect(stop).toEqual({
      reason: 'order_mismatch',
      detail: `bulk order 1 (order-1) has changed ${phoneOf(1)}: tags was [] and is ["bulk"]`,
    });
    expect(world.ledger.find(({ type }) => type === 'outcome')).toMatchObject({
      status: 'updated',
      errorDetail: 'its bulk order has changed more than the profile: tags was [] and is ["bulk"]',
    });
  });

  it('names a few of many', async () => {
    const world = bulkWorld(60, {
      place: from(2, ({ phones, move }) => {
        move(phones);
        for (const phone of phones) world.change(phone, { product: 'P2P' });
        return { success: phones };
      }),
    });
    expect((await world.run()).stop?.detail).toMatch(/messaging_product was "A2P" and is "P2P"; and 7 other numbers$/);
  });

  it('holds a number that others have changed meanwhile', async () => {
    const world = bulkWorld(61, {
      place: from(2, ({ n, phones, move }) => {
        move(phones);
        if (n === 2) world.change(phones[4] as string, { profile: ELSEWHERE });
        return { success: phones };
      }),
    });
    const { stop } = await world.run();
    expect(stop).toBeNull();
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 60, 'held drifted': 1 });
  });

  it('fails a number that is gone, and reads one again that is not shown', async () => {
    const world = bulkWorld(61, {
      place: from(2, ({ n, phones, move }) => {
        move(phones);
        if (n === 2) world.remove(phones[4] as string);
        return { success: phones };
      }),
    });
    await world.run();
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 60, 'failed not_found': 1 });
  });
});
