import { sepLine } from '../../core/input/dialect.ts';
import { CsvError, type CsvRecord } from './record.ts';

/** A longer record has lost its closing quote or its line ends. It would swallow the rest of the file. */
const MAX_RECORD_CHARACTERS = 1024 * 1024;

/** Collects the cells of one record after another. Throws CsvError for a record that cannot be one. */
export function createRecordBuilder(delimiter: string) {
  let cells: string[] = [];
  let breaks = 0; // line breaks inside quotes
  let hasQuotes = false;
  let isStray = false; // whether a cell opens with a quote that is text
  let heldCharacters = 0; // of the record, in earlier pieces of the text
  let line = 1;

  const refuse = (text: string): never => {
    throw new CsvError({ code: 'bad_quoting', text, line });
  };

  /** Checks the size of the record so far. `characters`: how many of it are in this piece of the text. */
  const checkSize = (characters: number): void => {
    if (heldCharacters + characters <= MAX_RECORD_CHARACTERS) return;
    const why = hasQuotes
      ? 'a quote that opens in it is probably not closed'
      : 'the file has no line ends from here on, or is not a CSV file';
    refuse(`a row of over 1 MiB starts here; ${why}`);
  };

  return {
    isEmpty: () => cells.length === 0,
    add: (cell: string) => cells.push(cell),
    openQuotes: () => {
      hasQuotes = true;
    },
    addBreaks: (more: number) => {
      breaks += more;
    },
    /** The quotes of a cell turned out to be text, because more follows behind them. */
    markStray: () => {
      isStray = true;
    },
    refuseOpenQuotes: () => refuse('a quote that opens in this row is not closed before the file ends'),
    checkSize,
    /** The record goes on in the next piece of the text. */
    hold(characters: number): void {
      checkSize(characters);
      heldCharacters += characters;
    },
    /** Adds the record, or one of other cells in its place, to a list. */
    end(records: CsvRecord[], whole: string[] = cells): void {
      // Stray quotes are text, so a quote that is not closed ends at the next one, and its cell would hold whole rows.
      if (isStray && breaks > 0) {
        refuse('a quote that opens in this row closes lines below, inside a cell; the rows between would be lost');
      }
      // A first line `sep=` only names the delimiter.
      const isSepLine = line === 1 && whole.length <= 2 && sepLine(whole.join(delimiter)) !== null;
      if (!isSepLine) records.push({ line, cells: whole });
      line += 1 + breaks;
      if (whole === cells) cells = [];
      breaks = 0;
      hasQuotes = false;
      isStray = false;
      heldCharacters = 0;
    },
  };
}
