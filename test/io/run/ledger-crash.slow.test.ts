import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { openLedger } from '../../../src/io/run/ledger-file.ts';
import { DamagedLedgerError } from '../../../src/io/run/ledger-lines.ts';
import { startModule } from '../../support/io/child.ts';
import { intent, line, outcome, rowsOf, scanned } from '../../support/io/ledger-files.ts';
import { tempDir, tempFile } from '../../support/temp.ts';

const ENTRIES: LedgerEntry[] = [
  { type: 'session_started', at: '2026-11-23T02:00:00.000Z', pid: 4711 },
  intent(1),
  outcome(1, 'Zoë 日本 😀'),
  intent(2),
  { type: 'put_back', row: 2, ambiguous: true, attempts: 1, at: '2026-11-23T02:00:01.000Z' },
];
const WHOLE = Buffer.from(ENTRIES.map(line).join(''));
/** How long the file is with each entry in it. */
const LENGTHS = ENTRIES.map((_, at) =>
  Buffer.byteLength(
    ENTRIES.slice(0, at + 1)
      .map(line)
      .join(''),
  ),
);
const entriesIn = (length: number) => ENTRIES.slice(0, LENGTHS.filter((at) => at <= length).length);

async function append(path: string, entry: LedgerEntry): Promise<void> {
  const ledger = await openLedger(path);
  await ledger.record(entry);
  await ledger.close();
}

describe('a ledger cut at any byte', () => {
  it.each([
    ['nothing', 0],
    ['a zero', 1],
    ['a block of zeros', 4096],
  ])('with %s behind it can be read and gone on with, and nothing that was whole is lost', async (_, zeros) => {
    const path = tempFile('');
    for (let cut = 0; cut <= WHOLE.length; cut++) {
      writeFileSync(path, Buffer.concat([WHOLE.subarray(0, cut), Buffer.alloc(zeros)]));
      expect((await scanned(path)).map(({ entry }) => entry)).toEqual(entriesIn(cut));
      // Reading changes nothing.
      expect(readFileSync(path)).toHaveLength(cut + zeros);
      await append(path, outcome(3));
      expect(readFileSync(path, 'utf8')).toBe([...entriesIn(cut), outcome(3)].map(line).join(''));
    }
  });

  it('again and again loses nothing that was whole', async () => {
    const path = tempFile('');
    for (let row = 1; row <= 100; row++) {
      await append(path, intent(row));
      appendFileSync(path, WHOLE.subarray(0, row % (LENGTHS[0] as number)));
      if (row % 3 === 0) appendFileSync(path, Buffer.alloc(row));
    }
    expect(rowsOf(await scanned(path))).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
  });
});

describe('zeros at the end', () => {
  // Ledgers are read in chunks of 64 kB: zeros may begin in one and go on over many.
  const CHUNK = 64 * 1024;
  it.each([
    ['right behind a line end', 0, 1],
    ['at the border of a chunk', 1, CHUNK],
    ['over several chunks', 7, 5 * CHUNK],
  ])('are passed over and cut: %s', async (_, torn, zeros) => {
    const rows = Array.from({ length: 900 }, (_, at) => intent(at + 1));
    const text = Buffer.from(rows.map(line).join(''));
    const fill = Buffer.from(
      line(outcome(901, 'x'.repeat(CHUNK - (text.length % CHUNK) - Buffer.byteLength(line(outcome(901)))))),
    );
    const whole = Buffer.concat([text, fill]);
    expect(whole.length % CHUNK).toBe(0);
    const path = tempFile(Buffer.concat([whole, WHOLE.subarray(0, torn), Buffer.alloc(zeros)]));
    expect(rowsOf(await scanned(path))).toEqual(Array.from({ length: 901 }, (_, at) => at + 1));
    await (await openLedger(path)).close();
    expect(readFileSync(path).equals(whole)).toBe(true);
  });

  it('alone in the file leave it empty', async () => {
    const path = tempFile(Buffer.alloc(200_000));
    expect(await scanned(path)).toEqual([]);
    await append(path, intent(1));
    expect(readFileSync(path, 'utf8')).toBe(line(intent(1)));
  });

  it('with anything after them are damage, and nothing is cut: the rows after them would be sent again', async () => {
    const CHUNKS = 3 * CHUNK;
    for (const [zeros, after] of [
      [1, 'x'],
      [1, '\n'],
      [512, line(outcome(9))],
      [CHUNKS, line(outcome(9))],
      [CHUNKS, `\n${'\0'.repeat(CHUNKS)}`],
    ] as const) {
      const bytes = Buffer.concat([WHOLE, Buffer.alloc(zeros), Buffer.from(after)]);
      const path = tempFile(bytes);
      const message = `is damaged in line ${ENTRIES.length + 1} (byte ${WHOLE.length}): it has zero bytes`;
      await expect(scanned(path)).rejects.toThrow(message);
      await expect(scanned(path)).rejects.toThrow(DamagedLedgerError);
      await expect(openLedger(path)).rejects.toThrow(message);
      expect(readFileSync(path).equals(bytes)).toBe(true);
    }
  });

  it('inside a line are damage too', async () => {
    const bytes = Buffer.from(WHOLE);
    bytes[5] = 0;
    await expect(scanned(tempFile(bytes))).rejects.toThrow('is damaged in line 1 (byte 0): it has zero bytes');
  });
});

describe('a long line', () => {
  const MB = 1024 * 1024;

  it.each([
    ['torn, 40 MB', Buffer.alloc(40 * MB, 'x'), 0],
    ['an entry of 1 MB', Buffer.from(line(outcome(9, 'x'.repeat(MB)))), 1],
  ])('is copied once at most: %s', async (_, bytes, entries) => {
    const path = tempFile(Buffer.concat([WHOLE, bytes]));
    let copied = 0;
    const { concat } = Buffer;
    const spy = vi.spyOn(Buffer, 'concat').mockImplementation((list, length) => {
      const made = concat(list, length);
      copied += made.length;
      return made;
    });
    try {
      expect(await scanned(path)).toHaveLength(ENTRIES.length + entries);
      expect(copied).toBeLessThan(2 * MB);
      await (await openLedger(path)).close();
      expect(statSync(path).size).toBe(WHOLE.length + entries * bytes.length);
    } finally {
      spy.mockRestore();
    }
  });

  it('that has an end and is longer than any entry is damage', async () => {
    const path = tempFile(Buffer.concat([WHOLE, Buffer.alloc(17 * MB, 'x'), Buffer.from('\n')]));
    await expect(scanned(path)).rejects.toThrow('it is longer than any entry');
  });
});

describe('a ledger whose file is taken away', () => {
  const opened = async () => {
    const dir = join(tempDir(), 'run');
    mkdirSync(dir);
    const path = join(dir, 'ledger.ndjson');
    const ledger = await openLedger(path);
    await ledger.record(intent(1));
    return { dir, path, ledger };
  };
  const replace = (path: string, content: string | Buffer) => {
    rmSync(path, { recursive: true });
    writeFileSync(path, content);
  };

  it.each<[string, (place: { dir: string; path: string }) => void]>([
    ['the run directory is removed', ({ dir }) => rmSync(dir, { recursive: true })],
    ['the run directory is moved', ({ dir }) => renameSync(dir, `${dir}-moved`)],
    ['the file is removed', ({ path }) => rmSync(path)],
    ['a copy is put in its place', ({ path }) => replace(path, readFileSync(path))],
    ['an empty file is put in its place', ({ path }) => replace(path, '')],
    ['a directory above it is replaced by a file', ({ dir }) => replace(dir, 'x')],
  ])('records no more, then and later: %s', async (_, happens) => {
    const { dir, path, ledger } = await opened();
    happens({ dir, path });
    await expect(ledger.record(outcome(1))).rejects.toThrow(
      /ledger\.ndjson is gone: the run directory was removed|ENOTDIR/,
    );
    const later = await Promise.allSettled([2, 3].map((row) => ledger.record(intent(row))));
    expect(later.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    await ledger.close();
  });

  it('rejects all entries that wait together', async () => {
    const { dir, ledger } = await opened();
    rmSync(dir, { recursive: true });
    const results = await Promise.allSettled([1, 2, 3, 4].map((row) => ledger.record(intent(row))));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
    await ledger.close();
  });
});

describe('a writer that is killed', () => {
  it('leaves every entry that it had said to be on disk', async () => {
    const path = join(tempDir(), 'ledger.ndjson');
    const { child, ended, said } = startModule(`
      import { writeSync } from 'node:fs';
      const { openLedger } = await import(io('run/ledger-file.ts'));
      const ledger = await openLedger(${JSON.stringify(path)});
      for (let row = 1; ; row++) {
        const recorded = ledger.record({ type: 'intent', row, at: '' }).then(() => writeSync(1, row + ';'));
        if (row % 7 === 0) await recorded;
      }`);
    await said('100;');
    child.kill('SIGKILL');
    const { stdout } = await ended;
    const recorded = stdout.split(';').slice(0, -1).map(Number);
    const kept = rowsOf(await scanned(path));
    expect(kept.slice(0, recorded.length)).toEqual(recorded);
    await append(path, intent(kept.length + 1));
    expect(rowsOf(await scanned(path))).toEqual(Array.from({ length: kept.length + 1 }, (_, at) => at + 1));
  });
});
