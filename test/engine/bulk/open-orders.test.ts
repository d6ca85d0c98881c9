import { describe, expect, it } from 'vitest';
import { STILL_MS } from '../../../src/core/ledger/orders.ts';
import {
  bulkEntry,
  bulkWorld,
  ELSEWHERE,
  type FakeOrder,
  phoneOf,
  type Said,
  TO,
} from '../../support/engine/bulk-world.ts';
import { http, rows } from '../../support/engine/fake-world.ts';

const MINUTE_MS = 60_000;
type World = ReturnType<typeof bulkWorld>;

const late = ({ phones, move }: FakeOrder): Said => {
  move(phones, 2500);
  return { pending: phones };
};
const polledThrice = ({ phones }: FakeOrder, times: number): Said =>
  times < 3 ? { pending: phones } : { success: phones };

/** Kills a run just before it writes a line of its ledger; false if it has ended before. */
async function killedAt(world: World, line: number): Promise<boolean> {
  world.onRecord = () => {
    if (world.ledger.length === line) throw new Error('killed');
  };
  const isKilled = await world.run().then(
    () => false,
    () => true,
  );
  world.onRecord = () => undefined;
  return isKilled;
}

/** No order may have a number that an earlier one may have moved. */
function expectNoneTwice({ placed }: World): void {
  const phones = placed.flatMap((order) => order.phones);
  expect(new Set(phones).size).toBe(phones.length);
}

describe('a run that is killed and resumed', () => {
  it.each([
    ['orders that are at once', {}],
    ['orders that are late', { place: late, poll: polledThrice }],
    [
      'orders of which a part fails',
      {
        place({ phones, move }: FakeOrder): Said {
          const failed = phones.filter((phone) => phone.endsWith('3'));
          move(phones.filter((phone) => !failed.includes(phone)));
          return { success: phones.filter((phone) => !failed.includes(phone)), failed };
        },
      },
    ],
  ])('reads before it sends, at every line of its ledger: %s', async (_, setup) => {
    for (let line = 0; ; line++) {
      const world = bulkWorld(61, setup);
      if (!(await killedAt(world, line))) break;
      const { stop } = await world.again();
      expect(stop, `line ${line}`).toBeNull();
      expectNoneTwice(world);
      const index = world.indexed();
      // What an order without an answer has not moved may be pending.
      const isUnknown = [...index.orders.open.values()].every(({ orderId }) => orderId === null);
      expect(isUnknown, `line ${line}`).toBe(true);
      const left = world.left();
      for (let row = 1; row <= 61; row++) {
        const isMoved = world.numberOf(row)?.profile === TO;
        expect([row, isMoved], `line ${line}`).toEqual([row, !left.includes(row) && !index.orders.byRow.has(row)]);
      }
    }
  });

  it('does not post an order again of which no answer is known', async () => {
    const world = bulkWorld(60, {
      place() {
        throw new Error('killed');
      },
    });
    await expect(world.run()).rejects.toThrow('killed');
    expect(world.ledger.map(({ type }) => type)).toEqual(['order_intent']);
    await world.again();
    expect(world.orders()).toEqual(['1: 1']);
    expect(world.placed).toHaveLength(1);
    expect(world.left()).toHaveLength(59);
    world.clock.stepWall(20 * MINUTE_MS);
    await world.again();
    expect(world.orders()).toEqual(['1: 1 still']);
    expect(world.indexed().rowStates[1]).toBe(3);
    expect(world.left()).toHaveLength(60);
  });
});

describe('an order that was left open', () => {
  const pending = { place: ({ phones }: FakeOrder): Said => ({ pending: phones }) };

  async function leftOpen(poll: (order: FakeOrder, times: number) => Said): Promise<World> {
    const world = bulkWorld(60, { ...pending, poll, patienceMs: 10_000 });
    await world.run();
    expect(world.orders()).toEqual(['1: 1']);
    return world;
  }

  it('is ended first, also without --bulk', async () => {
    const world = await leftOpen(({ phones }) => ({ pending: phones }));
    world.change(phoneOf(1), { profile: TO });
    await world.again({ mayPlace: false });
    expect(world.orders()).toEqual(['1: 1 done']);
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 1 });
    expect(world.sent.orders).toBe(1);
  });

  it('is waited for 20 minutes from now on if the clock was ahead when it was placed', async () => {
    const world = await leftOpen(({ phones }) => ({ pending: phones }));
    const year = (at: string) => `2099${at.slice(4)}`;
    for (const line of world.ledger) if ('at' in line && line.type.startsWith('order_')) line.at = year(line.at);
    await world.again({ mayPlace: false });
    expect(world.orders()).toEqual(['1: 1']);
    await world.clock.until(world.clock.sleep(STILL_MS).done);
    await world.again({ mayPlace: false });
    expect(world.orders()).toEqual(['1: 1 still']);
  });

  it('is waited for again, and new orders follow if it ends in time', async () => {
    let isDone = false;
    const world = await leftOpen(({ phones }) => (isDone ? { success: phones } : { pending: phones }));
    isDone = true;
    world.change(phoneOf(1), { profile: TO });
    await world.again();
    expect(world.orders().slice(0, 2)).toEqual(['1: 1 done', '2: 1 done']);
  });

  it('holds a number that others have changed, once nothing is pending', async () => {
    let isDone = false;
    const world = await leftOpen(({ phones }) => (isDone ? { success: phones } : { pending: phones }));
    world.change(phoneOf(1), { profile: ELSEWHERE });
    await world.again({ mayPlace: false });
    expect(world.orders()).toEqual(['1: 1']);
    expect(world.outcomes()).toEqual({});
    isDone = true;
    await world.again({ mayPlace: false });
    expect(world.outcomes()).toEqual({ 'held drifted': 1 });
  });

  it('is given up when nothing of it has changed for 20 minutes, and its rows are read before they are sent', async () => {
    const world = await leftOpen(({ phones }) => ({ pending: phones }));
    world.clock.stepWall(19 * MINUTE_MS);
    await world.again();
    expect(world.orders()).toEqual(['1: 1']);
    world.clock.stepWall(MINUTE_MS);
    const before = world.clock.now();
    await world.again();
    expect(world.clock.now() - before).toBeLessThan(8000);
    expect(world.orders()).toEqual(['1: 1 still']);
    expect(world.indexed().rowStates[1]).toBe(3);
    // It had its patience, so no other order is placed.
    expect(world.sent.orders).toBe(1);
  });

  it('counts the 20 minutes from its last change', async () => {
    const world = bulkWorld(60, {
      patienceMs: 10_000,
      place({ n, phones, move }) {
        if (n === 1) move(phones);
        return n === 1 ? { success: phones } : { pending: phones };
      },
      poll({ phones, move }) {
        move(phones.slice(0, 5));
        return { success: phones.slice(0, 5), pending: phones.slice(5) };
      },
    });
    await world.run();
    expect(world.orders()).toEqual(['1: 1 done', '2: 10']);
    expect(world.outcomes()).toEqual({ 'updated confirmed_by_read': 6 });
    const [open] = world.indexed().orders.open.values();
    expect(open).toMatchObject({ pending: 5 });
    expect(Date.parse(open?.changedAt ?? '')).toBeGreaterThan(
      Date.parse(world.ledger[0]?.type === 'order_intent' ? world.ledger[0].at : ''),
    );
  });

  it('is found under the other path', async () => {
    let isDone = false;
    const world = bulkWorld(60, {
      ...pending,
      patienceMs: 10_000,
      poll({ phones }, _, path) {
        if (isDone && path === 'messaging_numbers_bulk_updates') return http(404, '10005');
        return isDone ? { failed: phones } : { pending: phones };
      },
    });
    await world.run();
    isDone = true;
    await world.again({ mayPlace: false });
    expect(world.orders()).toEqual(['1: 1 done']);
    expect(world.left()).toHaveLength(60);
  });
});

describe('an order that was killed', () => {
  it('is compared with the count from before it, if nothing else was sent since', async () => {
    const world = bulkWorld(60, {
      place({ phones, move }) {
        move([...phones, '+13129999999']);
        return { success: phones };
      },
    });
    world.add('+13129999999', ELSEWHERE);
    await killedAt(world, 2);
    const { stop } = await world.again();
    expect(stop?.reason).toBe('order_mismatch');
    expect(world.orders()).toEqual(['1: 1 mismatch']);
  });

  it('is not compared with it later, because others may have moved numbers there', async () => {
    const world = bulkWorld(60);
    world.add('+13129999999', ELSEWHERE);
    await killedAt(world, 2);
    world.change('+13129999999', { profile: TO });
    world.clock.stepWall(21 * MINUTE_MS);
    const { stop } = await world.again();
    expect(stop).toBeNull();
    expect(world.orders()[0]).toBe('1: 1 done');
  });

  it('is compared with the product of the plan', async () => {
    const world = bulkWorld(0, {
      entries: rows(60, (row) => bulkEntry(row, { productBefore: 'A2P' })),
      place({ phones, move }) {
        move(phones);
        for (const phone of phones) world.change(phone, { product: 'P2P' });
        return { success: phones };
      },
    });
    await killedAt(world, 2);
    const { stop } = await world.again();
    expect(stop?.detail).toContain('bulk order 1 (order-1) has changed');
  });

  it('has ended although the ledger does not say so', async () => {
    const world = bulkWorld(60);
    await killedAt(world, 3);
    expect(world.orders()).toEqual(['1: 1']);
    await world.again();
    expect(world.orders()).toEqual(['1: 1 done', '2: 1 done', '3: 10 done', '4: 48 done']);
  });

  it('stays open if its numbers cannot be read', async () => {
    let isDown = false;
    const world = bulkWorld(60, {
      limits: { outage_patience: 5000 },
      place({ phones, move }) {
        move(phones);
        isDown = true;
        return { success: phones };
      },
      list: () => (isDown ? http(422, '10015') : null),
    });
    const { stop } = await world.run();
    expect(stop).toBeNull();
    expect(world.orders()).toEqual(['1: 1']);
    isDown = false;
    await world.again({ mayPlace: false });
    expect(world.orders()).toEqual(['1: 1 done']);
  });
});
