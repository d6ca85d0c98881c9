import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { parse } from 'csv-parse';
import { isBlankLine } from '../core/cell.ts';
import { findDelimiter, firstLine, sepLine } from '../core/csv-dialect.ts';
import type { FileFault } from '../core/header.ts';

/** A record: its cells as they stand in the file, and the line where it starts. */
export type CsvRecord = { line: number; cells: string[] };

/** How a file is written. */
export type Dialect = { encoding: string; delimiter: string };

/** A file-level fault of a CSV: nothing more can be read. */
export class CsvFault extends Error {
  readonly fault: FileFault;
  constructor(fault: FileFault) {
    super(fault.text);
    this.fault = fault;
  }
}

const HEAD_BYTES = 256 * 1024;
/** A record beyond this has lost its closing quote; without a limit it would take the rest of the file along. */
const MAX_RECORD_BYTES = 1024 * 1024;

function encodingOf(head: Uint8Array): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

/**
 * Finds encoding (by byte order mark, else UTF-8) and delimiter (by a line `sep=`, else by the header) of a file.
 * Throws what the file system throws.
 */
export async function findDialect(path: string, delimiter: string | null): Promise<Dialect> {
  const handle = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    const encoding = encodingOf(head);
    const text = new TextDecoder(encoding).decode(head);
    const first = firstLine(text);
    const named = sepLine(first);
    const header = firstLine(text.slice(named === null ? 0 : first.length).replace(/^\s+/, ''));
    return { encoding, delimiter: delimiter ?? named ?? findDelimiter(header) };
  } finally {
    await handle.close();
  }
}

/** Decodes chunk by chunk and refuses bytes that are not of the encoding, naming their line. */
function createDecoder(encoding: string): { decode: (chunk: Uint8Array | null) => string } {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let lines = 1;
  const refuse = (at: number, text: string): never => {
    throw new CsvFault({ code: 'bad_encoding', text, line: at });
  };
  return {
    decode(chunk) {
      let text = '';
      try {
        text = chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true });
      } catch {
        const rough = new TextDecoder(encoding).decode(chunk ?? new Uint8Array()).split('\n');
        const at = Math.max(
          0,
          rough.findIndex((line) => line.includes('\uFFFD')),
        );
        refuse(lines + at, `bytes that are not ${encoding.toUpperCase()}; save the file as UTF-8`);
      }
      const nul = text.indexOf('\0');
      if (nul >= 0) {
        const at = text.slice(0, nul).split('\n').length - 1;
        refuse(lines + at, 'zero bytes: UTF-16 without a byte order mark, or not a text; save the file as UTF-8');
      }
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
      return text;
    },
  };
}

/**
 * Reads the records of a file in batches, a batch a chunk, so that a million rows never stand in memory. Blank lines
 * and a first line `sep=` are left out; the first record is the header. Throws CsvFault.
 */
export async function* readCsv(path: string, dialect: Dialect): AsyncGenerator<CsvRecord[]> {
  let batch: CsvRecord[] = [];
  let ended = 0; // the line where the last record ended
  let records = 0;
  let failure: CsvFault | null = null;
  const parser = parse({
    bom: true,
    delimiter: dialect.delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    // A quote inside an unquoted cell is text: `="123"` of a spreadsheet, or 5" of a label.
    relax_quotes: true,
    max_record_size: MAX_RECORD_BYTES,
    // Records are taken here: as objects of a stream they would cost more than their parsing.
    on_record: (cells: string[], { lines }: { lines: number }) => {
      const line = ended + 1;
      ended = lines;
      records += 1;
      const sep = records === 1 && sepLine(cells.join(dialect.delimiter)) !== null;
      if (!sep) batch.push({ line, cells });
      return null;
    },
  });
  parser.on('error', (error: NodeJS.ErrnoException) => {
    const long = error.code === 'CSV_MAX_RECORD_SIZE';
    const text = long
      ? 'a row of over 1 MiB starts here; a quote that opens in it is probably not closed'
      : 'a quote that opens in this row is not closed before the file ends';
    failure = new CsvFault({ code: 'bad_quoting', text, line: ended + 1 });
  });
  parser.resume();
  // The callback comes after an error too.
  const feed = (text: string) => new Promise<void>((resolve) => parser.write(text, () => resolve()));
  const decoder = createDecoder(dialect.encoding);
  const take = () => {
    const taken = batch;
    batch = [];
    return taken;
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 128 * 1024 })) {
    const text = decoder.decode(chunk as Uint8Array);
    if (text !== '') await feed(text);
    if (failure !== null) throw failure;
    if (batch.length > 0) yield take();
  }
  const rest = decoder.decode(null);
  if (rest !== '') await feed(rest);
  await new Promise<void>((resolve) => {
    parser.once('error', () => resolve());
    parser.once('end', () => resolve());
    parser.end();
  });
  if (failure !== null) throw failure;
  if (batch.length > 0) yield take();
}

/** Whether a record is a blank line, which is no row. */
export function isBlank(record: CsvRecord): boolean {
  return isBlankLine(record.cells);
}
