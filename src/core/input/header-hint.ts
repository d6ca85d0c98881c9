import { cleanCell } from './cell.ts';
import { findDelimiter } from './dialect.ts';
import { type ColumnMap, type FIELDS, mapHeader } from './header.ts';

/** The first lines of a file, as they were read: where each starts, and its cells. */
type Lines = readonly { line: number; cells: readonly string[] }[];
type How = { map: ColumnMap; online: boolean; delimiter: string };

/** The header is looked for in this number of lines. */
const MAX_LINES = 50;
const MAX_GUESSED_COLUMNS = 12;

/** What a cell of a row holds, by its form; the fields of a header that is missing. */
const FORMS: readonly [RegExp, (typeof FIELDS)[number]][] = [
  [/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'messaging_profile_id'],
  [/^[0-9]{16,20}$/, 'phone_number_id'],
  [/^\+[0-9]{7,15}$/, 'phone_number'],
  [/^(A2P|P2P)$/, 'messaging_product'],
];

function isHeader(cells: readonly string[], { map, online }: How): boolean {
  return 'columns' in mapHeader(cells, map, 0, online);
}

/** The cells of a line that may have another delimiter than the first line. */
function cellsOf(cells: readonly string[], { delimiter }: How): string[] {
  const text = cells.join(delimiter);
  return text.split(findDelimiter(text)).map((cell) => cell.replaceAll('"', ''));
}

/** A header for a file that begins with a row; null if the line is no row. */
function missingHeader(cells: readonly string[], how: How): string | null {
  const names = cells
    .slice(0, MAX_GUESSED_COLUMNS)
    .map((cell) => FORMS.find(([form]) => form.test(cleanCell(cell)))?.[1] ?? 'note');
  if (names.every((name) => name === 'note' || name === 'messaging_product')) return null;
  return isHeader(names, how) ? names.join(how.delimiter) : 'phone_number_id,messaging_profile_id';
}

/**
 * What is wrong with the start of a file whose first line is no header: continues the text of the error; '' if that says
 * it all. `lines`: the first one and those below it.
 */
export function headerHint(lines: Lines, how: How): string {
  const { cells, line } = lines[0] as Lines[number];
  const [only = ''] = cells;
  if (cells.length === 1 && only.includes(how.delimiter)) {
    return `; line ${line} is in quotes as a whole, so it is one cell: remove those at the start and end of each line`;
  }
  const header = lines
    .slice(1, MAX_LINES)
    .find((other) => isHeader(other.cells, how) || isHeader(cellsOf(other.cells, how), how));
  if (header !== undefined) return `; line ${header.line} looks like the header: delete the lines above`;
  if (only.trimStart().startsWith('#')) {
    const bare = [only.trimStart().replace(/^#+/, ''), ...cells.slice(1)];
    return isHeader(bare, how)
      ? `; remove the # at the start of line ${line}`
      : '; lines that begin with # are not skipped';
  }
  const missing = missingHeader(cells, how);
  return missing === null ? '' : `; line ${line} is a row already: add a header above, such as ${missing}`;
}
