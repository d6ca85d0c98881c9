import { expect, it } from 'vitest';
import { ORDER_RESULTS } from '../../../src/core/ledger/entry.ts';
import { orderEndText } from '../../../src/core/ledger/order-text.ts';

it('the end of a bulk order is a sentence, with the reason if there is one', () => {
  expect(ORDER_RESULTS.map((result) => orderEndText(3, result, ''))).toEqual([
    'Bulk order 3 ended, and its numbers were read back',
    'Bulk order 3 was refused',
    'Bulk order 3 left numbers pending for too long: they are read, and sent one by one',
    'Bulk order 3 changed what it must not change',
  ]);
  expect(orderEndText(1, 'refused', 'HTTP 413')).toBe('Bulk order 1 was refused: HTTP 413');
});
