import { describe, expect, it } from 'vitest';
import { estimateOrders, patchRows } from '../../../src/core/bulk/estimate.ts';
import type { OrderRows } from '../../../src/core/plan/preview.ts';
import type { Limit } from '../../../src/core/settings/table/definition.ts';

const NO_PATCH = { product: 0, unassign: 0, phone: 0, unread: 0 };
const rows = (toProfile: Record<string, number>, patch: Partial<OrderRows['patch']> = {}): OrderRows => ({
  toProfile: new Map(Object.entries(toProfile)),
  patch: { ...NO_PATCH, ...patch },
});
const RUN = { waves: null, soak: 0 };
const inWaves = (...waves: Limit[]) => ({ waves, soak: 0 });
const rowsOf = (value: number) => ({ value, percent: false });
const percentOf = (value: number) => ({ value, percent: true });

describe('what bulk orders cost', () => {
  it.each([
    // 1 + 10 + 10
    [21, 3, 15],
    // 1 + 10 + 50 + 39
    [100, 4, 20],
    // 1 + 10 + 50 + 100 + 250 + 500 + 89
    [1000, 7, 7 * 3 + 2 * (1 + 1 + 1 + 1 + 1 + 2 + 1)],
    // 1 + 10 + 50 + 100 + 250 + 500, 99 of 1,000, and 89
    [100_000, 106, 106 * 3 + 2 * (5 + 2 + 4 * 99 + 1)],
  ])('for %d rows to one profile is %d orders with %d requests', (n, orders, requests) => {
    expect(estimateOrders(rows({ a: n }), RUN)).toEqual({
      ...{ rows: n, profiles: 1, orders, requests },
      patch: { ...NO_PATCH, few: 0 },
    });
  });

  it('is at most a sixtieth of the requests of PATCH for 100,000 rows to one profile, with reading the account', () => {
    const { requests } = estimateOrders(rows({ a: 100_000 }), RUN);
    expect(100_000 / 250 + requests).toBeLessThanOrEqual(100_000 / 60);
  });

  it('counts canaries for every profile, and goes up only once', () => {
    const one = estimateOrders(rows({ a: 30_000 }), RUN);
    const three = estimateOrders(rows({ a: 10_000, b: 10_000, c: 10_000 }), RUN);
    expect(three).toMatchObject({ rows: 30_000, profiles: 3 });
    expect(three.orders - one.orders).toBe(2 * 2);
  });

  it('leaves profiles with fewer than 20 rows, and what orders cannot do, to PATCH', () => {
    const estimate = estimateOrders(rows({ a: 19, b: 21, c: 1 }, { product: 7, phone: 1 }), RUN);
    expect(estimate).toMatchObject({ rows: 21, profiles: 1, orders: 3, patch: { few: 20, product: 7, phone: 1 } });
    expect(patchRows(estimate)).toBe(28);
    // 1 + 10, and 9 are left.
    expect(estimateOrders(rows({ a: 20 }), RUN)).toMatchObject({
      rows: 11,
      profiles: 1,
      orders: 2,
      patch: { few: 9 },
    });
  });

  it('is nothing for nothing', () => {
    const nothing = { rows: 0, profiles: 0, orders: 0, requests: 0, patch: { ...NO_PATCH, few: 0 } };
    expect(estimateOrders(rows({}), RUN)).toEqual(nothing);
    expect(estimateOrders(rows({ a: 0 }), inWaves(rowsOf(10)))).toEqual(nothing);
  });

  it('counts the orders of each wave, and canaries in the first of them only', () => {
    // 1 + 10 + 19, then 50, 100 and 120
    const waves = estimateOrders(rows({ a: 300 }), inWaves(percentOf(10)));
    expect(waves).toMatchObject({ rows: 300, orders: 6, requests: 30 + 3 });
    // A wave with too few rows goes by PATCH; its rows are of all profiles alike.
    const few = estimateOrders(rows({ a: 100, b: 100 }, { product: 100 }), inWaves(rowsOf(30)));
    expect(few).toMatchObject({ rows: 180, profiles: 2, patch: { few: 20, product: 100 } });
    // A profile that has had its canaries needs fewer rows in a later wave.
    const later = estimateOrders(rows({ a: 100 }), inWaves(rowsOf(90)));
    expect(later).toMatchObject({ rows: 100, orders: 5 });
  });

  it('counts reading the waves back, and once more after each soak', () => {
    // 1 + 10 + 50 + 100 + 250 + 89, then 500 + 500: six orders with 5 requests, and two with 7.
    const waves = [rowsOf(500)];
    const [once, twice] = [0, 1].map((soak) => estimateOrders(rows({ a: 1500 }), { waves, soak }).requests);
    expect(once).toBe(6 * 5 + 2 * 7 + 2 + 4);
    expect(twice).toBe((once as number) + 2);
  });

  it('loses no row to the waves, whatever their sizes', () => {
    const given = rows({ a: 333, b: 77, c: 12 }, { unassign: 41 });
    const estimate = estimateOrders(given, inWaves(rowsOf(7), percentOf(3), rowsOf(100), percentOf(33)));
    expect(estimate.rows + patchRows(estimate)).toBe(333 + 77 + 12 + 41);
  });
});
