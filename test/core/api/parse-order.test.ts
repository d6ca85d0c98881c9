import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOrder } from '../../../src/core/api/parse-order.ts';
import { createCleaner } from '../../../src/core/text/redact.ts';

const KEY = 'KEY0123456789_abcdef';
const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const clean = createCleaner(KEY);
const read = (value: unknown) => readOrder(JSON.stringify(value), clean);
const phone = (n: number) => `+1800${String(n).padStart(7, '0')}`;
const EMPTY = { success: [], pending: [], failed: [] };

describe('an order', () => {
  it('shows its id and its three lists', () => {
    const lists = { success: [phone(1)], pending: [phone(2), phone(3)], failed: [] };
    expect(read({ data: { record_type: 'messaging_numbers_bulk_update', order_id: ID, ...lists } })).toEqual({
      kind: 'order',
      order: { id: ID, ...lists, isComplete: true },
    });
  });

  it.each([
    ['+1 (800) 555-0001', '+18005550001'],
    ['18005550001', '+18005550001'],
    [18005550001, '+18005550001'],
    ['1.800.555.0001', '+18005550001'],
    [{ phone_number: '+18005550001', status: 'x' }, '+18005550001'],
  ])('takes a phone number written as %j', (entry, phoneNumber) => {
    expect(read({ data: { order_id: ID, ...EMPTY, success: [entry] } })).toMatchObject({
      order: { success: [phoneNumber], isComplete: true },
    });
  });

  it.each([
    [1.5],
    [2 ** 60],
    [true],
    [null],
    [''],
    ['+0180055'],
    ['5550001x'],
    [`+1${' '.repeat(50)}8005550001`],
    [{}],
    [[]],
  ])('leaves out the entry %j, and is not complete', (entry) => {
    expect(read({ data: { order_id: ID, ...EMPTY, pending: [entry, phone(1)] } })).toMatchObject({
      order: { pending: [phone(1)], isComplete: false },
    });
  });

  it.each(['success', 'pending', 'failed'])('is not complete without the list %s', (name) => {
    for (const value of [undefined, null, {}, 'none', 3]) {
      expect(read({ data: { order_id: ID, ...EMPTY, [name]: value } })).toEqual({
        kind: 'order',
        order: { id: ID, ...EMPTY, isComplete: false },
      });
    }
  });

  it.each([[undefined], [null], [7], [''], ['../numbers'], ['..'], ['a/b'], ['a b'], ['x'.repeat(65)], [KEY], ['é']])(
    'has no id if the answer has %j as one',
    (id) => {
      expect(read({ data: { ...EMPTY, order_id: id } })).toMatchObject({ order: { id: '', isComplete: true } });
    },
  );

  it('keeps no more of a list than an order can have', () => {
    const pending = Array.from({ length: 10_001 }, (_, at) => phone(at));
    const body = read({ data: { order_id: ID, ...EMPTY, pending } });
    expect(body).toMatchObject({ kind: 'order', order: { isComplete: false } });
    expect(body.kind === 'order' && body.order.pending.length).toBe(10_000);
  });

  it.each([
    [{}],
    [{ data: null }],
    [{ data: [] }],
    [{ data: {} }],
    [{ data: { id: '1', phone_number: phone(1), order_id: '/' } }],
    [[]],
    [null],
  ])('cannot be read from %j', (value) => {
    expect(read(value)).toEqual({ kind: 'unreadable' });
  });

  it('is never a reason to throw', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), fc.jsonValue(), (value, text, json) => {
        const id = { order_id: text, success: json, pending: [json], failed: [text, json] };
        for (const data of [value, json, id]) expect(() => read({ data })).not.toThrow();
        expect(() => readOrder(text, clean)).not.toThrow();
      }),
    );
  });

  it('cannot be read from text that is no JSON, and an error is one', () => {
    expect(readOrder('<html>', clean)).toEqual({ kind: 'unreadable' });
    expect(read({ errors: [{ code: '10005', title: 'x' }] })).toMatchObject({ kind: 'errors' });
  });
});
