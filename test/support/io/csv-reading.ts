import type { FileError } from '../../../src/core/input/rejection.ts';
import { CsvError } from '../../../src/io/csv/record.ts';
import { type Dialect, findDialect, readCsv } from '../../../src/io/csv/records.ts';
import { tempFile } from '../temp.ts';

/** The result of reading a file: `[line, ...cells]` of every record, the sizes of the batches, and the error if any. */
export type Reading = {
  dialect: Dialect;
  records: [number, ...string[]][];
  batches: number[];
  error: FileError | null;
};

/** Reads a file of these contents to its end, or to its error. */
export async function readAll(content: string | Uint8Array, delimiter: string | null = null): Promise<Reading> {
  const path = tempFile(content, 'input.csv');
  const reading: Reading = { dialect: await findDialect(path, delimiter), records: [], batches: [], error: null };
  try {
    for await (const batch of readCsv(path, reading.dialect)) {
      reading.batches.push(batch.length);
      for (const { line, cells } of batch) reading.records.push([line, ...cells]);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    reading.error = error.fileError;
  }
  return reading;
}

/** The records alone. Throws if the file is refused. */
export async function recordsOf(content: string | Uint8Array, delimiter: string | null = null) {
  const { records, error } = await readAll(content, delimiter);
  if (error !== null) throw new Error(`${error.code} in line ${error.line}: ${error.text}`);
  return records;
}

/** Twice the chunks in which a file is read: tests put records across their borders. */
export const CHUNK = 128 * 1024;
