import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { parse } from 'csv-parse';
import { isBlankLine } from '../../core/input/cell.ts';
import { findDelimiter, firstLine, sepLine } from '../../core/input/dialect.ts';
import type { FileFault } from '../../core/input/header.ts';

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
/** A line of more characters than this is not waited for: each may have four bytes. */
const LONGEST_REST = MAX_RECORD_BYTES / 4;

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

/** The text of the first bytes, as far as they are of the encoding; null where the first `length` of them are not. */
function goodText(bytes: Uint8Array, length: number, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
  } catch {
    return null;
  }
}

/** The line breaks before the first byte that is not of the encoding. `before`: up to three bytes before the chunk. */
function linesBeforeFault(before: Uint8Array, chunk: Uint8Array, encoding: string): number {
  // A character that the chunk before has begun belongs to this one: its bytes alone give no text yet.
  const sizes = encoding === 'utf-8' ? [3, 2, 1] : [2];
  const begun = sizes.find((size) => goodText(before.subarray(-size), size, encoding) === '') ?? 0;
  const bytes = Buffer.concat([before.subarray(before.length - begun), chunk]);
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (goodText(bytes, middle, encoding) === null) bad = middle;
    else good = middle;
  }
  return (goodText(bytes, good, encoding) as string).split('\n').length - 1;
}

/** Decodes chunk by chunk and refuses bytes that are not of the encoding, naming their line. */
function createDecoder(encoding: string): { decode: (chunk: Uint8Array | null) => string } {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let lines = 1;
  let before = new Uint8Array();
  const refuse = (at: number, text: string): never => {
    throw new CsvFault({ code: 'bad_encoding', text, line: at });
  };
  return {
    decode(chunk) {
      let text = '';
      try {
        text = chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true });
      } catch {
        const at = chunk === null ? 0 : linesBeforeFault(before, chunk, encoding);
        refuse(lines + at, `bytes that are not ${encoding.toUpperCase()}; save the file as UTF-8`);
      }
      before = chunk?.slice(-3) ?? before;
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

/** Whether a first record is a line `sep=`, which only names the delimiter. */
function isSepLine(cells: readonly string[], delimiter: string): boolean {
  return sepLine(cells.join(delimiter)) !== null;
}

/** Whether every cell of a record that opens with a quote also closes with it. `raw`: with its line break. */
function isWellQuoted(raw: string, delimiter: string): boolean {
  const cell = `(?:"[^"]*(?:""[^"]*)*"|(?!")[^${delimiter}\\r\\n]*)`;
  return new RegExp(`^${cell}(?:[${delimiter}]${cell})*(?:\\r\\n|\\n|\\r)?$`).test(raw);
}

/** Reads records from text that comes in pieces. Feeding and ending throw CsvFault. */
type RecordReader = {
  feed: (text: string) => Promise<void>;
  end: () => Promise<void>;
  take: () => CsvRecord[];
};

/** Reads what has quotes, from a record that starts in this line; `isFirst`: it is the first of the file. */
function createParser(delimiter: string, startLine: number, isFirst: boolean): RecordReader {
  let batch: CsvRecord[] = [];
  let line = startLine; // where the next record starts
  let counted = 0; // lines by the parser's own count
  let taken = 0; // bytes of all records so far
  let fed = Buffer.alloc(0); // what the parser was given of the records that are not taken yet
  let fedFrom = 0; // where `fed` stands among all bytes
  let first = isFirst;
  let failure: CsvFault | null = null;
  const misquoted = (text: string) => {
    failure ??= new CsvFault({ code: 'bad_quoting', text, line });
  };
  const parser = parse({
    bom: isFirst,
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    // A quote inside an unquoted cell is text: `="123"` of a spreadsheet, or 5" of a label.
    relax_quotes: true,
    max_record_size: MAX_RECORD_BYTES,
    // Records are taken here: as objects of a stream they would cost more than their parsing.
    on_record: (cells: string[], { lines, bytes }: { lines: number; bytes: number }) => {
      if (!first || !isSepLine(cells, delimiter)) batch.push({ line, cells });
      first = false;
      if (lines - counted > 1) {
        const raw = fed.toString('utf8', taken - fedFrom, bytes - fedFrom);
        // As stray quotes are text, a quote that is not closed would end at the next one, and its cell would hold rows.
        if (!isWellQuoted(raw, delimiter)) {
          misquoted('a quote that opens in this row closes lines below, inside a cell; the rows between would be lost');
        }
        // Counted anew: the parser takes a quoted CRLF for two lines.
        line += raw.match(/\r\n|\n|\r/g)?.length ?? 0;
      } else {
        line += 1;
      }
      counted = lines;
      taken = bytes;
      return null;
    },
  });
  parser.on('error', (error: NodeJS.ErrnoException) => {
    misquoted(
      error.code === 'CSV_MAX_RECORD_SIZE'
        ? 'a row of over 1 MiB starts here; a quote that opens in it is probably not closed'
        : 'a quote that opens in this row is not closed before the file ends',
    );
  });
  parser.resume();
  return {
    async feed(text) {
      const bytes = Buffer.from(text);
      fed = Buffer.concat([fed.subarray(taken - fedFrom), bytes]);
      fedFrom = taken;
      // The callback comes after an error too.
      await new Promise<void>((resolve) => parser.write(bytes, () => resolve()));
      if (failure !== null) throw failure;
    },
    async end() {
      await new Promise<void>((resolve) => {
        parser.once('error', () => resolve());
        parser.once('end', () => resolve());
        parser.end();
      });
      if (failure !== null) throw failure;
    },
    take() {
      const read = batch;
      batch = [];
      return read;
    },
  };
}

const LINE_BREAK = /\r\n|\n|\r/;

/**
 * Reads records by splitting lines and cells, which is several times as fast as a parser, as long as no quote has come:
 * from the first one on, or from a line of which no end is in sight, the parser takes over.
 */
function createRecordReader(delimiter: string): RecordReader {
  let batch: CsvRecord[] = [];
  let line = 1;
  let rest = '';
  let parser: RecordReader | null = null;
  const add = (text: string) => {
    const cells = text.split(delimiter);
    if (line > 1 || !isSepLine(cells, delimiter)) batch.push({ line, cells });
    line += 1;
  };
  return {
    async feed(text) {
      if (parser === null && (text.includes('"') || rest.length > LONGEST_REST)) {
        parser = createParser(delimiter, line, line === 1);
        await parser.feed(rest + text);
        return;
      }
      if (parser !== null) {
        await parser.feed(text);
        return;
      }
      const whole = rest + (line === 1 && rest === '' ? text.replace(/^\uFEFF/, '') : text);
      if (whole.endsWith('\r')) {
        // It may be the first half of a line break.
        rest = whole;
        return;
      }
      const lines = whole.split(whole.includes('\r') ? LINE_BREAK : '\n');
      rest = lines.pop() as string;
      for (const text of lines) add(text);
    },
    async end() {
      if (parser !== null) {
        await parser.end();
        return;
      }
      const lines = rest.split(LINE_BREAK);
      if (lines.at(-1) === '') lines.pop();
      for (const text of lines) add(text);
    },
    take() {
      const read = parser === null ? batch : [...batch, ...parser.take()];
      batch = [];
      return read;
    },
  };
}

/**
 * Reads the records of a file in batches, a batch a chunk, so that a million rows never stand in memory. Only a first
 * line `sep=` is left out; blank lines are records (see isBlank), and the first that is none is the header. Throws
 * CsvFault.
 */
export async function* readCsv(path: string, dialect: Dialect): AsyncGenerator<CsvRecord[]> {
  const reader = createRecordReader(dialect.delimiter);
  const decoder = createDecoder(dialect.encoding);
  // In chunks of 64 KiB, as everywhere: Node maps and unmaps a string beyond 128 KiB by itself, which took half of the time.
  for await (const chunk of createReadStream(path)) {
    const text = decoder.decode(chunk as Uint8Array);
    if (text !== '') await reader.feed(text);
    const batch = reader.take();
    if (batch.length > 0) yield batch;
  }
  const rest = decoder.decode(null);
  if (rest !== '') await reader.feed(rest);
  await reader.end();
  const batch = reader.take();
  if (batch.length > 0) yield batch;
}

/** Whether a record is a blank line, which is no row. */
export function isBlank(record: CsvRecord): boolean {
  return isBlankLine(record.cells);
}
