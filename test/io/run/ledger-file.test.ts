import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import {
  isLedgerClosed,
  OtherVersionError,
  openLedger,
  openLedgerEntries,
  scanLedger,
} from '../../../src/io/run/ledger-file.ts';
import { runModule } from '../../support/io/child.ts';
import { intent, line, outcome, rowsOf, scanned } from '../../support/io/ledger-files.ts';
import { tempDir, tempFile } from '../../support/temp.ts';

describe('record', () => {
  it('resolves when the entry is on disk, as a line of JSON in a file of mode 0600', async () => {
    const path = join(tempDir(), 'ledger.ndjson');
    const ledger = await openLedger(path);
    await ledger.record(intent(1));
    expect(readFileSync(path, 'utf8')).toBe(line(intent(1)));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await ledger.record(outcome(1));
    expect(readFileSync(path, 'utf8')).toBe(line(intent(1)) + line(outcome(1)));
    await ledger.close();
  });

  it('keeps the order of many entries at once, and each is on disk when it resolves', async () => {
    const path = join(tempDir(), 'ledger.ndjson');
    const ledger = await openLedger(path);
    const recorded = Array.from({ length: 5000 }, (_, at) =>
      ledger.record(intent(at + 1)).then(() => {
        // Looked at for some: the file has grown at least up to this entry.
        if (at % 500 === 0) expect(readFileSync(path, 'utf8')).toContain(line(intent(at + 1)));
      }),
    );
    await Promise.all(recorded);
    await ledger.close();
    const entries = await scanned(path);
    expect(rowsOf(entries)).toEqual(recorded.map((_, at) => at + 1));
  });

  it('goes on behind what an earlier session has written', async () => {
    const path = tempFile(line(intent(1)));
    const ledger = await openLedger(path);
    await ledger.record(outcome(1));
    await ledger.close();
    expect(readFileSync(path, 'utf8')).toBe(line(intent(1)) + line(outcome(1)));
  });

  it('close waits for what is being written', async () => {
    const path = join(tempDir(), 'ledger.ndjson');
    const ledger = await openLedger(path);
    const recorded = [1, 2, 3].map((row) => ledger.record(intent(row)));
    await ledger.close();
    await Promise.all(recorded);
    expect(await scanned(path)).toHaveLength(3);
  });

  it('rejects after close', async () => {
    const path = join(tempDir(), 'ledger.ndjson');
    const ledger = await openLedger(path);
    await ledger.close();
    await expect(ledger.record(intent(1))).rejects.toThrow();
  });

  it('rejects on a full disk, and from then on: nothing is glued to half an entry', async () => {
    const path = join(tempDir(), 'ledger.ndjson');
    const { code, stdout, stderr } = await runModule(
      `import { truncateSync } from 'node:fs';
       const { openLedger } = await import(io('run/ledger-file.ts'));
       const ledger = await openLedger(${JSON.stringify(path)});
       const intent = (row, at) => ({ type: 'intent', row, at });
       const say = (p) => p.then(() => 'ok', (error) => error.code);
       console.log(await say(ledger.record(intent(1, 'x'))));
       console.log(await say(ledger.record(intent(2, 'é'.repeat(1000)))));
       // Room again, behind half of the second entry.
       truncateSync(${JSON.stringify(path)}, 300);
       console.log(await say(ledger.record(intent(3, 'x'))));
       await ledger.close();`,
      { fileBlocks: 1 },
    );
    expect({ stdout, stderr, code }).toEqual({ stdout: 'ok\nEFBIG\nEFBIG\n', stderr: '', code: 0 });
    expect(await scanned(path)).toHaveLength(1);
    // The next session cuts what the full disk has left of the second entry.
    expect(statSync(path).size).toBeGreaterThan(line(intent(1)).length);
    const ledger = await openLedger(path);
    await ledger.record(intent(2));
    await ledger.close();
    expect(rowsOf(await scanned(path))).toEqual([1, 2]);
  });

  it('throws if the file cannot be opened', async () => {
    await expect(openLedger(join(tempDir(), 'no', 'ledger.ndjson'))).rejects.toThrow('ENOENT');
  });
});

describe('a torn last line', () => {
  const whole = line(intent(1)) + line(outcome(1, 'Zoë'));
  const torn = Buffer.from(line(outcome(2, '日本')));
  const inside = torn.indexOf(Buffer.from('日')) + 1;

  it.each([
    ['one byte', 1],
    ['inside a character', inside],
    ['the whole entry but its line end', torn.length - 1],
  ])('is passed over, and cut before appending: %s', async (_, size) => {
    const path = tempFile(Buffer.concat([Buffer.from(whole), torn.subarray(0, size)]));
    expect((await scanned(path)).map(({ entry }) => entry)).toEqual([intent(1), outcome(1, 'Zoë')]);
    const ledger = await openLedger(path);
    expect(readFileSync(path, 'utf8')).toBe(whole);
    await ledger.record(intent(2));
    await ledger.close();
    expect(readFileSync(path, 'utf8')).toBe(whole + line(intent(2)));
  });

  it('alone in the file leaves it empty; longer than a chunk it is cut too', async () => {
    for (const [content, left] of [
      [torn.subarray(0, 9), ''],
      [Buffer.concat([Buffer.from(whole), Buffer.alloc(200_000, 'x')]), whole],
    ] as const) {
      const path = tempFile(content);
      await (await openLedger(path)).close();
      expect(readFileSync(path, 'utf8')).toBe(left);
    }
  });
});

describe('reading back', () => {
  it('returns each entry by its place, across the borders of chunks', async () => {
    const path = join(tempDir(), 'ledger.ndjson');
    const entries = Array.from({ length: 3000 }, (_, at) => outcome(at + 1, 'é😀'.repeat(at % 50)));
    writeFileSync(path, entries.map(line).join(''));
    appendFileSync(path, '{"type":"outcome","row":9');
    expect(statSync(path).size).toBeGreaterThan(3 * 256 * 1024);
    const found = await scanned(path);
    expect(found.map(({ entry }) => entry)).toEqual(entries);
    const again = openLedgerEntries(path);
    for (const { entry, offset, length } of found) expect(again.entryAt(offset, length)).toEqual(entry);
    for (const { entry, offset, length } of found.toReversed()) expect(again.entryAt(offset, length)).toEqual(entry);
    expect(() => again.entryAt(3, 5)).toThrow('damaged at byte 3');
    again.close();
  });

  it('a ledger that is not there has no entries; an empty one neither', async () => {
    expect(await scanned(join(tempDir(), 'ledger.ndjson'))).toEqual([]);
    expect(await scanned(tempFile(''))).toEqual([]);
    const none = openLedgerEntries('/nonexistent/ledger.ndjson');
    expect(() => none.entryAt(0, 5)).toThrow('ENOENT');
    none.close();
  });

  it.each(['not json', '', 'null', '5', '[]', '{}', '{"type":5}', '{"type":"intent"'])(
    'a line inside that is no entry throws with its place: %j',
    async (damage) => {
      const path = tempFile(`${line(intent(1))}${damage}\n${line(intent(2))}`);
      await expect(scanned(path)).rejects.toThrow(`is damaged in line 2 (byte ${line(intent(1)).length}): `);
    },
  );

  it.each([
    ['{"version":"9.9.9"}', 'Version 9.9.9 of telnyx-reassign wrote it. Fix: use version 9.9.9 or later.'],
    ['{}', 'Another version of telnyx-reassign wrote it. Fix: use that version or later.'],
    ['no json', 'Another version of telnyx-reassign wrote it. Fix: use that version or later.'],
  ])('a line that only another version can read names the version in run.json: %s', async (manifest, fix) => {
    const dir = tempDir();
    const path = join(dir, 'ledger.ndjson');
    writeFileSync(join(dir, 'run.json'), manifest);
    writeFileSync(path, `${line(intent(1))}{"type":"order_moved"}\n`);
    const scan = scanned(path);
    await expect(scan).rejects.toThrow(
      new OtherVersionError(`ledger.ndjson, byte ${line(intent(1)).length}: unknown entry type "order_moved". ${fix}`),
    );
    await expect(scan).rejects.toThrow(OtherVersionError);
  });

  it('what the callback throws ends the scan', async () => {
    const path = tempFile(line(intent(1)) + line(intent(2)));
    let seen = 0;
    const scan = scanLedger(path, () => {
      seen += 1;
      throw new Error('enough');
    });
    await expect(scan).rejects.toThrow('enough');
    expect(seen).toBe(1);
  });
});

it('is closed by the end of a session that no stop has ended, unless another one sends the other rows', () => {
  const requests = { total: 1, writes: 1, reads: 0, retries: 0, rate_limited: 0 };
  const rate = {
    ...{ mean_per_s: 1, max_in_1s: 1, max_in_60s: 1, paused_ms: 0, throttled_ms: 0 },
    ...{ allowed: null, server_limit: null },
  };
  const ended = { type: 'session_ended' as const, at: 't', stop: null, requests, rate };
  const isClosed = (entry: LedgerEntry) => isLedgerClosed(tempFile(line(entry)));
  expect(isClosed(ended)).toBe(true);
  expect(isClosed({ ...ended, stop: 'signal' })).toBe(false);
  expect(isClosed({ ...ended, bulk: true })).toBe(false);
});
