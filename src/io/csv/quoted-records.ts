import { parse } from 'csv-parse/sync';

/** A cell that stands between two records. The decoder refuses zero bytes, so no file has it. */
const BETWEEN = '\0';

/** What quotes mean in the records of a file: where a record ends, and which cells it has. */
export function createQuotedRecords(delimiter: string) {
  const space = `[^\\S\\r\\n${delimiter}]*`;
  const bare = `[^${delimiter}\\r\\n]*`;
  const inQuotes = '[^"]*(?:""[^"]*)*';
  const cell = `(?:${space}"${inQuotes}"(?!")${bare}|(?!${space}")${bare})`;
  const endsOpen = new RegExp(`^(?:${cell}[${delimiter}])*${space}"${inQuotes}$`);
  const opening = new RegExp(`(?<=^|[${delimiter}])(${space})"`);
  const quoted = new RegExp(`${opening.source}(${inQuotes})"(?!")(${bare})`, 'g');

  return {
    /** Whether quotes are open at the end of a line. `isOpen`: whether they are at its start. */
    isOpenAfter: (line: string, isOpen: boolean): boolean => endsOpen.test(isOpen ? `"${line}` : line),
    opensQuotes: (text: string): boolean => opening.test(text),
    /**
     * Writes a record as in RFC 4180: white space around quotes is dropped, and a cell that goes on behind its quotes is
     * text and gets quotes around all of it. `isStray`: whether there is such a cell.
     */
    tidy(record: string): { text: string; isStray: boolean } {
      let isStray = false;
      const text = record.replace(quoted, (_, lead: string, inner: string, behind: string) => {
        if (behind.trim() === '') return `"${inner}"`;
        isStray = true;
        return `"${lead}""${inner}""${behind.replaceAll('"', '""')}"`;
      });
      return { text, isStray };
    },
    /**
     * Returns the cells of tidy records. The library reads them as one record, because it makes an error with deep copies
     * for every record of another length than the first.
     */
    cellsOf(records: readonly string[]): string[][] {
      const [all = []] = parse(records.join(`${delimiter}${BETWEEN}${delimiter}`), {
        delimiter,
        record_delimiter: `${BETWEEN}${BETWEEN}`,
        // A quote inside a cell without quotes is text, as in `="123"` of a spreadsheet or 5" in a label.
        relax_quotes: true,
      });
      const cells: string[][] = [[]];
      for (const text of all) {
        if (text === BETWEEN) cells.push([]);
        else cells.at(-1)?.push(text);
      }
      return cells;
    },
  };
}
