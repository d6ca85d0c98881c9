import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/attempt/outcome.ts';
import { type LedgerEntry, ORDER_RESULTS, type OrderResult } from '../../../src/core/ledger/entry.ts';
import { addToIndex, emptyIndex, hasOutcome, type LedgerIndex, ROW_STATE } from '../../../src/core/ledger/replay.ts';
import { makeOutcome } from '../../support/make.ts';

const at = (second: number) => `2026-11-23T02:00:0${second}.000Z`;

const asked = (order: number, rows: number[]): LedgerEntry => ({
  ...{ type: 'order_intent', at: at(0), order, profile: 'p', rows, on_profile: 7 },
});
const placed = (order: number, pending: number, id = `id-${order}`): LedgerEntry => ({
  ...{ type: 'order_placed', at: at(1), order, order_id: id, success: 1, pending, failed: 0 },
});
const seen = (order: number, pending: number): LedgerEntry => ({ type: 'order_seen', at: at(2), order, pending });
const over = (order: number, result: OrderResult = 'done'): LedgerEntry => ({
  ...{ type: 'order_ended', at: at(3), order, result, why: '' },
});
const outcome = (row: number, status: Outcome['status'] = 'updated'): LedgerEntry => ({
  type: 'outcome',
  ...makeOutcome({ row, status }),
});
const intent = (row: number): LedgerEntry => ({ type: 'intent', row, at: at(0) });
const putBack = (row: number, ambiguous = false): LedgerEntry => ({
  ...{ type: 'put_back', row, ambiguous, attempts: 0, at: at(0) },
});

/** The index of a ledger for `rows` rows, whose entries are 100 bytes each. */
function indexOf(rows: number, ...entries: LedgerEntry[]): LedgerIndex {
  const index = emptyIndex(rows);
  entries.forEach((entry, place) => {
    addToIndex(index, entry, 100 * place, 100);
  });
  return index;
}

const statesOf = (index: LedgerIndex) =>
  [...index.rowStates].slice(1).map((state) => Object.entries(ROW_STATE).find(([, value]) => value === state)?.[0]);

describe('the rows of an order', () => {
  it('may be written from its intent on, which is their place in the file', () => {
    const index = indexOf(4, intent(4), asked(1, [1, 3]), placed(1, 1));
    expect(statesOf(index)).toEqual(['intent', 'untouched', 'intent', 'intent']);
    expect([...index.offset]).toEqual([0, 100, 0, 100, 0]);
    expect([...index.length]).toEqual([0, 100, 0, 100, 100]);
    expect([...index.orders.byRow.keys()]).toEqual([1, 3]);
  });

  it('keep the outcome that they have', () => {
    const index = indexOf(3, asked(1, [1, 2, 3]), placed(1, 0), outcome(2), outcome(3, 'held'));
    expect(statesOf(index)).toEqual(['intent', 'outcome', 'outcome']);
    expect([...index.orders.byRow.keys()]).toEqual([1]);
    expect(index.ended).toBe(2);
    for (const result of ORDER_RESULTS) {
      addToIndex(structuredClone(index), over(1, result), 0, 1);
      expect(statesOf(index)[1]).toBe('outcome');
    }
  });

  it.each([
    ['done', 'requeued'],
    ['refused', 'requeued'],
    ['mismatch', 'requeued'],
    ['still', 'ambiguous'],
  ] as const)('without an outcome, after it has ended as %s, are %s', (result, state) => {
    const index = indexOf(3, asked(1, [1, 2]), outcome(1), over(1, result));
    expect(statesOf(index)).toEqual(['outcome', state, 'untouched']);
    expect([index.orders.open.size, index.orders.byRow.size]).toEqual([0, 0]);
  });

  it('are read before they are sent if they were put back while it was open', () => {
    const index = indexOf(3, asked(1, [1, 2]), putBack(1), putBack(2, true), putBack(3));
    expect(statesOf(index)).toEqual(['ambiguous', 'ambiguous', 'requeued']);
    addToIndex(index, over(1), 0, 1);
    expect(statesOf(index)).toEqual(['ambiguous', 'ambiguous', 'requeued']);
  });

  it('are known if it has not moved them, unless it was refused', () => {
    const outcome = { type: 'outcome' as const, ...makeOutcome({ row: 1 }) };
    const leftBy = (result: OrderResult) => [
      ...indexOf(4, asked(1, [1, 2]), placed(1, 0), outcome, over(1, result)).orders.missed,
    ];
    expect(leftBy('done')).toEqual([2]);
    expect(leftBy('still')).toEqual([2]);
    expect(leftBy('refused')).toEqual([]);
  });

  it('may be in a later order', () => {
    const index = indexOf(2, asked(1, [1, 2]), over(1, 'refused'), asked(2, [1]));
    expect(statesOf(index)).toEqual(['intent', 'requeued']);
  });
});

describe('an open order', () => {
  it('is known by what was last seen of it', () => {
    const open = (...entries: LedgerEntry[]) => indexOf(4, asked(3, [1, 2]), ...entries).orders.open.get(3);
    const whole = { order: 3, profile: 'p', rows: [1, 2], onProfile: 7, isAlone: true };
    expect(open()).toEqual({ ...whole, orderId: null, pending: null, changedAt: at(0) });
    expect(open(placed(3, 2))).toEqual({ ...whole, orderId: 'id-3', pending: 2, changedAt: at(1) });
    expect(open(placed(3, 2, ''))).toMatchObject({ orderId: '' });
    expect(open(placed(3, 2), seen(3, 1))).toEqual({ ...whole, orderId: 'id-3', pending: 1, changedAt: at(2) });
    expect(open(placed(3, 2), seen(3, 2))).toMatchObject({ pending: 2, changedAt: at(1) });
    const corrected = { ...seen(3, 2), at: at(0) } as LedgerEntry;
    expect(open(placed(3, 2), corrected)).toMatchObject({ pending: 2, changedAt: at(0) });
    expect(open(placed(3, 2), over(3))).toBeUndefined();
  });

  it('is alone until another row is written', () => {
    const isAlone = (...entries: LedgerEntry[]) => indexOf(4, asked(1, [1, 2]), ...entries).orders.open.get(1)?.isAlone;
    expect(isAlone(outcome(1), outcome(1), outcome(2))).toBe(true);
    expect(isAlone(outcome(1), intent(3))).toBe(false);
    expect(isAlone(outcome(3), outcome(4))).toBe(false);
    expect(isAlone(asked(2, [3]))).toBe(false);
  });
});

describe('the orders of a run', () => {
  it('are counted, and one that changed what it must not is the last', () => {
    const first = [asked(1, [1]), placed(1, 0), over(1), asked(2, [2]), over(2, 'refused')];
    expect(indexOf(3, ...first).orders).toMatchObject({ last: 2, mismatch: null });
    const whileOpen = { ...seen(3, 1), mismatch: 'x' } as LedgerEntry;
    const open = indexOf(3, ...first, asked(3, [3]), placed(3, 1), whileOpen).orders;
    expect([open.mismatch, open.open.size]).toEqual(['x', 1]);
    expect(indexOf(3, ...first, asked(5, [3]), placed(5, 0), over(5, 'mismatch')).orders).toMatchObject({
      ...{ last: 5, mismatch: '' },
    });
    expect(indexOf(3, ...first, over(1, 'mismatch')).orders).toMatchObject({ last: 2, mismatch: '' });
  });
});

describe('a ledger that cannot be', () => {
  it.each([
    ['it names row 4, and the plan has 3', [asked(1, [1, 4])]],
    ['it names row 1 again after its outcome', [outcome(1), asked(1, [1])]],
    ['it names row 1 again after its outcome', [outcome(1, 'unverified'), asked(1, [1])]],
    ['it names order 1 again', [asked(1, [1]), over(1), asked(1, [2])]],
    ['it names row 1, which order 1 may still move', [asked(1, [1]), asked(2, [1])]],
    ['it names order 1, which is not open', [placed(1, 0)]],
    ['it names order 2, which is not open', [asked(1, [1]), seen(2, 0)]],
    ['it names order 1, which is not open', [asked(1, [1]), over(1), over(1)]],
  ] satisfies [string, LedgerEntry[]][])('is refused: %s', (message, entries) => {
    expect(() => indexOf(3, ...entries)).toThrow(new Error(message));
  });
});

/** Orders as they go: placed or not, seen or not, with outcomes for some of their rows, and ended; rows besides. */
const course = fc
  .array(
    fc.record({
      rows: fc.integer({ min: 1, max: 4 }),
      isPlaced: fc.boolean(),
      decided: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      result: fc.constantFrom(...ORDER_RESULTS),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((orders) => {
    let row = 0;
    const entries = orders.flatMap(({ rows, isPlaced, decided, result }, place): LedgerEntry[] => {
      const own = Array.from({ length: rows }, () => ++row);
      const number = place + 1;
      const between = isPlaced ? [placed(number, rows), seen(number, 0)] : [];
      const outcomes = own.filter((_, each) => decided[each]).map((each) => outcome(each));
      return [asked(number, own), ...between, ...outcomes, over(number, result)];
    });
    return { rows: row, entries };
  });

it('wherever a kill cuts the ledger, a row that an order may have moved is read before it is sent', () => {
  fc.assert(
    fc.property(course, ({ rows, entries }) => {
      for (let end = 0; end <= entries.length; end++) {
        const before = entries.slice(0, end);
        const index = indexOf(rows, ...before);
        const open = before.findLast((entry) => entry.type === 'order_intent' || entry.type === 'order_ended');
        for (let row = 1; row <= rows; row++) {
          const state = index.rowStates[row] as number;
          const ended = before.some((entry) => entry.type === 'outcome' && entry.row === row);
          expect(hasOutcome(state)).toBe(ended);
          const isOpen = open?.type === 'order_intent' && open.rows.includes(row) && !ended;
          expect(index.orders.byRow.has(row)).toBe(isOpen);
          if (isOpen) expect(state).toBe(ROW_STATE.intent);
        }
      }
    }),
    { numRuns: 200 },
  );
});
