import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { findDelimiter, firstLine, sepLine } from '../../core/input/dialect.ts';
import { createDecoder, encodingOf } from './decoder.ts';
import { createQuotedReader, MAX_RECORD_BYTES } from './quoted-reader.ts';
import type { CsvRecord } from './record.ts';

/** How a file is written. */
export type Dialect = { encoding: string; delimiter: string };

/** The dialect is found in this part of a file. */
const HEAD_BYTES = 256 * 1024;
/** The longest start of a line that is kept without its end. A character may have four bytes. */
const MAX_REST_CHARACTERS = MAX_RECORD_BYTES / 4;

const LINE_BREAK = /\r\n|\n|\r/;

/**
 * Finds the encoding of a file (by byte order mark, else UTF-8) and its delimiter (by a line `sep=`, else by the
 * header). Throws what the file system throws.
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

/**
 * Reads records by splitting lines and cells, several times as fast as a CSV parser. The parser takes over at the first
 * quote, or if no end of a line is in sight. `feed` and `end` return the records that they complete.
 */
function createRecordReader(delimiter: string) {
  let line = 1;
  let rest = '';
  let quoted: ReturnType<typeof createQuotedReader> | null = null;
  // A first line `sep=` only names the delimiter.
  const isSepLine = (cells: readonly string[]) => sepLine(cells.join(delimiter)) !== null;
  const recordsOf = (lines: readonly string[]): CsvRecord[] => {
    const records: CsvRecord[] = [];
    for (const text of lines) {
      const cells = text.split(delimiter);
      if (line > 1 || !isSepLine(cells)) records.push({ line, cells });
      line += 1;
    }
    return records;
  };
  return {
    async feed(text: string): Promise<CsvRecord[]> {
      if (quoted !== null) return quoted.feed(text);
      if (text.includes('"') || rest.length > MAX_REST_CHARACTERS) {
        quoted = createQuotedReader(delimiter, line, line === 1 ? isSepLine : null);
        return quoted.feed(rest + text);
      }
      const whole = rest + (line === 1 && rest === '' ? text.replace(/^\uFEFF/, '') : text);
      if (whole.endsWith('\r')) {
        // It may be the first half of a line break.
        rest = whole;
        return [];
      }
      const lines = whole.split(whole.includes('\r') ? LINE_BREAK : '\n');
      rest = lines.pop() as string;
      return recordsOf(lines);
    },
    async end(): Promise<CsvRecord[]> {
      if (quoted !== null) return quoted.end();
      const lines = rest.split(LINE_BREAK);
      if (lines.at(-1) === '') lines.pop();
      return recordsOf(lines);
    },
  };
}

/**
 * Reads the records of a file in batches of about a chunk, so that a million rows are never in memory together. A first
 * line `sep=` is left out. Blank lines are records; the first other record is the header. Throws CsvError.
 */
export async function* readCsv(path: string, dialect: Dialect): AsyncGenerator<CsvRecord[]> {
  const reader = createRecordReader(dialect.delimiter);
  const decode = createDecoder(dialect.encoding);
  // Chunks stay at the default of 64 KiB: Node maps and unmaps each string over 128 KiB, which took half of the time.
  for await (const chunk of createReadStream(path)) {
    const batch = await reader.feed(decode(chunk as Uint8Array));
    if (batch.length > 0) yield batch;
  }
  const batch = [...(await reader.feed(decode(null))), ...(await reader.end())];
  if (batch.length > 0) yield batch;
}
