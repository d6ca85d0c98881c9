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

/** One row as it is written. Most need no quotes, and a join is ten times as fast as a call of the library. */
function rowText(cells: readonly string[]): string {
  return cells.some((cell) => /[",\r\n]/.test(cell)) ? stringify([cells as string[]]) : `${cells.join(',')}\n`;
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

/**
 * Writes a table again with some of its rows replaced (data rows counted from 1), atomically; gives the new SHA-256.
 * Every row must be one physical line, which holds for plan.csv: its texts have no line breaks.
 */
export function replaceRows(path: string, replace: (row: number, line: string) => readonly string[] | null): string {
  const from = openSync(path, 'r');
  const draft = `${path}.${process.pid}.tmp`;
  const to = openSync(draft, 'w', 0o600);
  const hash = createHash('sha256');
  const put = (text: string) => {
    const bytes = Buffer.from(text);
    hash.update(bytes);
    writeAll(to, bytes);
  };
  const decoder = new TextDecoder();
  const chunk = Buffer.alloc(64 * 1024);
  let rest = '';
  let row = 0;
  for (let bytes = readSync(from, chunk); bytes > 0; bytes = readSync(from, chunk)) {
    const lines = (rest + decoder.decode(chunk.subarray(0, bytes), { stream: true })).split('\n');
    rest = lines.pop() as string;
    const out = lines.map((line) => {
      const cells = row === 0 ? null : replace(row, line);
      row += 1;
      return cells === null ? `${line}\n` : rowText(cells);
    });
    put(out.join(''));
  }
  closeSync(from);
  fsyncSync(to);
  closeSync(to);
  renameSync(draft, path);
  return hash.digest('hex');
}
