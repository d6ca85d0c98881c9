import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvError, type CsvRecord } from '../../../src/io/csv/record.ts';
import { createRecordReader } from '../../../src/io/csv/record-reader.ts';

/** Cuts a text into pieces of these sizes, in turn. */
function pieces(text: string, sizes: readonly number[]): string[] {
  const cut: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    cut.push(text.slice(at, at + size));
    at += size;
  }
  return cut;
}

function read(text: string, sizes: readonly number[] = [1 << 16]): CsvRecord[] {
  const reader = createRecordReader(',');
  const records = pieces(text, sizes).flatMap((piece) => reader.feed(piece));
  return [...records, ...reader.end()];
}

/** The records of a text, or why it is refused. */
function outcome(text: string, sizes: readonly number[]): unknown {
  try {
    return read(text, sizes);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return error.fileError;
  }
}

const soup = fc.string({
  unit: fc.constantFrom('"', '"', ',', '\n', '\r', '\r\n', ' ', 'a', 'é', '="', '\uFEFF', '\u00a0'),
  maxLength: 40,
});

describe('pieces', () => {
  it('change nothing, wherever they are cut', () => {
    fc.assert(
      fc.property(soup, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), (text, sizes) => {
        expect(outcome(text, sizes)).toEqual(outcome(text, [1 << 16]));
      }),
      { numRuns: 1000 },
    );
  });

  it('may be empty', () => {
    const reader = createRecordReader(',');
    expect(['1\r', '', '\n"2\r', '', '\n"', '', '\n'].flatMap((piece) => reader.feed(piece))).toEqual([
      { line: 1, cells: ['1'] },
      { line: 2, cells: ['2\r\n'] },
    ]);
    expect(reader.end()).toEqual([]);
  });
});

describe('the records', () => {
  it('are those of a well known parser, for every text without white space at quotes', () => {
    const options = {
      relax_column_count: true,
      relax_quotes: true,
      record_delimiter: ['\r\n', '\n', '\r'],
    };
    const text = fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r\n', 'a', 'b', '='), maxLength: 30 });
    fc.assert(
      fc.property(text, (text) => {
        const records = outcome(text, [7]);
        // What is refused here is read there as cells that hold whole rows, or is refused too.
        if (Array.isArray(records)) expect(records.map(({ cells }) => cells)).toEqual(parse(text, options));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['spaces around quotes', ' "1" , "a, b"\t,"c"  \n', ['1', 'a, b', 'c']],
    ['no-break spaces and a byte order mark around quotes', '\uFEFF\u00a0"1"\u00a0,\uFEFF"2"', ['1', '2']],
    ['spaces inside quotes stay', '" 1 "," "', [' 1 ', ' ']],
    ['spaces around cells without quotes stay', ' 1 , ', [' 1 ', ' ']],
    ['line breaks inside quotes with spaces around', ' "a\nb" ,c', ['a\nb', 'c']],
    ['text behind the quotes makes them text, with the spaces', ' "1" x, "a""b" "c"', [' "1" x', ' "a"b" "c"']],
    ['a cell of two quotes and spaces is empty', ' "" ,x', ['', 'x']],
  ])('%s', (_, text, cells) => {
    expect(read(text)).toMatchObject([{ line: 1, cells }]);
    expect(read(text, [1])).toMatchObject([{ line: 1, cells }]);
  });

  it('have no spaces dropped that are the delimiter', () => {
    const reader = createRecordReader('\t');
    expect([...reader.feed('\t"a"\t \t "b" '), ...reader.end()]).toMatchObject([
      { line: 1, cells: ['', 'a', ' ', 'b'] },
    ]);
  });

  it('have no byte order mark in front, in any line; one inside quotes stays', () => {
    expect(read('\uFEFFid\n\uFEFF\uFEFF1,\uFEFF2\r\n\uFEFF"3"\r"\uFEFF4\n\uFEFF5"\n\uFEFF')).toEqual([
      { line: 1, cells: ['id'] },
      { line: 2, cells: ['1', '\uFEFF2'] },
      { line: 3, cells: ['3'] },
      { line: 4, cells: ['\uFEFF4\n\uFEFF5'] },
    ]);
  });

  it.each([
    ['a,b,', ['a', 'b', '']],
    ['a,"b"," "', ['a', 'b', ' ']],
    ['a, "b" ', ['a', 'b']],
    ['a, ', ['a', ' ']],
    ['x', ['x']],
    ['"a""', null],
    ['"', null],
  ])('may end without a line end, which the last one says: %j', (last, cells) => {
    const refused = { code: 'bad_quoting', line: 2 };
    const expected =
      cells === null
        ? refused
        : [
            { line: 1, cells: ['1'] },
            { line: 2, cells, isUnended: true },
          ];
    expect(outcome(`1\n${last}`, [3])).toMatchObject(expected);
  });
});

type Passed = (self: string, args: unknown[], result: unknown) => number;

const whole: Passed = (self) => self.length;
const argument: Passed = (_self, [text]) => String(text).length;

/** How many characters each of these passes over. What the CSV parser gets is counted by the bytes that it is given. */
const PASSED: [object, Record<string, Passed>][] = [
  [
    String.prototype,
    {
      indexOf: (self, args, found) => (Number(found) < 0 ? self.length : Number(found)) - Number(args[1] ?? 0),
      charCodeAt: () => 0,
      slice: (_self, _args, taken) => String(taken).length,
      split: whole,
      includes: whole,
      replace: whole,
      replaceAll: whole,
      trim: whole,
    },
  ],
  [RegExp.prototype, { test: argument }],
  [Buffer, { from: argument }],
  // No record may cost an error object.
  [Error, { captureStackTrace: () => 1000 }],
];

/** Counts the calls of these while `run` runs, and the characters that they pass over. */
function workOf(run: () => void): number {
  let work = 0;
  const restore = PASSED.map(([target, methods]) => {
    const real = Object.getOwnPropertyDescriptors(target) as Record<string, PropertyDescriptor>;
    for (const [name, passed] of Object.entries(methods)) {
      const method = real[name]?.value as (...args: unknown[]) => unknown;
      const value = function (this: string, ...args: unknown[]) {
        const result = method.apply(this, args);
        work += 1 + passed(this, args, result);
        return result;
      };
      Object.defineProperty(target, name, { ...real[name], value });
    }
    return () => {
      for (const name of Object.keys(methods)) Object.defineProperty(target, name, real[name] as PropertyDescriptor);
    };
  });
  try {
    run();
  } finally {
    for (const undo of restore) undo();
  }
  return work;
}

describe('the work', () => {
  const lines = (line: string, n: number) => line.repeat(n);
  const SIZE = 20_000;
  it.each([
    ['blank lines that end in CR', '\r'],
    ['blank lines', '\n'],
    ['blank lines that end in CRLF', '\r\n'],
    ['delimiters alone', ','],
    ['lines of delimiters', `${lines(',', 999)}\n`],
    ['quotes alone', '"'],
    ['empty cells in quotes', '"",'],
    ['a cell in quotes in each line', 'a,"b"\r\n'],
    ['all cells in quotes', '"a","b","c"\n'],
    ['all cells in quotes, with quotes in them', '"a""a","b","c"\n'],
    ['stray quotes', '"a"b,5" c\n'],
    ['a stray quote, and text of quotes behind it', '"a'],
    ['an escaped quote and a stray one', '""x'],
    ['more and fewer cells than the header', '"1"\n2,3,4,5\n\n'],
    ['a line break in each cell', '"a\nb\rc\r\nd",\n'],
    ['spaces', ' '],
    ['cells of spaces', '   ,'],
    ['quotes and spaces', ' "a"  ,  "b"  \n'],
    ['byte order marks', '\uFEFF'],
    ['letters without a line end', 'a'],
    ['an open quote and line ends of CR', '"\r\r\r\r'],
  ])('grows with the length alone, for %s', (_, unit) => {
    const work = (size: number, piece: number) => {
      const text = `"id",b\n${unit.repeat(size / unit.length)}`;
      const cut = pieces(text, [piece]);
      const reader = createRecordReader(',');
      return workOf(() => {
        try {
          for (const part of cut) reader.feed(part);
          reader.end();
        } catch (error) {
          if (!(error instanceof CsvError)) throw error;
        }
      });
    };
    for (const piece of [64, 4096]) {
      expect(work(SIZE, piece)).toBeLessThan(12 * SIZE);
      expect(work(2 * SIZE, piece)).toBeLessThan(2.2 * work(SIZE, piece));
    }
  });

  it.each([
    ['delimiters behind quotes', ['"a, b"', ','], ['a, b', ',']],
    ['cells of two quotes', ['"a,"" b",', '"",'], ['a," b,', ',']],
    ['escaped quotes', ['"a, b', '""'], null],
    ['stray quotes', ['"a" x,', '"b" y,'], ['"a" x,', '"b" y,']],
    ['quotes in a cell without quotes', ['a,', '5" '], ['a,', '5" ']],
  ] as const)('is done for a row of nearly 1 MiB of %s', (_, [start, unit], expected) => {
    const times = Math.floor((1024 * 1024 - start.length) / unit.length);
    const text = `${start}${unit.repeat(times)}\nnext\n`;
    if (expected === null) return expect(() => read(text)).toThrow('not closed');
    const [record, next] = read(text);
    expect(record?.cells.join(',') === expected[0] + expected[1].repeat(times)).toBe(true);
    expect(next).toEqual({ line: 2, cells: ['next'] });
  });

  it('ends at a line of over 1 MiB, however it is made', () => {
    for (const unit of [',', 'a', '""', ' ', '"a\n']) {
      const reader = createRecordReader(',');
      let fed = 0;
      const feedAll = () => {
        for (; fed < 3 * 1024 * 1024; fed += 1 << 16) reader.feed(unit.repeat((1 << 16) / unit.length));
      };
      // A quote is closed by the next one.
      if (unit === '"a\n') expect(feedAll).toThrow('rows between');
      else expect(feedAll, unit).toThrow('over 1 MiB');
      expect(fed).toBeLessThanOrEqual(1024 * 1024);
    }
  });
});
