import { describe, expect, it } from 'vitest';
import type { OrderEstimate } from '../../../src/core/bulk/estimate.ts';
import { orderHint, orderPlan } from '../../../src/core/bulk/estimate-text.ts';

const NO_PATCH = { product: 0, unassign: 0, phone: 0, unread: 0, few: 0 };
const estimate = (changes: Partial<OrderEstimate> = {}): OrderEstimate => ({
  ...{ rows: 99_300, profiles: 3, orders: 110, requests: 1163, patch: NO_PATCH },
  ...changes,
});
const LINE = 'By bulk orders (--bulk auto): 99,300 rows to 3 profiles, about 110 orders with 1,163 requests';

describe('the orders of a plan', () => {
  it('are said with what they cost', () => {
    expect(orderPlan(estimate())).toEqual({ lines: [LINE], requests: 1163 });
    const one = estimate({ rows: 1, profiles: 1, orders: 1, requests: 1 });
    expect(orderPlan(one).lines).toEqual([
      'By bulk orders (--bulk auto): 1 row to 1 profile, about 1 order with 1 request',
    ]);
  });

  it('say which rows go by PATCH all the same, and why', () => {
    const patch = { product: 500, unassign: 4, few: 3, phone: 2, unread: 1 };
    const why =
      '500 rows with a product, 4 rows to no profile, 3 rows too few for an order, 2 rows without a phone number, 1 row with an unknown profile';
    expect(orderPlan(estimate({ patch }))).toEqual({
      lines: [LINE, `By PATCH: ${why}`],
      requests: 1163 + 510,
    });
  });

  it('may be none: no row can go by them, or the account was not read', () => {
    const none = estimate({ rows: 0, profiles: 0, orders: 0, requests: 0, patch: { ...NO_PATCH, product: 1 } });
    expect(orderPlan(none)).toEqual({
      lines: ['No bulk orders (--bulk auto)', 'By PATCH: 1 row with a product'],
      requests: null,
    });
    expect(orderPlan(null)).toEqual({
      lines: ['No bulk orders (--bulk auto): they need the account, which --offline does not read'],
      requests: null,
    });
  });
});

describe('the hint at --bulk auto', () => {
  it('is for a thousand rows and more', () => {
    expect(orderHint(estimate({ rows: 999 }))).toBe('');
    expect(orderHint(estimate({ rows: 1000, requests: 34 }))).toBe(
      'with --bulk auto, 1,000 of these rows would take about 34 requests; see docs/bulk.md',
    );
  });
});
