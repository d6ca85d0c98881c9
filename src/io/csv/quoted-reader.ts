import { parse } from 'csv-parse';
import { CsvError, type CsvRecord } from './record.ts';

/** A longer record has lost its closing quote. Without a limit it would swallow the rest of the file. */
export const MAX_RECORD_BYTES = 1024 * 1024;

const LINE_BREAKS = /\r\n|\n|\r/g;

/** Whether every cell that opens with a quote also closes with it. `raw` includes the line break at its end. */
function isWellQuoted(raw: string, delimiter: string): boolean {
  const cell = `(?:"[^"]*(?:""[^"]*)*"|(?!")[^${delimiter}\\r\\n]*)`;
  return new RegExp(`^${cell}(?:[${delimiter}]${cell})*(?:\\r\\n|\\n|\\r)?$`).test(raw);
}

/**
 * Reads text that arrives in pieces by a full CSV parser. `startLine`: the line of the first record. `skip` names a
 * record to leave out, and is asked for the first record of the file only.
 */
export function createQuotedReader(
  delimiter: string,
  startLine: number,
  skip: ((cells: readonly string[]) => boolean) | null,
) {
  let batch: CsvRecord[] = [];
  let line = startLine; // of the next record
  let parserLines = 0; // lines counted by the parser
  let takenBytes = 0; // bytes of all complete records
  let fed = Buffer.alloc(0); // bytes given to the parser, from `fedFrom` on
  let fedFrom = 0;
  let isFirst = skip !== null;
  let failure: CsvError | null = null;
  const misquoted = (text: string) => {
    failure ??= new CsvError({ code: 'bad_quoting', text, line });
  };
  /** The line breaks of the record up to this byte. Counted again: the parser counts a quoted CRLF as two lines. */
  const lineBreaksUpTo = (bytes: number): number => {
    const raw = fed.toString('utf8', takenBytes - fedFrom, bytes - fedFrom);
    // Stray quotes are text, so a quote that is not closed ends at the next one, and its cell would hold whole rows.
    if (!isWellQuoted(raw, delimiter)) {
      misquoted('a quote that opens in this row closes lines below, inside a cell; the rows between would be lost');
    }
    return raw.match(LINE_BREAKS)?.length ?? 0;
  };
  const parser = parse({
    bom: isFirst,
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    // A quote inside an unquoted cell is text: a spreadsheet's `="123"`, or 5" in a label.
    relax_quotes: true,
    max_record_size: MAX_RECORD_BYTES,
    // Records are taken here: as objects of a stream they would cost more than parsing them.
    on_record: (cells: string[], { lines, bytes }: { lines: number; bytes: number }) => {
      if (!isFirst || skip?.(cells) !== true) batch.push({ line, cells });
      isFirst = false;
      line += lines - parserLines > 1 ? lineBreaksUpTo(bytes) : 1;
      parserLines = lines;
      takenBytes = bytes;
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
  /** Returns the records that are complete since the last call. Throws CsvError. */
  const take = (): CsvRecord[] => {
    if (failure !== null) throw failure;
    const records = batch;
    batch = [];
    return records;
  };
  return {
    async feed(text: string): Promise<CsvRecord[]> {
      const bytes = Buffer.from(text);
      fed = Buffer.concat([fed.subarray(takenBytes - fedFrom), bytes]);
      fedFrom = takenBytes;
      // The callback is called after an error too.
      await new Promise<void>((resolve) => parser.write(bytes, () => resolve()));
      return take();
    },
    async end(): Promise<CsvRecord[]> {
      await new Promise<void>((resolve) => {
        parser.once('error', () => resolve());
        parser.once('end', () => resolve());
        parser.end();
      });
      return take();
    },
  };
}
