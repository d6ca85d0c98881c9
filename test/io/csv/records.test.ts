import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBlankLine } from '../../../src/core/input/cell.ts';
import { findDialect, readCsv } from '../../../src/io/csv/records.ts';
import { CHUNK, readAll, recordsOf } from '../../support/io/csv-reading.ts';
import { tempFile } from '../../support/temp.ts';

const LINE_ENDS = { LF: '\n', CRLF: '\r\n', CR: '\r' };

describe('line ends', () => {
  it.each(Object.entries(LINE_ENDS))('%s: every record has the line on which it starts', async (_, end) => {
    const lines = ['id,label', '1,a', '2,b', '3,c'];
    const records = [
      [1, 'id', 'label'],
      [2, '1', 'a'],
      [3, '2', 'b'],
      [4, '3', 'c'],
    ];
    expect(await recordsOf(lines.join(end))).toEqual(records);
    expect(await recordsOf(lines.join(end) + end)).toEqual(records);
  });

  it('may be mixed in one file', async () => {
    const records = await recordsOf('id\r\n1\n2\r3\r\n\r\n4\n\r\n5');
    expect(records.filter(([, cell]) => cell !== '')).toEqual([
      [1, 'id'],
      [2, '1'],
      [3, '2'],
      [4, '3'],
      [6, '4'],
      [8, '5'],
    ]);
  });

  it.each(Object.entries(LINE_ENDS))('%s inside quotes: later rows keep their true lines', async (_, end) => {
    const text = ['id,label', `1,"a${end}${end}b"`, '2,c', `3,"${end}"`, '4,"d"', ''].join(end);
    expect(await recordsOf(text)).toEqual([
      [1, 'id', 'label'],
      [2, '1', `a${end}${end}b`],
      [5, '2', 'c'],
      [6, '3', end],
      [8, '4', 'd'],
    ]);
  });

  it('keeps counting after a quoted line break in a file without a last line end', async () => {
    expect(await recordsOf('id,label\r\n1,"a\r\nb"')).toEqual([
      [1, 'id', 'label'],
      [2, '1', 'a\r\nb'],
    ]);
  });

  it('counts blank lines and a line sep= as lines', async () => {
    const records = await recordsOf('sep=;\r\n\r\n ; \r\nid;label\r\n\r\n"1";"a\r\nb"\r\n;\r\n2;c\r\n');
    expect(records.filter(([_, ...cells]) => !isBlankLine(cells))).toEqual([
      [4, 'id', 'label'],
      [6, '1', 'a\r\nb'],
      [9, '2', 'c'],
    ]);
  });

  it.each([-3, -2, -1, 0, 1])('a CRLF %i bytes from the border of a chunk is one line end', async (shift) => {
    const head = 'id,label\r\n';
    const long = 'x'.repeat(CHUNK - head.length + shift);
    const records = await recordsOf(`${head}${long},1\r\n2,"a\r\nb"\r\n3,c\r\n`);
    expect(records.map(([line, cell]) => [line, cell])).toEqual([
      [1, 'id'],
      [2, long],
      [3, '2'],
      [5, '3'],
    ]);
  });
});

describe('quotes', () => {
  it('may be doubled inside quotes, and delimiters may be there too', async () => {
    expect(await recordsOf('id,label\n"1","a ""b"", c"\n"",""\n')).toEqual([
      [1, 'id', 'label'],
      [2, '1', 'a "b", c'],
      [3, '', ''],
    ]);
  });

  it('are text if they do not open a cell, or if more follows them', async () => {
    const stray = ['="12933842610000000011",x', '5" pipe,a"b"c', '"x"y,"z" ', 'a"\t"b,""""'];
    expect(await recordsOf(`id,label\n${stray.join('\n')}\n`)).toEqual([
      [1, 'id', 'label'],
      [2, '="12933842610000000011"', 'x'],
      [3, '5" pipe', 'a"b"c'],
      [4, '"x"y', 'z'],
      [5, 'a"\t"b', '"'],
    ]);
  });

  it('that are not closed refuse the file, with the line of the row', async () => {
    const { error } = await readAll('id,label\r\n1,"a\r\nb"\r\n2,"open\r\n3,c\r\n4,d\r\n');
    expect(error).toMatchObject({ code: 'bad_quoting', line: 4 });
    expect(error?.text).toContain('not closed');
  });

  it('that are not closed in a large file refuse it early, with the line of the row', async () => {
    const { error, records } = await readAll(`id,label\n1,a\n"2,b\n${'1234567890,label\n'.repeat(185_000)}`);
    expect(error).toMatchObject({ code: 'bad_quoting', line: 3 });
    expect(error?.text).toContain('1 MiB');
    expect(records).toHaveLength(2);
  });

  it.each([
    ['another cell that is quoted', 'id,label\n1,"5 inch\n2,x\n3,"ok"\n4,y\n'],
    ['a stray quote', 'id,label\n1,"5 inch\n2,6" x\n3,y\n'],
    ['another cell, with CRLF', 'id,label\r\n1,"5 inch\r\n2,x\r\n3,"ok"\r\n'],
    ['the last cell of the file', 'id,label\n1,"5 inch\n2,"b"c'],
  ])('that open in one row and close inside a cell of another refuse the file: %s', async (_, text) => {
    // Read as one cell, it would silently hide rows 2 and 3.
    const { error } = await readAll(text);
    expect(error).toMatchObject({ code: 'bad_quoting', line: 2 });
    expect(error?.text).toContain('rows between');
  });

  it('of several lines may contain quotes, and be next to stray ones', async () => {
    expect(await recordsOf('id;a;b\n="1";"""x""\n""y""";5" \n"";" \n";""\n2;;')).toEqual([
      [1, 'id', 'a', 'b'],
      [2, '="1"', '"x"\n"y"', '5" '],
      [4, '', ' \n', ''],
      [6, '2', '', ''],
    ]);
  });

  it('may enclose a cell of nearly 1 MiB of quotes and line ends', async () => {
    const cell = '"\r\n'.repeat(250_000);
    const records = await recordsOf(`id,label\n1,"${cell.replaceAll('"', '""')}"\n2,b\n`);
    expect(records[1]?.[2] === cell).toBe(true);
    expect(records[2]).toEqual([250_003, '2', 'b']);
  });

  it('in any well-formed text are read back, with the right lines', async () => {
    const cell = fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '\r\n', 'a', ' ', '=', 'é', '😀', "'") });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom('\n', '\r\n'), async (rows, end) => {
        let line = 1;
        const expected = rows.map((cells) => {
          const start = line;
          line += 1 + cells.join('\t').split(/\r\n|\n|\r/).length - 1;
          return [start, ...cells];
        });
        const quotedRow = (cells: string[]) => cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(',');
        expect(await recordsOf(rows.map((cells) => quotedRow(cells) + end).join(''), ',')).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a delimiter', () => {
  it.each([',', ';', '\t', '|'])('%j is found from the header', async (delimiter) => {
    const row = (...cells: string[]) => cells.join(delimiter);
    const text = `${row('phone_number_id', 'messaging_product', 'note')}\n${row('1', 'A2P', 'a')}\n`;
    const { dialect, records } = await readAll(text);
    expect(dialect).toEqual({ encoding: 'utf-8', delimiter });
    expect(records[1]).toEqual([2, '1', 'A2P', 'a']);
  });

  it.each([
    ['the most known names win over the most cells', 'id;messaging product;a,b,c,d,e', ';'],
    ['a quoted header cell may hold another delimiter and a line break', '"id";"profile\nid, of the team, new"', ';'],
    ['names count without their case and marks', 'Phone Number ID|Messaging-Product|a,b', '|'],
    ['one column is separated by commas', 'id', ','],
    ['blank lines before the header do not count', '\n \r\n\nid|product', '|'],
  ])('%s', async (_, header, delimiter) => {
    expect((await readAll(`${header}\n`)).dialect.delimiter).toBe(delimiter);
  });

  it('is taken from a first line sep=, which is not a row', async () => {
    for (const [first, delimiter] of [
      ['sep=;', ';'],
      ['SEP=|', '|'],
      ['"sep=,"', ','],
      ['sep=\t', '\t'],
    ] as const) {
      const { dialect, records } = await readAll(`${first}\r\nid${delimiter}a;b\r\n`);
      expect(dialect.delimiter).toBe(delimiter);
      expect(records[0]?.slice(0, 2)).toEqual([2, 'id']);
    }
  });

  it('that is given takes precedence over the header and over sep=', async () => {
    expect((await readAll('id,product;x\n', ';')).records).toEqual([[1, 'id,product', 'x']]);
    expect((await readAll('sep=;\nid;a,product\n', ',')).records).toEqual([[2, 'id;a', 'product']]);
  });

  it('sep= is a row like any other below the first line', async () => {
    expect(await recordsOf('id,a\nsep=;\n')).toEqual([
      [1, 'id', 'a'],
      [2, 'sep=;'],
    ]);
  });
});

describe('sizes and shapes', () => {
  it('an empty file has no records', async () => {
    expect(await readAll('')).toMatchObject({ records: [], error: null, dialect: { delimiter: ',' } });
    expect(await recordsOf('\uFEFF')).toEqual([]);
    expect(await recordsOf(Buffer.from([0xff, 0xfe]))).toEqual([]);
  });

  it('a header alone, with and without a line end, is one record', async () => {
    for (const end of ['', '\n', '\r\n']) expect(await recordsOf(`id,product${end}`)).toEqual([[1, 'id', 'product']]);
  });

  it('rows of too few and too many cells are returned unchanged', async () => {
    expect(await recordsOf('id,a\n1\n2,b,c,\n')).toEqual([
      [1, 'id', 'a'],
      [2, '1'],
      [3, '2', 'b', 'c', ''],
    ]);
  });

  it('200,000 rows are read in batches of a chunk, in order, without a warning', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const rows = Array.from({ length: 200_000 }, (_, at) => `12933842610${at},é${at}\r\n`).join('');
    const { records, batches } = await readAll(`id,label\r\n${rows}`);
    process.off('warning', listen);
    expect(records).toHaveLength(200_001);
    expect(records.findIndex(([line], at) => line !== at + 1)).toBe(-1);
    expect(records.findIndex(([, , label], at) => at > 0 && label !== `é${at - 1}`)).toBe(-1);
    expect(batches.length).toBeGreaterThan(20);
    expect(Math.max(...batches)).toBeLessThan(10_000);
    expect(warnings).toEqual([]);
  });

  it.each(Object.entries(LINE_ENDS))(
    '%s at the border of a chunk: every row comes once, with its line',
    async (_, end) => {
      // From 'the whole line end before the border' to 'the whole line end behind it'.
      for (let shift = 0; shift <= 3; shift++) {
        const long = 'x'.repeat(CHUNK - 'id'.length - 2 * end.length - shift);
        const rows = ['id', long, 'a', '', 'b'];
        expect(await recordsOf(rows.join(end)), `${shift}`).toEqual(rows.map((row, at) => [at + 1, row]));
      }
    },
  );

  it('a late quote changes nothing in the rows before it', async () => {
    for (const quoted of ['"1\n2"', 'a 5" label', '="12"']) {
      for (const before of [0, 1, 30_000]) {
        const rows = Array.from({ length: before }, (_, at) => `${at},é`);
        const records = await recordsOf(['id,label', ...rows, `x,${quoted}`, 'last,row'].join('\n'));
        expect(records.slice(0, -2)).toEqual([[1, 'id', 'label'], ...rows.map((_, at) => [at + 2, `${at}`, 'é'])]);
        const cell = quoted.startsWith('"') ? '1\n2' : quoted;
        expect(records.at(-2)).toEqual([before + 2, 'x', cell]);
        expect(records.at(-1)).toEqual([before + 3 + (cell === '1\n2' ? 1 : 0), 'last', 'row']);
      }
    }
  });

  it('a byte order mark at the beginning of the second chunk is dropped, as in any line, with quotes and without', async () => {
    const long = 'x'.repeat(CHUNK - 'id\n\n'.length);
    for (const more of ['', '"q"']) {
      const records = await recordsOf(`id\n${long}\n\uFEFFa\n${more}`);
      expect(records[2]).toEqual([3, 'a']);
    }
  });

  it('a line of over 1 MiB refuses the file, and a slightly shorter one does not', async () => {
    const { error } = await readAll(`id\n1\n${'x'.repeat(1024 * 1024 + 100)}\n2\n`);
    expect(error).toMatchObject({ code: 'bad_quoting', line: 3 });
    const records = await recordsOf(`id\n${'x'.repeat(1024 * 1024 - 10)}\n2`);
    expect(records.at(-1)).toEqual([3, '2']);
  });

  it('a reader that stops early closes the file', async () => {
    const path = tempFile(`id\n${'1\n'.repeat(300_000)}`);
    for await (const batch of readCsv(path, await findDialect(path, null))) {
      expect(batch[0]).toEqual({ line: 1, cells: ['id'] });
      break;
    }
  });

  it('a missing file throws what the file system throws', async () => {
    await expect(findDialect('/nonexistent/input.csv', null)).rejects.toThrow('ENOENT');
  });

  it.each([
    [[''], true],
    [[' ', '\t', '\u00a0'], true],
    [['\uFEFF\u200B'], true],
    [['', '0'], false],
    [['""'], false],
  ])('%j is a blank line: %s', (cells, blank) => {
    expect(isBlankLine(cells)).toBe(blank);
  });
});
