import { statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PLAN_COLUMNS, type PlanEntry, planCells } from '../../../src/core/plan/entry.ts';
import { createCsvWriter } from '../../../src/io/csv/writer.ts';
import { openPlanEntries, planLine, readPlan } from '../../../src/io/run/plan-file.ts';
import { CHUNK } from '../../support/io/csv-reading.ts';
import { entry } from '../../support/io/servers.ts';
import { tempDir, tempFile } from '../../support/temp.ts';

function written(entries: PlanEntry[]): string {
  const path = join(tempDir(), 'plan.csv');
  const writer = createCsvWriter(path, PLAN_COLUMNS);
  for (const one of entries) writer.write(planCells(one));
  writer.close();
  return path;
}

async function read(path: string): Promise<{ entries: PlanEntry[]; batches: number }> {
  const entries: PlanEntry[] = [];
  let batches = 0;
  for await (const batch of readPlan(path)) {
    batches += 1;
    entries.push(...batch);
  }
  return { entries, batches };
}

describe('readPlan', () => {
  it('returns the entries as they were written, in order', async () => {
    const entries = [
      entry({ row: 1, line: 2, note: '' }),
      entry({ row: 2, line: 5, action: 'rejected', reason: 'bad_id', id: "'=1+1", note: 'id "a, b" is not an id; x' }),
      entry({ row: 3, line: 6, action: 'duplicate', phoneNumber: '+18005550001', note: '"' }),
    ];
    expect((await read(written(entries))).entries).toEqual(entries);
    expect((await read(written([]))).entries).toEqual([]);
    expect((await read(tempFile(''))).entries).toEqual([]);
  });

  it('returns only entries of lines with a given text', async () => {
    const rows = [1, 2, 3].map((row) => entry({ row, line: row + 1, action: row === 2 ? 'rejected' : 'change' }));
    const found: number[] = [];
    for await (const batch of readPlan(written(rows), 'rejected')) found.push(...batch.map(({ row }) => row));
    expect(found).toEqual([2]);
    for await (const batch of readPlan(written(rows), 'held')) expect(batch).toEqual([]);
  });

  it('keeps texts intact across the borders of chunks', async () => {
    const entries = Array.from({ length: 6000 }, (_, at) =>
      entry({ row: at + 1, line: at + 2, note: at % 3 === 0 ? `"é, ${'😀'.repeat(at % 40)}"` : '日'.repeat(at % 20) }),
    );
    const path = written(entries);
    expect(statSync(path).size).toBeGreaterThan(3 * CHUNK);
    const found = await read(path);
    expect(found.entries).toEqual(entries);
    expect(found.batches).toBeGreaterThan(3);
  });

  it('throws what the file system throws', async () => {
    await expect(read('/nonexistent/plan.csv')).rejects.toThrow('ENOENT');
  });
});

describe('openPlanEntries', () => {
  it('returns single entries by row, in any order and repeatedly', () => {
    const entries = Array.from({ length: 9000 }, (_, at) =>
      entry({ row: at + 1, line: at + 2, note: at % 3 === 0 ? `"é, ${'😀'.repeat(at % 40)}"` : '日'.repeat(at % 20) }),
    );
    const path = written(entries);
    // Longer than what it reads at once, and with more lines than it has room for at first.
    expect(statSync(path).size).toBeGreaterThan(2 * 256 * 1024);
    const plan = openPlanEntries(path);
    for (const row of [9000, 1, 2, 4567, 4568, 1024, 1025, 1, 9000])
      expect(plan.entryOf(row)).toEqual(entries[row - 1]);
    for (const one of entries) expect(plan.entryOf(one.row)).toEqual(one);
    plan.close();
    expect(() => plan.entryOf(1)).toThrow('EBADF');
  });

  it('throws what the file system throws', () => {
    expect(() => openPlanEntries('/nonexistent/plan.csv')).toThrow('ENOENT');
  });
});

describe('planLine', () => {
  it('reads any text that is one line', () => {
    const text = fc.string({ unit: fc.constantFrom('"', ',', ';', ' ', 'a', 'é', "'", '=', '|', '\t') });
    fc.assert(
      fc.property(text, text, (id, note) => {
        const cell = (value: string) => (/[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
        const line = `1,2,${cell(id)},,rejected,bad_id,,,,,${cell(note)}`;
        expect(planLine(line)).toMatchObject({ row: 1, line: 2, id, action: 'rejected', note });
      }),
    );
  });
});
