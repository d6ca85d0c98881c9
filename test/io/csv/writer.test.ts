import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCsvWriter, replaceRows } from '../../../src/io/csv/writer.ts';
import { CHUNK, recordsOf } from '../../support/io/csv-reading.ts';
import { tempDir } from '../../support/temp.ts';

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Writes a table and returns its text. */
function written(rows: string[][]): string {
  const path = join(tempDir(), 'out.csv');
  const writer = createCsvWriter(path, rows[0] ?? []);
  for (const row of rows.slice(1)) writer.write(row);
  writer.close();
  return readFileSync(path, 'utf8');
}

describe('createCsvWriter', () => {
  it('puts the file under its name only when it is complete, with mode 0600 and the right digest', () => {
    const dir = tempDir();
    const path = join(dir, 'out.csv');
    const writer = createCsvWriter(path, ['id', 'label']);
    for (let row = 1; row <= 1200; row++) writer.write([String(row), `Zoë, "${row}"`]);
    expect(readdirSync(dir)).not.toContain('out.csv');
    const digest = writer.close();
    expect(readdirSync(dir)).toEqual(['out.csv']);
    expect(digest).toBe(sha256(path));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines).toHaveLength(1202);
    expect(lines.slice(0, 2)).toEqual(['id,label', '1,"Zoë, ""1"""']);
    expect(lines.at(-2)).toBe('1200,"Zoë, ""1200"""');
  });

  it.each([0, 1, 498, 499, 500, 999, 1000, 1001])('writes all of %i rows', async (rows) => {
    const table = [['id'], ...Array.from({ length: rows }, (_, at) => [String(at)])];
    expect(written(table).split('\n')).toHaveLength(rows + 2);
  });

  it('keeps the old file until the new one is complete, and leaves nothing behind if abandoned', () => {
    const dir = tempDir();
    const path = join(dir, 'out.csv');
    writeFileSync(path, 'old');
    const writer = createCsvWriter(path, ['id']);
    for (let row = 0; row < 600; row++) writer.write(['x']);
    expect(readFileSync(path, 'utf8')).toBe('old');
    writer.abandon();
    expect(readdirSync(dir)).toEqual(['out.csv']);
    expect(readFileSync(path, 'utf8')).toBe('old');
    createCsvWriter(path, ['id']).close();
    expect(readFileSync(path, 'utf8')).toBe('id\n');
  });

  it('may be abandoned after it could not be put in place, which throws the reason', () => {
    const dir = tempDir();
    const path = join(dir, 'out.csv');
    mkdirSync(path);
    const writer = createCsvWriter(path, ['id']);
    expect(() => writer.close()).toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    writer.abandon();
    expect(readdirSync(dir)).toEqual(['out.csv']);
  });

  it('throws what the file system throws if the file cannot be opened', () => {
    expect(() => createCsvWriter('/nonexistent/out.csv', ['id'])).toThrow('ENOENT');
  });

  it('writes every text so that the reader returns it unchanged', async () => {
    const cell = fc.string({
      unit: fc.constantFrom('"', ',', ';', '\n', '\r', '\t', 'a', ' ', '=', 'é', '😀', '\uFEFF'),
    });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(table, async (rows) => {
        // A header of plain names first: a byte order mark or `sep=` in front would be read as one.
        const records = await recordsOf(written([['id', 'a'], ...rows]));
        expect(records.slice(1).map(([, ...cells]) => cells)).toEqual(rows);
      }),
      { numRuns: 200 },
    );
  });
});

describe('replaceRows', () => {
  function plan(rows: string[][]): string {
    const path = join(tempDir(), 'plan.csv');
    const writer = createCsvWriter(path, ['row', 'note']);
    for (const row of rows) writer.write(row);
    writer.close();
    return path;
  }

  it('leaves the table as it was, and no draft, if a row cannot be replaced', () => {
    const path = plan([['1', 'one']]);
    const replace = () => {
      throw new Error('no space');
    };
    expect(() => replaceRows(path, replace)).toThrow('no space');
    expect(readdirSync(dirname(path))).toEqual(['plan.csv']);
    expect(readFileSync(path, 'utf8')).toBe('row,note\n1,one\n');
  });

  it('replaces some rows and keeps the others byte by byte; the digest is that of the file', async () => {
    const path = plan([
      ['1', 'one'],
      ['2', '"two", é'],
      ['3', 'three'],
    ]);
    const seen: [number, string][] = [];
    const digest = replaceRows(path, (row, line) => {
      seen.push([row, line()]);
      return row === 3 ? ['3', 'fixed, "日本"'] : null;
    });
    expect(seen).toEqual([
      [1, '1,one'],
      [2, '2,"""two"", é"'],
      [3, '3,three'],
    ]);
    expect(readFileSync(path, 'utf8')).toBe('row,note\n1,one\n2,"""two"", é"\n3,"fixed, ""日本"""\n');
    expect(digest).toBe(sha256(path));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..'))).toEqual(['plan.csv']);
  });

  it.each(['é', '日', '😀'])('keeps %s intact across the borders of chunks', (character) => {
    const rows = Array.from({ length: 12_000 }, (_, at) => [String(at + 1), character.repeat(at % 40)]);
    const path = plan(rows);
    expect(statSync(path).size).toBeGreaterThan(3 * CHUNK);
    const before = readFileSync(path, 'utf8');
    expect(replaceRows(path, () => null)).toBe(sha256(path));
    expect(readFileSync(path, 'utf8')).toBe(before);
    replaceRows(path, (row) => (row % 2 === 0 ? [String(row), character] : null));
    const expected = before
      .split('\n')
      .map((line, row) => (row > 0 && row <= 12_000 && row % 2 === 0 ? `${row},${character}` : line));
    expect(readFileSync(path, 'utf8')).toBe(expected.join('\n'));
  });

  it('writes any row as the writer does', () => {
    const cell = fc.string({
      unit: fc.constantFrom('"', ',', ';', '\r', '\t', 'a', ' ', '=', '#', "'", 'é', '\uFEFF'),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
        const written = readFileSync(plan(rows), 'utf8');
        const path = plan(rows.map(() => ['', '']));
        const sum = replaceRows(path, (row) => rows[row - 1] ?? null);
        expect(readFileSync(path, 'utf8')).toBe(written);
        expect(sum).toBe(sha256(path));
      }),
    );
  });

  it('keeps the old file if a row cannot be replaced', () => {
    const path = plan([['1', 'one']]);
    const before = readFileSync(path, 'utf8');
    expect(() =>
      replaceRows(path, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});
