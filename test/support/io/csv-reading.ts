import { CsvFault, type Dialect, findDialect, readCsv } from '../../../src/io/csv/records.ts';
import { tempFile } from './temp.ts';

/** What came of reading a file: `[line, ...cells]` of every record, the sizes of the batches, and the fault if any. */
export type Reading = {
  dialect: Dialect;
  records: [number, ...string[]][];
  batches: number[];
  fault: CsvFault['fault'] | null;
};

/** Reads a file of these contents to its end, or to its fault. */
export async function readAll(content: string | Uint8Array, delimiter: string | null = null): Promise<Reading> {
  const path = tempFile(content, 'input.csv');
  const reading: Reading = { dialect: await findDialect(path, delimiter), records: [], batches: [], fault: null };
  try {
    for await (const batch of readCsv(path, reading.dialect)) {
      reading.batches.push(batch.length);
      for (const { line, cells } of batch) reading.records.push([line, ...cells]);
    }
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    reading.fault = error.fault;
  }
  return reading;
}

/** The records alone. Throws where the file is refused. */
export async function recordsOf(content: string | Uint8Array, delimiter: string | null = null) {
  const { records, fault } = await readAll(content, delimiter);
  if (fault !== null) throw new Error(`${fault.code} in line ${fault.line}: ${fault.text}`);
  return records;
}

/** The chunks in which a file is read: what spans their borders is worth a test. */
export const CHUNK = 128 * 1024;
