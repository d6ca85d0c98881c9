import type { CsvRecord } from './record.ts';
import { createRecordBuilder } from './record-builder.ts';
import { type Cursor, createCursor } from './text-cursor.ts';

const [LF, CR, QUOTE, BYTE_ORDER_MARK] = [0x0a, 0x0d, 0x22, 0xfeff];

/**
 * Where the reader is in a cell: at its start, with nothing but white space before it; in a cell without quotes; inside
 * quotes; behind a quote that closes the cell or is the first of two; behind a closed cell and white space.
 */
type Place = 'start' | 'bare' | 'quoted' | 'quote' | 'closed';

/** The cells of a line if all of them are in quotes and none has a quote in it; else null. */
function quotedCells(line: string, delimiter: string): string[] | null {
  if (line.length < 2 || !line.endsWith('"')) return null;
  const cells = line.slice(1, -1).split(`"${delimiter}"`);
  for (const cell of cells) if (cell.includes('"')) return null;
  return cells;
}

/** Takes a line if it is a simple record, several times as fast as cell by cell; else takes nothing. */
function takeSimpleRecord(cursor: Cursor, delimiter: string): string[] | null {
  const end = cursor.nextLineEnd(cursor.at);
  if (end === cursor.length) return null;
  const isBare = cursor.nextQuote(cursor.at) > end;
  if (!isBare && cursor.code() !== QUOTE) return null;
  const line = cursor.upTo(end);
  const cells = isBare ? line.split(delimiter) : quotedCells(line, delimiter);
  if (cells !== null) cursor.at = end;
  return cells;
}

/** The cell that is not finished, over the pieces of the text. */
function createCell() {
  const cell = {
    place: 'start' as Place,
    text: '',
    /** White space before and behind its quotes. */
    lead: '',
    trail: '',
    isFresh: () => cell.place === 'start' && cell.lead === '',
    /** Returns the text of the cell and starts the next one. */
    end(): string {
      const text = cell.place === 'start' ? cell.lead : cell.text;
      cell.place = 'start';
      cell.text = '';
      cell.lead = '';
      cell.trail = '';
      return text;
    },
  };
  return cell;
}

/**
 * Reads records from text that comes in pieces of any size. The work grows with the length of the text alone, whatever
 * is in it. Quotes are as in RFC 4180. A quote inside a cell is text, as in `="123"` of a spreadsheet or 5" in a label,
 * and so are quotes that open a cell and do not end it. White space around quotes is dropped, and so is a byte order
 * mark at the start of a line, where files were joined. `feed` and `end` return the records that they complete, and
 * throw CsvError.
 */
export function createRecordReader(delimiter: string) {
  const record = createRecordBuilder(delimiter);
  const cell = createCell();
  const isFresh = () => cell.isFresh() && record.isEmpty();
  let isAfterCr = false; // whether the piece before ends in CR
  return {
    feed(text: string): CsvRecord[] {
      const cursor = createCursor(text, delimiter);
      // The second half of a line end.
      if (isAfterCr && isFresh() && cursor.code() === LF) cursor.at = 1;
      const records = readPiece(cursor, { record, cell, delimiter, isAfterCr });
      if (text !== '') isAfterCr = text.charCodeAt(text.length - 1) === CR;
      return records;
    },
    end(): CsvRecord[] {
      if (isFresh()) return [];
      if (cell.place === 'quoted') record.refuseOpenQuotes();
      record.add(cell.end());
      const records: CsvRecord[] = [];
      record.end(records);
      return records.map((last) => ({ ...last, isUnended: true }));
    },
  };
}

/** What goes on from one piece of the text to the next. */
type Unfinished = {
  record: ReturnType<typeof createRecordBuilder>;
  cell: ReturnType<typeof createCell>;
  delimiter: string;
  isAfterCr: boolean;
};

/** Reads the rest of a piece. Returns the records that end in it. */
function readPiece(cursor: Cursor, { record, cell, delimiter, isAfterCr }: Unfinished): CsvRecord[] {
  const records: CsvRecord[] = [];
  let recordStart = cursor.at;
  const endRecord = (cells?: string[]): void => {
    record.checkSize(cursor.at - recordStart);
    record.end(records, cells);
    cursor.skipLineEnd();
    recordStart = cursor.at;
  };
  /** Ends the cell if a delimiter or a line end comes next. */
  const endedCell = (): boolean => {
    const isLineEnd = cursor.isAtLineEnd();
    if (!isLineEnd && !cursor.isAtDelimiter()) return false;
    record.add(cell.end());
    if (isLineEnd) endRecord();
    else cursor.at += 1;
    return true;
  };
  const steps: Record<Place, () => void> = {
    start() {
      if (cell.isFresh() && record.isEmpty()) {
        while (cursor.code() === BYTE_ORDER_MARK) cursor.at += 1;
        const cells = takeSimpleRecord(cursor, delimiter);
        if (cells !== null) return endRecord(cells);
      }
      cell.lead += cursor.takeSpace();
      if (cursor.isAtEnd()) return;
      if (cursor.code() === QUOTE) {
        cursor.at += 1;
        record.openQuotes();
        cell.place = 'quoted';
      } else {
        cell.text = cell.lead;
        cell.place = 'bare';
      }
    },
    bare() {
      cell.text += cursor.take(Math.min(cursor.nextDelimiter(cursor.at), cursor.nextLineEnd(cursor.at)));
      endedCell();
    },
    quoted() {
      const end = cursor.nextQuote(cursor.at);
      record.addBreaks(cursor.countBreaks(end, isAfterCr));
      cell.text += cursor.take(end);
      if (cursor.isAtEnd()) return;
      cursor.at += 1;
      cell.place = 'quote';
    },
    quote() {
      if (cursor.code() === QUOTE) {
        cell.text += cursor.take(cursor.at + 1);
        cell.place = 'quoted';
      } else if (!endedCell()) cell.place = 'closed';
    },
    closed() {
      cell.trail += cursor.takeSpace();
      if (cursor.isAtEnd() || endedCell()) return;
      // More follows behind the quotes, so they are text.
      record.markStray();
      cell.text = `${cell.lead}"${cell.text}"${cell.trail}`;
      cell.place = 'bare';
    },
  };
  while (!cursor.isAtEnd()) steps[cell.place]();
  record.hold(cursor.length - recordStart);
  return records;
}
