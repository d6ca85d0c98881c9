import { sepLine } from '../../core/input/dialect.ts';
import { createQuotedRecords } from './quoted-records.ts';
import { CsvError, type CsvRecord } from './record.ts';

/** A longer record has lost its closing quote or its line ends. It would swallow the rest of the file. */
const MAX_RECORD_CHARACTERS = 1024 * 1024;

const LINE_ENDS = /(\r\n|\n|\r)/;
const BYTE_ORDER_MARKS = /^\uFEFF+/;

/** The cells of a line without quotes, or of one whose cells are all in quotes without a quote in them; else null. */
function simpleCells(line: string, delimiter: string): string[] | null {
  if (!line.includes('"')) return line.split(delimiter);
  if (!line.startsWith('"') || !line.endsWith('"') || line.length < 2) return null;
  const cells = line.slice(1, -1).split(`"${delimiter}"`);
  return cells.some((cell) => cell.includes('"')) ? null : cells;
}

/** Splits text that comes in pieces into lines. */
function createLines() {
  const lines = {
    /** The last line, which has no line end yet. */
    rest: '',
    /** A CR behind it, which may be the first half of a line end. */
    cr: '',
    /** Returns the lines that end in this piece, each followed by its line end. */
    take(piece: string): string[] {
      const text = lines.cr + piece;
      lines.cr = text.endsWith('\r') ? '\r' : '';
      const [first, ...more] = text.slice(0, text.length - lines.cr.length).split(LINE_ENDS);
      const parts = [lines.rest + first, ...more];
      lines.rest = parts.pop() as string;
      return parts;
    },
  };
  return lines;
}

/** A first line `sep=` only names the delimiter. */
function isSepLine(record: CsvRecord | undefined, delimiter: string): boolean {
  return record?.line === 1 && record.cells.length <= 2 && sepLine(record.cells.join(delimiter)) !== null;
}

/**
 * Reads records from text that comes in pieces of any size. The work grows with the length of the text alone, whatever
 * is in it. Most lines are simple records, which splitting reads several times as fast as a CSV parser; the parser reads
 * the others. Quotes are as in RFC 4180. A quote inside a cell is text, and so are quotes that open a cell and do not
 * end it. White space around quotes is dropped, and so is a byte order mark at the start of a record, where files were
 * joined. `feed` and `end` return the records that they complete, and throw CsvError.
 */
export function createRecordReader(delimiter: string) {
  const quoting = createQuotedRecords(delimiter);
  const lines = createLines();
  let line = 1; // on which the next record starts
  let open = ''; // the lines of a record whose quotes are open
  let openLines = 0;
  let records: CsvRecord[] = [];
  let quoted: { record: CsvRecord; text: string }[] = []; // those of the records that have no cells yet

  const refuse = (text: string): never => {
    throw new CsvError({ code: 'bad_quoting', text, line });
  };

  const checkSize = (text: string): void => {
    if (open.length + text.length <= MAX_RECORD_CHARACTERS) return;
    const why = quoting.opensQuotes(open + text)
      ? 'a quote that opens in it is probably not closed'
      : 'the file has no line ends from here on, or is not a CSV file';
    refuse(`a row of over 1 MiB starts here; ${why}`);
  };

  const add = (cells: string[]): CsvRecord => {
    const record = { line, cells };
    records.push(record);
    line += openLines + 1;
    open = '';
    openLines = 0;
    return record;
  };

  const addLine = (whole: string, lineEnd: string): void => {
    checkSize(whole);
    const isOpen = openLines > 0;
    const text = isOpen ? whole : whole.replace(BYTE_ORDER_MARKS, '');
    const cells = isOpen ? null : simpleCells(text, delimiter);
    if (cells !== null) {
      add(cells);
    } else if (quoting.isOpenAfter(text, isOpen)) {
      open += text + lineEnd;
      openLines += 1;
    } else {
      const tidy = quoting.tidy(open + text);
      // Stray quotes are text, so a quote that is not closed ends at the next one, and its cell would hold whole rows.
      if (tidy.isStray && isOpen) {
        refuse('a quote that opens in this row closes lines below, inside a cell; the rows between would be lost');
      }
      quoted.push({ record: add([]), text: tidy.text });
    }
  };

  /** Returns the records that are complete. */
  const take = (): CsvRecord[] => {
    if (quoted.length > 0) {
      const cells = quoting.cellsOf(quoted.map(({ text }) => text));
      for (const [at, { record }] of quoted.entries()) record.cells = cells[at] as string[];
    }
    const taken = isSepLine(records[0], delimiter) ? records.slice(1) : records;
    records = [];
    quoted = [];
    return taken;
  };

  return {
    feed(piece: string): CsvRecord[] {
      const parts = lines.take(piece);
      for (let at = 0; at < parts.length; at += 2) addLine(parts[at] as string, parts[at + 1] as string);
      checkSize(lines.rest);
      return take();
    },
    end(): CsvRecord[] {
      const { rest, cr } = lines;
      const isUnended = cr === '' && (openLines > 0 || rest.replace(BYTE_ORDER_MARKS, '') !== '');
      if (cr !== '' || isUnended) addLine(rest, cr);
      if (openLines > 0) refuse('a quote that opens in this row is not closed before the file ends');
      return take().map((last) => (isUnended ? { ...last, isUnended } : last));
    },
  };
}
