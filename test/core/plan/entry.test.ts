import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Columns } from '../../../src/core/input/header.ts';
import { layoutOf } from '../../../src/core/input/row-shape.ts';
import { readProfileRef } from '../../../src/core/input/target.ts';
import {
  PLAN_COLUMNS,
  patchReason,
  planCells,
  planEntry,
  planRow,
  targetsOf,
  withRepeat,
} from '../../../src/core/plan/entry.ts';
import { anyText } from '../../support/any-text.ts';
import { ID, makeEntry, OTHER_PROFILE, PHONE, PROFILE } from '../../support/make.ts';

const COLUMNS = { phone_number_id: 0, phone_number: 1, messaging_profile_id: 2, messaging_product: 3 };
const ALLOWED = { unassign: true, roundedIds: false, online: false };
/** A table of this many columns, of which these have a field. */
const layout = (width: number, columns: Columns) =>
  layoutOf(
    Array.from({ length: width }, (_, at) => `c${at}`),
    columns,
    ',',
  );
const plan = (...cells: string[]) => planRow({ row: 7, line: 9, cells }, layout(4, COLUMNS), ALLOWED);

describe('the plan of a row', () => {
  it('is a change to its targets', () => {
    expect(plan(ID, PHONE, PROFILE.toUpperCase(), 'A2P')).toEqual({
      row: 7,
      line: 9,
      id: ID,
      phoneNumber: PHONE,
      action: 'change',
      reason: '',
      profileBefore: '',
      profileTarget: PROFILE,
      productBefore: '',
      productTarget: 'A2P',
      note: '',
    });
  });

  it('has empty targets if a value is kept, and UNASSIGN if it is taken away', () => {
    expect(plan(ID, '', '', 'A2P')).toMatchObject({ phoneNumber: '', profileTarget: '', productTarget: 'A2P' });
    expect(plan(ID, '', 'unassign', '')).toMatchObject({ profileTarget: 'UNASSIGN', productTarget: '' });
  });

  it('has no id if a phone number names it, and keeps the name of its profile', () => {
    const columns = { ...COLUMNS, messaging_profile_name: 4 };
    const cells = ['', PHONE, '', 'A2P', 'Support, "EU"\n'];
    const entry = planRow({ row: 7, line: 9, cells }, layout(5, columns), { ...ALLOWED, online: true });
    expect(entry).toMatchObject({ id: '', phoneNumber: PHONE, action: 'change', productTarget: 'A2P' });
    expect(readProfileRef(entry.profileTarget)).toEqual({ id: '', name: 'Support, "EU"' });
    expect(planRow({ row: 7, line: 9, cells }, layout(5, columns), ALLOWED)).toMatchObject({
      action: 'rejected',
      profileTarget: '',
    });
  });

  it('is a rejection with code and text, and without targets', () => {
    expect(plan(ID, PHONE, 'null', 'A2P')).toEqual({
      row: 7,
      line: 9,
      id: ID,
      phoneNumber: PHONE,
      action: 'rejected',
      reason: 'ambiguous_cell',
      profileBefore: '',
      profileTarget: '',
      productBefore: '',
      productTarget: '',
      note: 'messaging_profile_id "null" is ambiguous: leave the cell empty to keep the value, or write UNASSIGN in the profile column to remove it',
    });
  });

  it('shows what a rejected row has for id and phone number, safe for terminals and spreadsheets', () => {
    expect(plan('=cmd()\u0007', '-1', PROFILE, '')).toMatchObject({
      action: 'rejected',
      id: "'=cmd()\\x07",
      phoneNumber: "'-1",
    });
    expect(plan('', '+1+2', PROFILE, '')).toMatchObject({ id: '', phoneNumber: "'+1+2" });
    expect(plan('', PHONE, PROFILE, '')).toMatchObject({ phoneNumber: PHONE });
  });

  it('shows what there is of a row with too few cells', () => {
    expect(plan(ID)).toMatchObject({ action: 'rejected', reason: 'wrong_number_of_cells', id: ID, phoneNumber: '' });
  });
});

describe('a row that repeats an id', () => {
  const entry = makeEntry({ phoneNumber: PHONE });

  it('is a duplicate that names the line that is sent', () => {
    expect(withRepeat(entry, { kind: 'duplicate', line: 5 })).toEqual({
      ...entry,
      action: 'duplicate',
      note: 'same id and targets as line 5, which is sent',
    });
  });

  it('whose number is at its target is no repeat of a line that is sent', () => {
    expect(withRepeat({ ...entry, action: 'unchanged' }, { kind: 'duplicate', line: 5 })).toMatchObject({
      action: 'duplicate',
      note: 'same id and targets as line 5, whose number is at its target',
    });
  });

  it.each([
    [{ lines: [5], others: 1 }, 'the same id has other targets in line 5; keep one of them'],
    [{ lines: [5, 8], others: 2 }, 'the same id has other targets in lines 5, 8; keep one of them'],
    [{ lines: [5, 8], others: 3 }, 'the same id has other targets in lines 5, 8 and 1 other; keep one of them'],
    [{ lines: [5, 8], others: 1202 }, 'the same id has other targets in lines 5, 8 and 1,200 others; keep one of them'],
  ])('is a rejected conflict that names the other lines: %j', (repeat, note) => {
    expect(withRepeat(entry, { kind: 'conflict', ...repeat })).toEqual({
      ...entry,
      action: 'rejected',
      reason: 'conflict',
      note,
    });
  });
});

describe('plan.csv', () => {
  it('has the columns of the contract', () => {
    expect(PLAN_COLUMNS.join(',')).toBe(
      'row,line,phone_number_id,phone_number,action,reason,messaging_profile_id_before,messaging_profile_id_target,messaging_product_before,messaging_product_target,note',
    );
  });

  it('holds an entry in their order', () => {
    const entry = makeEntry({
      row: 3,
      line: 12,
      phoneNumber: PHONE,
      action: 'unchanged',
      reason: 'conflict',
      profileBefore: 'pb',
      productBefore: 'db',
      productTarget: 'A2P',
      note: 'n',
    });
    const cells = ['3', '12', ID, PHONE, 'unchanged', 'conflict', 'pb', PROFILE, 'db', 'A2P', 'n'];
    expect(planCells(entry)).toEqual(cells);
    expect(planEntry(cells)).toEqual(entry);
  });

  it('guards what an account has against spreadsheets', () => {
    const entry = makeEntry({ profileBefore: '=1+1', productBefore: '@x' });
    expect(planCells(entry)).toEqual(expect.arrayContaining(["'=1+1", "'@x"]));
  });

  it('has empty texts for cells that are not there', () => {
    expect(planEntry(['1', '2', ID, '', 'change'])).toEqual(makeEntry({ profileTarget: '' }));
  });

  const cell = fc.oneof(
    anyText(20),
    fc.string({ unit: fc.constantFrom(...'=+-@|\t\r\n",; \'\u2028\ufeff'), maxLength: 6 }),
    fc.constantFrom(ID, PROFILE, PHONE, 'UNASSIGN', 'A2P', ''),
  );

  it.each([
    ['of a file', COLUMNS, 4, ALLOWED],
    ['with the name of a profile', { ...COLUMNS, messaging_profile_name: 4 }, 5, { ...ALLOWED, online: true }],
  ])('returns every entry that a row %s can become, each on one physical line', (_what, columns, width, allowed) => {
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 6 }), (cells) => {
        const entry = planRow({ row: 1, line: 2, cells }, layout(width, columns), allowed);
        const text = stringify([planCells(entry)]);
        expect(text.trimEnd()).not.toMatch(/[\r\n\u2028\u2029]/);
        const records = parse(text, { bom: true, relax_quotes: true, record_delimiter: ['\r\n', '\n', '\r'] });
        expect(records).toHaveLength(1);
        expect(planEntry(records[0] as string[])).toEqual(entry);
      }),
      { numRuns: 300 },
    );
  });

  it('never holds a cell that a spreadsheet would take for a formula', () => {
    fc.assert(
      fc.property(cell, cell, (id, phone) => {
        const shown = planCells(
          planRow({ row: 1, line: 2, cells: [id, phone, 'null', ''] }, layout(4, COLUMNS), ALLOWED),
        );
        for (const text of shown) if (!/^\+[0-9]+$/.test(text)) expect(text).not.toMatch(/^\s*[=+\-@|]/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the targets of an entry as one text', () => {
  it('are equal for the same targets only', () => {
    const texts = [
      makeEntry({ profileTarget: PROFILE, productTarget: '' }),
      makeEntry({ profileTarget: '', productTarget: PROFILE }),
      makeEntry({ profileTarget: PROFILE, productTarget: 'A2P' }),
      makeEntry({ profileTarget: 'UNASSIGN', productTarget: '' }),
      makeEntry({ profileTarget: '', productTarget: 'A2P' }),
    ].map(targetsOf);
    expect(new Set(texts).size).toBe(5);
    expect(targetsOf(makeEntry({ row: 9, note: 'x' }))).toBe(targetsOf(makeEntry()));
  });
});

describe('a row that could be part of a bulk order', () => {
  const move = makeEntry({ phoneNumber: PHONE, profileBefore: OTHER_PROFILE });

  it.each([
    [{}, null],
    [{ profileBefore: 'UNASSIGN' }, null],
    [{ productTarget: 'A2P' }, 'product'],
    [{ productTarget: 'A2P', productBefore: 'A2P' }, 'product'],
    [{ profileTarget: '', productTarget: 'A2P' }, 'product'],
    [{ profileTarget: 'UNASSIGN' }, 'unassign'],
    [{ phoneNumber: '' }, 'phone'],
    [{ phoneNumber: '18005550001' }, 'phone'],
    [{ profileBefore: '' }, 'unread'],
  ])('with %j: %s', (changes, reason) => {
    expect(patchReason({ ...move, ...changes })).toBe(reason);
  });
});
