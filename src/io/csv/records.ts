import { open } from 'node:fs/promises';
import { findDelimiter, firstLine, sepLine } from '../../core/input/dialect.ts';
import { streamOwnFile } from '../own-file.ts';
import { createDecoder, encodingOf } from './decoder.ts';
import type { CsvRecord } from './record.ts';
import { createRecordReader } from './record-reader.ts';

/** How a file is written. */
export type Dialect = { encoding: string; delimiter: string };

/** The dialect is found in this part of a file. */
const HEAD_BYTES = 256 * 1024;

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
 * Reads the records of a file in batches of about a chunk, so that a million rows are never in memory together. A first
 * line `sep=` is left out. Blank lines are records; the first other record is the header. Throws CsvError.
 */
export async function* readCsv(path: string, dialect: Dialect): AsyncGenerator<CsvRecord[]> {
  const reader = createRecordReader(dialect.delimiter);
  const decode = createDecoder(dialect.encoding);
  // Chunks stay at the default of 64 KiB: Node maps and unmaps each string over 128 KiB, which took half of the time.
  for await (const chunk of streamOwnFile(path)) {
    const batch = reader.feed(decode(chunk as Uint8Array));
    if (batch.length > 0) yield batch;
  }
  const batch = [...reader.feed(decode(null)), ...reader.end()];
  if (batch.length > 0) yield batch;
}
