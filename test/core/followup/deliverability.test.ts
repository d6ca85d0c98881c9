import { describe, expect, it } from 'vitest';
import {
  compareRatios,
  countRatios,
  createFigures,
  deliverabilityText,
  fallText,
  figureColumns,
  ratioText,
} from '../../../src/core/followup/deliverability.ts';
import { digest } from '../../../src/io/digest.ts';
import { ID, PHONE } from '../../support/make.ts';

const HEADER = ['phone_number_id', 'phone_number', 'message_count', 'success_ratio'];
const COLUMNS = { id: 0, phone: 1, messages: 2, success: 3 };

describe('the columns of an export', () => {
  it('are found by name, whatever a spreadsheet has made of it', () => {
    expect(figureColumns(HEADER)).toEqual(COLUMNS);
    expect(figureColumns(['Success Ratio', 'x', 'Message-Count', 'E164'])).toEqual({
      ...{ id: -1, phone: 3, messages: 2, success: 0 },
    });
  });

  it.each([0, 1].map((at) => HEADER.filter((_, n) => n > 1 || n === at)))(
    'need one name of the number',
    (...header) => {
      expect(figureColumns(header)).not.toBeNull();
    },
  );

  it.each([
    ['no number', HEADER.slice(2)],
    ['no count', HEADER.filter((name) => name !== 'message_count')],
    ['no ratio', HEADER.slice(0, 3)],
  ])('are not enough with %s', (_, header) => {
    expect(figureColumns(header)).toBeNull();
  });
});

describe('the figures of an export', () => {
  const of = (cells: string[], number = { id: ID, phoneNumber: PHONE as string | undefined }) => {
    const figures = createFigures(digest, COLUMNS);
    figures.add(cells);
    return figures.of(number);
  };

  it.each([
    ['a ratio', '122', '0.94', 0.94],
    ['a ratio with a comma', '122', '0,94', 0.94],
    ['one that is text in a spreadsheet', "'122", '="1"', 1],
    ['no messages', '0', '0.94', null],
    ['no count', '', '0.94', null],
    ['no ratio', '122', '', null],
    ['a percentage', '100.0', '98 %', 0.98],
    ['a small ratio', '122', '1e-7', 1e-7],
    ['a ratio without its zero', '122', '.5', 0.5],
    ['words', 'many', 'good', null],
    ['a date', '122', '2026-01-02', null],
  ])('of a row with %s', (_, messages, success, ratio) => {
    expect(of([ID, PHONE, messages, success])).toBe(ratio);
  });

  it('are named if they are no numbers', () => {
    const figures = createFigures(digest, COLUMNS);
    const rows = [
      ['5', '0.5'],
      ['', ''],
      ['many', 'good'],
      ['5', '98 percent'],
    ];
    expect(rows.map((cells, n) => figures.add([`id-${n}`, '', ...cells]))).toEqual(['', '', 'many', '98 percent']);
  });

  it('are found by id or by phone number', () => {
    const row = [ID, PHONE.slice(1), '5', '0.5'];
    expect(of(row, { id: ID, phoneNumber: undefined })).toBe(0.5);
    expect(of(row, { id: 'other', phoneNumber: PHONE })).toBe(0.5);
    expect(of(row, { id: '', phoneNumber: PHONE })).toBe(0.5);
    expect(of(row, { id: 'other', phoneNumber: '+13125550009' })).toBeUndefined();
    expect(of([ID], { id: ID, phoneNumber: undefined })).toBeNull();
    expect(of(['', '', '5', '0.5'], { id: '', phoneNumber: '' })).toBeUndefined();
  });

  it('are those of the first row of a number, among many', () => {
    const figures = createFigures(digest, COLUMNS);
    for (let n = 0; n < 3000; n++) figures.add([`id-${n}`, '', '1', String(n)]);
    figures.add(['id-7', '', '1', '0']);
    expect([0, 7, 1024, 2999].map((n) => figures.of({ id: `id-${n}`, phoneNumber: undefined }))).toEqual([
      ...[0, 7, 1024, 2999],
    ]);
  });
});

describe('a success ratio', () => {
  const health = (success: number | null, messages: number | null = 10) => ({ success, messages, spam: null });

  it.each([
    [1, health(0.9), 10, false],
    [1, health(0.899), 10, true],
    [0.7, health(0.63), 10, false],
    [0.98, health(0.71), 10, true],
    [0.98, health(0.71), 30, false],
    [0.5, health(0.499), 0, true],
    [0.5, health(0.5), 0, false],
    [0.5, health(0.9), 10, false],
    [0, health(0), 10, false],
    [0.98, health(0), 100, false],
    [null, health(0), 10, false],
    [0.98, health(null), 10, false],
    [0.98, health(0, 0), 10, false],
    [0.98, health(0, null), 10, false],
    [0.98, undefined, 10, false],
  ])('of %d that is %j now, where %d %% may be lost', (before, now, maxDrop, hasFallen) => {
    expect(compareRatios(before, now, maxDrop).hasFallen).toBe(hasFallen);
  });

  it('is written with four decimals at most', () => {
    expect([0.98, 1, 0, 0.123456, null, undefined].map((ratio) => ratioText(ratio))).toEqual([
      ...['0.98', '1', '0', '0.1235', '', ''],
    ]);
    expect(fallText({ before: 0.98, now: 0.71, hasFallen: true })).toBe('success ratio fell: 0.98 -> 0.71');
    expect(fallText({ before: 0.98, now: 0.97, hasFallen: false })).toBe('success ratio is back: 0.98 -> 0.97');
  });
});

describe('what was found of the success ratios', () => {
  const none = { compared: 0, fallen: 0, no_figures: 0, not_in_file: 0 };

  it('counts every number once', () => {
    const counts = { ...none };
    const all = [
      undefined,
      compareRatios(null, undefined, 10),
      compareRatios(1, undefined, 10),
      compareRatios(1, { success: 1, messages: 1, spam: null }, 10),
      compareRatios(1, { success: 0.1, messages: 1, spam: null }, 10),
    ];
    for (const ratios of all) countRatios(counts, ratios);
    expect(counts).toEqual({ compared: 2, fallen: 1, no_figures: 2, not_in_file: 1 });
  });

  it.each([
    [{ compared: 1 }, false, 'success ratios: 0 of 1 number fell by more than 10 %'],
    [{ compared: 1200, fallen: 3 }, true, 'success ratios: 3 of 1,200 numbers fell by more than 10 %'],
    [
      { compared: 2, no_figures: 1, not_in_file: 4 },
      false,
      'success ratios: 0 of 2 numbers fell by more than 10 %, 1 without figures before or now, 4 not in b.csv',
    ],
    [
      { no_figures: 1 },
      false,
      'success ratios: 0 of 0 numbers fell by more than 10 %, 1 without figures before or now',
    ],
    [{ not_in_file: 2 }, true, 'success ratios: 0 of 0 numbers fell by more than 10 %, 2 not in b.csv'],
    [{}, false, 'success ratios: 0 of 0 numbers fell by more than 10 %'],
  ])('of %j is a warning: %s', (counts, isWarning, text) => {
    expect(deliverabilityText({ ...none, ...counts }, 'b.csv', 10)).toEqual({ text, isWarning });
  });
});
