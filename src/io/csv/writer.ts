import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';

/** Writes a table row by row into a file that appears under its name only when it is complete. */
export type CsvWriter = {
  write: (cells: readonly string[]) => void;
  /** Puts the file in place; gives the SHA-256 of its bytes, in hex. */
  close: () => string;
  /** Gives up: nothing is left behind. */
  abandon: () => void;
};

const BATCH_ROWS = 500;

const NEEDS_QUOTES = /[",\r\n]/;

/** One row as it is written. Most need no quotes, and a join is ten times as fast as a call of the library. */
function rowText(cells: readonly string[]): string {
  for (const cell of cells) if (cell !== '' && NEEDS_QUOTES.test(cell)) return stringify([cells as string[]]);
  return `${cells.join(',')}\n`;
}

/** Opens a table at `path` with a header line. Throws what the file system throws. */
export function createCsvWriter(path: string, header: readonly string[]): CsvWriter {
  const draft = `${path}.${process.pid}.tmp`;
  const file = openSync(draft, 'w', 0o600);
  const hash = createHash('sha256');
  let rows = [rowText(header)];
  let open = true;

  const shut = () => {
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
    write(cells) {
      rows.push(rowText(cells));
      if (rows.length >= BATCH_ROWS) flush();
    },
    close() {
      flush();
      fsyncSync(file);
      shut();
      renameSync(draft, path);
      return hash.digest('hex');
    },
    abandon() {
      // Also after a close() that failed, where the number may be another file's by now.
      shut();
      rmSync(draft, { force: true });
    },
  };
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

const NEWLINE = 0x0a;
const CHUNK_BYTES = 64 * 1024;

/**
 * Writes a table again with some of its rows replaced (data rows counted from 1), atomically; gives the new SHA-256.
 * Every row must be one physical line, which holds for plan.csv: its texts have no line breaks. `line` gives the text of
 * the row: what nobody asks for is copied as bytes.
 */
export function replaceRows(
  path: string,
  replace: (row: number, line: () => string) => readonly string[] | null,
): string {
  const from = openSync(path, 'r');
  const draft = `${path}.${process.pid}.tmp`;
  const to = openSync(draft, 'w', 0o600);
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  let row = 0;
  for (let read = readSync(from, chunk); read > 0; read = readSync(from, chunk)) {
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    const pieces: Uint8Array[] = [];
    let kept = 0; // from where on nothing has been replaced
    let replaced = ''; // what stands before that, and is not among the pieces yet
    let start = 0;
    const put = (until: number) => {
      if (until === kept) return;
      pieces.push(Buffer.from(replaced), bytes.subarray(kept, until));
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
      kept = start;
    }
    put(start);
    pieces.push(Buffer.from(replaced));
    rest = bytes.subarray(start);
    const out = Buffer.concat(pieces);
    hash.update(out);
    writeAll(to, out);
  }
  closeSync(from);
  fsyncSync(to);
  closeSync(to);
  renameSync(draft, path);
  return hash.digest('hex');
}
