import { count } from '../text/text.ts';
import { cleanCell } from './cell.ts';
import { delimiterName, findDelimiter, sepLine } from './dialect.ts';
import { type Columns, FIELDS, knownFields, means, normalName } from './header.ts';
import type { Rejection } from './rejection.ts';

/** More columns than this are only those with a name: a row must not be much longer in failed.csv than in the input. */
export const MAX_UNNAMED_WIDTH = 256;

/** The last cell of a row in failed.csv that had too few, so that it is rejected again until it is fixed. */
export const SHORT_ROW_MARK = 'too few cells';

/** An id or a phone number, also behind the last cell of another row. */
const ENDS_IN_ID = /[0-9]{10}\s*$/;

const isBlank = (cell: string): boolean => cell === '' || cleanCell(cell) === '';

/** How many cells there are without the blank ones at the end. */
function filledWidth(cells: readonly string[]): number {
  let width = cells.length;
  while (width > 0 && isBlank(cells[width - 1] as string)) width -= 1;
  return width;
}

/** How many cells a row must have: to the last column with a name; and how many it may have. */
export function widthsOf(header: readonly string[]): { min: number; max: number } {
  const min = filledWidth(header);
  return { min, max: Math.max(min, Math.min(header.length, MAX_UNNAMED_WIDTH)) };
}

/** How the rows of an input are laid out. */
export type Layout = { header: readonly string[]; columns: Columns; delimiter: string; min: number; max: number };

export function layoutOf(header: readonly string[], columns: Columns, delimiter: string): Layout {
  return { header, columns, delimiter, ...widthsOf(header) };
}

const isSameName = (cell: string, name: string): boolean => cell === name || normalName(cell) === normalName(name);

/** Whether a row has the column names of the header. */
function hasNames(cells: readonly string[], { header, min }: Layout): boolean {
  return cells.length >= min && header.slice(0, min).every((name, at) => isSameName(cells[at] as string, name));
}

/** Whether a row may be a header: no header has a digit in the column of ids. */
function maybeHeader(cells: readonly string[], { columns }: Layout): boolean {
  const cell = cells[(columns.phone_number_id ?? columns.phone_number) as number] ?? '';
  return cell !== '' && !/[0-9]/.test(cell);
}

/** Whether a row is a header with fields in other columns, so that the rows below it would be read wrongly. */
export function isOtherHeader(cells: readonly string[], layout: Layout): boolean {
  if (!maybeHeader(cells, layout) || knownFields(cells) < 2) return false;
  return FIELDS.some((field) => {
    const at = layout.columns[field] ?? -1;
    const name = cells[at];
    return name !== undefined && !isSameName(name, layout.header[at] as string) && !means(name, field);
  });
}

function repeatedHeader(cells: readonly string[], layout: Layout): Rejection | null {
  if (cells.length <= 2 && sepLine(cells.join(layout.delimiter)) !== null) {
    const text = 'a line that names the delimiter, as at the start of files that were joined; delete the line';
    return { code: 'repeated_header', text };
  }
  const isHeader = maybeHeader(cells, layout) && knownFields(cells) >= 2;
  // The names of --map may be any.
  if (!isHeader && (cells[0] !== layout.header[0] || !hasNames(cells, layout))) return null;
  return { code: 'repeated_header', text: 'the header again, as in files that were joined; delete the line' };
}

/** Says that another header or another row follows in the line, if files were joined without a line end; else null. */
function joinedText(cells: readonly string[], { header, columns, min }: Layout): string | null {
  if (cells.length !== 2 * min - 1) return null;
  const isHeader =
    normalName(cells[min - 1] as string).endsWith(normalName(header[0] as string)) &&
    header.slice(1, min).every((name, at) => isSameName(cells[min + at] as string, name));
  const id = cells[min - 1 + ((columns.phone_number_id ?? columns.phone_number) as number)] as string;
  if (!isHeader && !ENDS_IN_ID.test(id)) return null;
  const what = isHeader ? 'the header of another file follows' : 'another row follows';
  return `${what} in the same line, as in files that were joined without a line end; break the line there`;
}

function tooManyText(cells: readonly string[], layout: Layout): string {
  return joinedText(cells, layout) ?? 'a cell with the delimiter in it must be in quotes';
}

function tooFewText(cells: readonly string[], { delimiter, min }: Layout, isUnended: boolean): string {
  const [only = ''] = cells;
  if (cells.length === 1 && only.includes(delimiter)) {
    return 'the whole line is in quotes; remove those at its start and end';
  }
  const other = cells.length === 1 ? findDelimiter(only) : delimiter;
  if (other !== delimiter && only.split(other).length >= min) {
    return `its delimiter is ${delimiterName(other)} and that of the header ${delimiterName(delimiter)}; use one`;
  }
  if (isUnended) return 'the file ends in this row without a line end, so it may have been cut off';
  return 'add the cells that are missing, also if they are empty';
}

/** Rejects a row that is not one of the table: a header again, or one with too few or too many cells. */
export function checkShape(cells: readonly string[], layout: Layout, isUnended: boolean): Rejection | null {
  const repeated = repeatedHeader(cells, layout);
  if (repeated !== null) return repeated;
  const { min, max } = layout;
  const rejected = (have: number, width: number, how: string): Rejection => {
    const text = `${count(have, 'cell')} where the header has ${width}; ${how}`;
    return { code: 'wrong_number_of_cells', text };
  };
  const { length } = cells;
  if (length < min) return rejected(length, min, tooFewText(cells, layout, isUnended));
  if (length === min) return null;
  const filled = filledWidth(cells);
  if (filled > min && cells[filled - 1] === SHORT_ROW_MARK) {
    return rejected(filled, min, 'add the cells that are missing, and remove the last one, which says so');
  }
  return length <= max || filled <= max ? null : rejected(length, max, tooManyText(cells, layout));
}

/** An error that a spreadsheet shows in a cell. */
const SPREADSHEET_ERROR = /^#(?:N\/A|NV|[A-Z0-9/_]+[!?])$/;

/** What the place of a rejected row adds to its text; '' if nothing. */
export function placeHint({ code }: Rejection, cells: readonly string[], isUnended: boolean): string {
  const start = (cells[0] ?? '').trim();
  if (start.startsWith('#') && !SPREADSHEET_ERROR.test(start))
    return '; a comment is read as a row, so delete the line if it is one';
  return isUnended && code.startsWith('bad_')
    ? '; the file ends in this row without a line end, so it may have been cut off'
    : '';
}
