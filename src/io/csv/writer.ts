import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import { NEWLINE } from '../bytes.ts';
import { openDraft, openOwnFile } from '../own-file.ts';

export type CsvWriter = ReturnType<typeof createCsvWriter>;

const BATCH_ROWS = 500;
const CHUNK_BYTES = 64 * 1024;

// A byte order mark at the start of a line is not read.
const MARK_IN_FRONT = /^\uFEFF/;
const NEEDS_QUOTES = new RegExp(`[",\\r\\n]|${MARK_IN_FRONT.source}`);

/** The text of one row, with its line break. Most rows need no quotes, and joining cells is ten times as fast as calling the library. */
export function rowText(cells: readonly string[]): string {
  if (!cells.some((cell) => NEEDS_QUOTES.test(cell))) return `${cells.join(',')}\n`;
  return stringify([cells as string[]], { quoted_match: MARK_IN_FRONT });
}

/** The name of a file while it is written. */
function draftPath(path: string): string {
  return `${path}.${process.pid}.tmp`;
}

/**
 * Opens a table with a header line, to be written row by row. The file gets its name only when it is complete. Throws
 * what the file system throws.
 */
export function createCsvWriter(path: string, header: readonly string[]) {
  const draft = draftPath(path);
  const file = openDraft(draft);
  const hash = createHash('sha256');
  let rows = [rowText(header)];
  let open = true;

  const closeFile = () => {
    if (open) closeSync(file);
    open = false;
  };

  const flush = () => {
    const bytes = Buffer.from(rows.join(''));
    hash.update(bytes);
    writeAll(file, bytes);
    rows = [];
  };

  return {
    write(cells: readonly string[]): void {
      rows.push(rowText(cells));
      if (rows.length >= BATCH_ROWS) flush();
    },
    /** Puts the file in place. Returns the SHA-256 of its bytes in hex. */
    close(): string {
      flush();
      fsyncSync(file);
      closeFile();
      renameSync(draft, path);
      return hash.digest('hex');
    },
    /** Removes what was written. */
    abandon(): void {
      // After a close() that failed too, when the descriptor may already belong to another file.
      closeFile();
      rmSync(draft, { force: true });
    },
  };
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/**
 * Replaces some rows of a table (data rows counted from 1) atomically. Returns the new SHA-256. Every row must be one
 * physical line, as in plan.csv. `line` returns the text of a row; other rows are copied as bytes.
 */
export function replaceRows(
  path: string,
  replace: (row: number, line: () => string) => readonly string[] | null,
): string {
  const draft = draftPath(path);
  const from = openOwnFile(path, 'read');
  try {
    const to = openDraft(draft);
    let sha256: string;
    try {
      sha256 = copyRows(from, to, replace);
      fsyncSync(to);
    } finally {
      closeSync(to);
    }
    renameSync(draft, path);
    return sha256;
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(from);
  }
}

function copyRows(from: number, to: number, replace: Parameters<typeof replaceRows>[1]): string {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  let row = 0;
  for (let read = readSync(from, chunk); read > 0; read = readSync(from, chunk)) {
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    const pieces: Uint8Array[] = [];
    let copied = 0; // bytes that are in the pieces or replaced
    let replaced = ''; // new rows that are not in the pieces yet
    let start = 0;
    const put = (until: number) => {
      if (until === copied) return;
      pieces.push(Buffer.from(replaced), bytes.subarray(copied, until));
      replaced = '';
    };
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const [first, last] = [start, end];
      const cells = row === 0 ? null : replace(row, () => bytes.toString('utf8', first, last));
      row += 1;
      start = end + 1;
      if (cells === null) continue;
      put(first);
      replaced += rowText(cells);
      copied = start;
    }
    put(start);
    pieces.push(Buffer.from(replaced));
    rest = bytes.subarray(start);
    const out = Buffer.concat(pieces);
    hash.update(out);
    writeAll(to, out);
  }
  return hash.digest('hex');
}
