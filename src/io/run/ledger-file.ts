import { closeSync, createReadStream, existsSync, openSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LedgerEntry } from '../../core/ledger/entry.ts';

/** The append-only file of an execution. */
export type Ledger = {
  /**
   * Resolves when the entry is on disk. Entries that wait together share one write and one fdatasync. Rejects when it
   * could not be written, and from then on always.
   */
  record: (entry: LedgerEntry) => Promise<void>;
  close: () => Promise<void>;
};

const NEWLINE = 0x0a;
/** What is read at once when single entries are looked up. */
const BLOCK_BYTES = 128 * 1024;

/**
 * The length in bytes up to and with the last newline: what a crash has left whole. After a loss of power a file may
 * end in zeros where its last bytes had not come to the disk; a line of JSON has none.
 */
async function wholeLength(path: string): Promise<number> {
  let whole = 0;
  let at = 0;
  for await (const chunk of createReadStream(path)) {
    const bytes = chunk as Buffer;
    const zero = bytes.indexOf(0);
    const last = zero < 0 ? bytes.lastIndexOf(NEWLINE) : bytes.lastIndexOf(NEWLINE, zero);
    if (last >= 0) whole = at + last + 1;
    if (zero >= 0) break;
    at += bytes.length;
  }
  return whole;
}

/** Brings a new file's name to the disk, without which its bytes could not be found after a loss of power. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Not every system lets a directory be opened; where it does not, its names are safe by other means.
  }
}

/** Opens a ledger for appending; a torn last line is cut first. Throws what the file system throws. */
export async function openLedger(path: string): Promise<Ledger> {
  const whole = existsSync(path) ? await wholeLength(path) : 0;
  const handle = await open(path, 'a', 0o600);
  await handle.truncate(whole);
  await handle.datasync();
  await syncDirectory(dirname(path));
  const { dev, ino } = await handle.stat();
  type Waiting = { line: string; resolve: () => void; reject: (error: unknown) => void };
  let waiting: Waiting[] = [];
  let flushing = false;
  let flushed: Promise<void> = Promise.resolve();
  let failure: unknown = null;

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        // After half a write nothing may follow: the next line would be glued to its rest, and neither could be read.
        if (failure !== null) throw failure;
        await handle.appendFile(batch.map(({ line }) => line).join(''));
        await handle.datasync();
        // What is written into a file that has been removed is lost, although every write of it succeeds.
        const stat = statSync(path, { throwIfNoEntry: false });
        if (stat?.ino !== ino || stat.dev !== dev) throw new Error(`${path} is gone: the run directory was removed`);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        failure ??= error;
        for (const { reject } of batch) reject(error);
      }
    }
    flushing = false;
  }

  return {
    record(entry) {
      return new Promise((resolve, reject) => {
        waiting.push({ line: `${JSON.stringify(entry)}\n`, resolve, reject });
        if (flushing) return;
        flushing = true;
        flushed = flush();
      });
    },
    async close() {
      await flushed;
      await handle.close();
    },
  };
}

/**
 * Calls back for every whole line of a ledger with its entry and its place in the file (bytes). What a crash has torn at
 * its end is passed over; a line inside that is not an entry throws, as it means that the file was changed by somebody.
 */
export async function scanLedger(
  path: string,
  onEntry: (entry: LedgerEntry, offset: number, length: number) => void,
): Promise<void> {
  if (!existsSync(path)) return;
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of createReadStream(path)) {
    const read = chunk as Buffer;
    const zero = read.indexOf(0);
    const good = zero < 0 ? read : read.subarray(0, zero);
    const bytes: Buffer = rest.length === 0 ? good : Buffer.concat([rest, good]);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      onEntry(parseLine(bytes.subarray(from, end), offset), offset, end - from);
      offset += end - from + 1;
      from = end + 1;
    }
    if (zero >= 0) return;
    rest = bytes.subarray(from);
  }
}

function parseLine(bytes: Buffer, offset: number): LedgerEntry {
  let value: { type?: unknown } | null;
  try {
    value = JSON.parse(bytes.toString());
  } catch (cause) {
    throw new Error(`ledger.ndjson is damaged at byte ${offset}: not a line of JSON`, { cause });
  }
  if (typeof value?.type === 'string') return value as LedgerEntry;
  throw new Error(`ledger.ndjson is damaged at byte ${offset}: not an entry`);
}

/**
 * Reads single entries again by their place, so that outcomes of a million rows need not stand in memory. A run that had
 * nothing to send has no ledger, and nothing is asked of it.
 */
export function openLedgerEntries(path: string): {
  entryAt: (offset: number, length: number) => LedgerEntry;
  close: () => void;
} {
  let opened: number | null = null;
  // Rows end in about the order in which they were sent, so the next entry is mostly close to the last one.
  const block = Buffer.alloc(BLOCK_BYTES);
  let blockAt = 0;
  let blockEnd = 0;
  return {
    entryAt(offset, length) {
      opened ??= openSync(path, 'r');
      const file = opened;
      if (offset < blockAt || offset + length > blockEnd) {
        blockAt = Math.max(0, offset - BLOCK_BYTES / 4);
        blockEnd = blockAt + readSync(file, block, 0, BLOCK_BYTES, blockAt);
      }
      const from = offset - blockAt;
      if (offset + length <= blockEnd) return parseLine(block.subarray(from, from + length), offset);
      const bytes = Buffer.alloc(length);
      readSync(file, bytes, 0, length, offset);
      return parseLine(bytes, offset);
    },
    close: () => {
      if (opened !== null) closeSync(opened);
    },
  };
}
