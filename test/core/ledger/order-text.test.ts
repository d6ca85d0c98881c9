import { expect, it } from 'vitest';
import { ORDER_RESULTS } from '../../../src/core/ledger/entry.ts';
import { openOrdersText, openOrderText, orderEndText, orderName } from '../../../src/core/ledger/order-text.ts';
import { makeOpenOrder } from '../../support/make-order.ts';

it('the end of a bulk order is a sentence, with the reason if there is one', () => {
  expect(ORDER_RESULTS.map((result) => orderEndText(3, result, ''))).toEqual([
    'Bulk order 3 ended, and its numbers were read back',
    'Bulk order 3 was refused',
    'Bulk order 3 left numbers pending for too long: they are read, and sent one by one',
    'Bulk order 3 changed what it must not change',
  ]);
  expect(orderEndText(1, 'refused', 'HTTP 413')).toBe('Bulk order 1 was refused: HTTP 413');
});

it('a bulk order is named by its number, and by the id that the API gave it', () => {
  expect(orderName({ order: 3, orderId: null })).toBe('bulk order 3');
  expect(orderName({ order: 3, orderId: '' })).toBe('bulk order 3');
  expect(orderName({ order: 3, orderId: 'a\u0007b' })).toBe('bulk order 3 (a\\x07b)');
});

it('an open order says until when resume waits for it', () => {
  const when = 'if nothing changes, resume sends';
  expect(openOrderText(makeOpenOrder())).toBe(
    `bulk order 3 (o-3) may still move this number; ${when} it by itself from 2026-11-23T02:21Z on`,
  );
  const orders = (...open: ReturnType<typeof makeOpenOrder>[]) => ({
    byRow: new Map(open.flatMap((order) => order.rows.map((row) => [row, order]))),
  });
  expect(openOrdersText(orders())).toBe('');
  expect(openOrdersText(orders(makeOpenOrder()))).toBe(
    `Bulk order 3 (o-3) may still move 2 rows; ${when} them one by one from 2026-11-23T02:21Z on.`,
  );
  const later = makeOpenOrder({ order: 4, orderId: null, rows: [9], changedAt: '2026-11-23T03:00:00.000Z' });
  expect(openOrdersText(orders(makeOpenOrder(), later))).toBe(
    `Bulk order 3 (o-3) and bulk order 4 may still move 3 rows; ${when} them one by one from 2026-11-23T03:20Z on.`,
  );
});
