import { describe, expect, it } from 'vitest';
import { planEntry } from '../../../src/core/plan/entry.ts';
import { createLimitedCells, MAX_REJECTION_CHARACTERS } from '../../../src/core/plan/rejection-texts.ts';
import { makeEntry } from '../../support/make.ts';

const rejected = (row: number) => makeEntry({ row, action: 'rejected', reason: 'bad_id', note: '0123456789' });

describe('the texts of rejected rows', () => {
  it('are kept up to a limit; beyond it the rows have only their reason', () => {
    const cells = createLimitedCells(25);
    const notes = [1, 2, 3, 4].map((row) => planEntry(cells.of(rejected(row))));
    expect(notes.map(({ row, reason, note }) => [row, reason, note])).toEqual([
      [1, 'bad_id', '0123456789'],
      [2, 'bad_id', '0123456789'],
      [3, 'bad_id', ''],
      [4, 'bad_id', ''],
    ]);
    expect(cells.withoutText()).toBe(2);
    const change = makeEntry({ note: 'kept' });
    expect(planEntry(cells.of(change))).toEqual(change);
    expect(cells.withoutText()).toBe(2);
  });

  it('are limited to 8 MiB', () => {
    const cells = createLimitedCells();
    const long = { ...rejected(1), note: 'x'.repeat(MAX_REJECTION_CHARACTERS) };
    expect(planEntry(cells.of(long)).note).toHaveLength(8 * 1024 * 1024);
    expect(planEntry(cells.of(rejected(2))).note).toBe('');
  });
});
