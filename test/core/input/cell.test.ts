import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanCell, isAmbiguous, isBlankLine } from '../../../src/core/input/cell.ts';
import { anyText } from '../../support/any-text.ts';

// What a spreadsheet, an editor or a web page may leave around a value.
const MARKS = [
  ...' \t\n\v\f\r\u00a0\u1680\u180e\u2000\u2003\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029',
  ...'\u202a\u202c\u202d\u202e\u202f\u205f\u2060\u2066\u2069\u3000\ufeff\x1a',
];
const named = MARKS.map((mark) => ({ name: `U+${mark.charCodeAt(0).toString(16).padStart(4, '0')}`, mark }));

describe('the edges of a cell', () => {
  it.each(named)('are freed from $name', ({ mark }) => {
    expect(cleanCell(`${mark}${mark}A2P${mark}`)).toBe('A2P');
    expect(cleanCell(`${mark}é${mark}`)).toBe('é');
  });

  it.each(named)('a cell of $name alone is empty', ({ mark }) => {
    expect(cleanCell(mark + mark)).toBe('');
  });

  it('keeps characters inside a value', () => {
    expect(cleanCell('a b')).toBe('a b');
    expect(cleanCell(' a \u00a0\u200b b ')).toBe('a \u00a0\u200b b');
  });

  it('takes a mebibyte of spaces inside a cell in its stride', () => {
    const cell = `é${' '.repeat(2 ** 20)}é`;
    const began = performance.now();
    expect(cleanCell(cell)).toBe(cell);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('the guards of spreadsheets', () => {
  it.each([
    ['="123"', '123'],
    [' ="123"\u00a0', '123'],
    ['=" 123 "', '123'],
    ['=""', ''],
    ["'123", '123'],
    ["  ' 123 ", '123'],
    ["'+18005550001", '+18005550001'],
    ["'", ''],
  ])('%j is %j', (cell, value) => {
    expect(cleanCell(cell)).toBe(value);
  });

  it.each(['=123', '="123', '="1"2"', '"123"', "12'3", "123'", '""', "''"])('%j is no guard and stays', (cell) => {
    expect(cleanCell(cell)).toBe(cell);
  });

  it('takes one guard away, not two', () => {
    expect(cleanCell("'''")).toBe("''");
    expect(cleanCell('\'="123"')).toBe('="123"');
  });
});

const nasty = fc.string({ unit: fc.constantFrom(...MARKS, ...'aZ0+-.="\'é\u0000'), maxLength: 12 });

describe('any cell', () => {
  it('comes out without white space at its edges', () => {
    fc.assert(
      fc.property(fc.oneof(nasty, anyText()), (cell) => {
        const value = cleanCell(cell);
        expect(value).toBe(value.trim());
      }),
    );
  });

  it('is not changed by cleaning it again, unless what was guarded has a guard of its own', () => {
    fc.assert(
      fc.property(nasty, (cell) => {
        const value = cleanCell(cell);
        fc.pre(!/^['=]/.test(value));
        expect(cleanCell(value)).toBe(value);
      }),
    );
  });

  it('keeps plain words as they are', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9+_.-]{0,70}$/), (word) => {
        expect(cleanCell(word)).toBe(word);
      }),
    );
  });
});

describe('words for nothing', () => {
  const words = [
    ...['null', 'NULL', 'Null', 'none', 'None', 'nil', 'NIL', 'n/a', 'N/A', '-', 'undefined', '""', "''"],
    ...['NA', 'NaN', 'nan', '<NA>', '#N/A', 'TBD', 'TRUE', 'FALSE', '\\N', 'keep', 'NaT', 'n.a.', 'tbc', 'todo'],
    ...['unchanged', 'same', 'unset', 'blank', 'Empty', '--', '---'],
  ];
  it.each(words)('%s is ambiguous', (value) => {
    expect(isAmbiguous(value)).toBe(true);
  });

  it.each(['', 'UNASSIGN', 'A2P', 'nullable', 'n', '"', 'keeper', 'nano', '#REF!', 'TRUE.', '----'])(
    '%j is not',
    (value) => {
      expect(isAmbiguous(value)).toBe(false);
    },
  );
});

describe('blank lines', () => {
  it.each([[['']], [['', '', '']], [[' ', '\u00a0', '\ufeff']], [["'", '=""']], [[]]])('%j is blank', (cells) => {
    expect(isBlankLine(cells)).toBe(true);
  });

  it.each([[['', 'x']], [['-']], [['', ' ', '0']]])('%j is not', (cells) => {
    expect(isBlankLine(cells)).toBe(false);
  });
});
