import { closeSync, fstatSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LedgerEntry } from '../../core/ledger/entry.ts';
import { parseLedgerLine, UnknownLineError } from '../../core/ledger/parse-line.ts';
import { wroteText } from '../../core/run/manifest.ts';
import { visible } from '../../core/text/visible.ts';
import { statusOf } from '../file-status.ts';
import { openOwnFile, openOwnHandle } from '../own-file.ts';
import { versionOf } from './directory.ts';
import { DamagedLedgerError, type LinePlace, readLedgerLines } from './ledger-lines.ts';

export type Ledger = Awaited<ReturnType<typeof openLedger>>;

/** Read at once when single entries are looked up. */
const BLOCK_BYTES = 128 * 1024;

/** Writes the name of a new file to disk. Without it, the file could not be found after a power loss. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Some systems do not let a directory be opened. They keep names safe by other means.
  }
}

/** Opens a ledger for appending; a torn last line is cut off first. Throws what the file system throws. */
export async function openLedger(path: string) {
  const intact = statusOf(path) === null ? 0 : await readLedgerLines(path, () => undefined);
  const handle = await openOwnHandle(path);
  await handle.truncate(intact);
  await handle.datasync();
  await syncDirectory(dirname(path));
  const { dev, ino } = await handle.stat();
  let waiting: { line: string; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let flushing = false;
  let flushed: Promise<void> = Promise.resolve();
  let failure: unknown = null;

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        // Nothing may follow half a write: the next line would continue it, and neither could be read.
        if (failure !== null) throw failure;
        await handle.appendFile(batch.map(({ line }) => line).join(''));
        await handle.datasync();
        // What is written to a removed file is lost, although every write succeeds.
        const stat = statSync(path, { throwIfNoEntry: false });
        if (stat?.ino !== ino || stat.dev !== dev)
          throw new Error(`${visible(path)} is gone: the run directory was removed`);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        failure ??= error;
        for (const { reject } of batch) reject(error);
      }
    }
    flushing = false;
  }

  return {
    /**
     * Resolves when the entry is on disk. Waiting entries share one write and one fdatasync. Rejects if a write fails,
     * and always after that.
     */
    record(entry: LedgerEntry): Promise<void> {
      return new Promise((resolve, reject) => {
        waiting.push({ line: `${JSON.stringify(entry)}\n`, resolve, reject });
        if (flushing) return;
        flushing = true;
        flushed = flush();
      });
    },
    async close(): Promise<void> {
      await flushed;
      await handle.close();
    },
  };
}

/**
 * Calls back for every line of a ledger with its entry and its place in bytes. A torn last line is skipped. Throws
 * DamagedLedgerError for any other line that is not an entry, or that `onEntry` refuses: the file was changed.
 */
export async function scanLedger(
  path: string,
  onEntry: (entry: LedgerEntry, offset: number, length: number) => void,
): Promise<void> {
  if (statusOf(path) === null) return;
  await readLedgerLines(path, (bytes, place) => {
    const entry = parseLine(bytes, place, path);
    try {
      onEntry(entry, place.offset, bytes.length);
    } catch (cause) {
      throw new DamagedLedgerError(path, place, (cause as Error).message, cause);
    }
  });
}

/** Longer than the lines that end a run. */
const LAST_BYTES = 64 * 1024;

/**
 * Whether a ledger says, in its last line, that all rows of its run had their turn. A run without entries has sent
 * nothing, and counts too; a ledger that cannot be read does not.
 */
export function isLedgerClosed(path: string): boolean {
  try {
    if (statusOf(path) === null) return true;
    const file = openOwnFile(path, 'read');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, LAST_BYTES));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      const lines = bytes.toString().split('\n');
      if (size === 0 || lines.pop() !== '') return size === 0;
      const last = parseLedgerLine(lines.pop() as string);
      if (last.type === 'wave') return last.step === 'kept' && last.wave === last.waves;
      return last.type === 'session_ended' && last.stop === null && last.bulk !== true;
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

/** A ledger that only another version of this program can read. */
export class OtherVersionError extends Error {}

function parseLine(bytes: Buffer, place: LinePlace, path: string): LedgerEntry {
  try {
    return parseLedgerLine(bytes.toString());
  } catch (cause) {
    const { message } = cause as Error;
    if (!(cause instanceof UnknownLineError)) throw new DamagedLedgerError(path, place, message, cause);
    const wrote = wroteText(versionOf(dirname(path)));
    throw new OtherVersionError(`ledger.ndjson, byte ${place.offset}: ${visible(message)}. ${wrote}`, { cause });
  }
}

/**
 * Reads single entries by their place, so that a million outcomes need not be in memory. The file is opened at the
 * first of them: a run with nothing to send has no ledger.
 */
export function openLedgerEntries(path: string) {
  let opened: number | null = null;
  // Rows end in about the order in which they were sent, so the next entry is usually close to the last one.
  const block = Buffer.alloc(BLOCK_BYTES);
  let blockAt = 0;
  let blockEnd = 0;
  return {
    entryAt(offset: number, length: number): LedgerEntry {
      opened ??= openOwnFile(path, 'read');
      const file = opened;
      if (offset < blockAt || offset + length > blockEnd) {
        blockAt = Math.max(0, offset - BLOCK_BYTES / 4);
        blockEnd = blockAt + readSync(file, block, 0, BLOCK_BYTES, blockAt);
      }
      const from = offset - blockAt;
      if (offset + length <= blockEnd)
        return parseLine(block.subarray(from, from + length), { line: null, offset }, path);
      const bytes = Buffer.alloc(length);
      readSync(file, bytes, 0, length, offset);
      return parseLine(bytes, { line: null, offset }, path);
    },
    close: () => {
      if (opened !== null) closeSync(opened);
    },
  };
}
