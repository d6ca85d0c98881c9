import { showAscii } from '../text/lookalike.ts';
import { cleanCell } from './cell.ts';
import { findDelimiter } from './dialect.ts';
import { type ColumnMap, type FIELDS, type HeaderNeeds, mapHeader } from './header.ts';

/** The first lines of a file, as they were read: where each starts, and its cells. */
type Lines = readonly { line: number; cells: readonly string[] }[];
type How = HeaderNeeds & { map: ColumnMap; delimiter: string };

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

function isHeader(cells: readonly string[], how: How): boolean {
  return 'columns' in mapHeader(cells, how.map, 0, how);
}

/** The cells of a line that may have another delimiter than the first line. */
function cellsOf(cells: readonly string[], { delimiter }: How): string[] {
  const text = cells.join(delimiter);
  return text.split(findDelimiter(text)).map((cell) => cell.replaceAll('"', ''));
}

/** Quotes of other kinds around a cell, and a byte order mark that a program has read in another encoding. */
const OTHER_QUOTES =
  /^[\s'`\u00b4\u00ab\u00bb\u2018-\u201f\u2039\u203a]+|[\s'`\u00b4\u00ab\u00bb\u2018-\u201f\u2039\u203a]+$/g;
const MISREAD_MARK = /^(?:\u00ef\u00bb\u00bf)+/;
/** What may stand between two column names. */
const BETWEEN_NAMES = /[^\p{L}\p{N}_"'-]+/gu;
const MAX_TRIED_SEPARATORS = 5;
/** A line with more cells, or with a longer one, is not examined so closely. */
const MAX_REPAIRED_CELLS = 256;
const MAX_REPAIRED_CHARACTERS = 4096;

/** Line ends of other programs, which a CSV does not have. */
const OTHER_LINE_END = /[\v\f\u0085\u2028\u2029]/;

/** Says that a line has line ends of another kind in it, as `; what to do`; '' if it has none. */
export function lineEndHint(cells: readonly string[]): string {
  const strange = cells.find((cell) => OTHER_LINE_END.test(cell));
  if (strange === undefined) return '';
  const { quoted } = showAscii(OTHER_LINE_END.exec(strange)?.[0] as string);
  return `; the line ends are of another kind (${quoted}): save the file with LF or CRLF`;
}

/** What makes a header out of a line that has all of its names, as `; what to do`; null if nothing known does. */
function repair(cells: readonly string[], how: How): string | null {
  const [first = ''] = cells;
  const otherEnds = lineEndHint(cells);
  if (otherEnds !== '') return otherEnds;
  if (cells.length > MAX_REPAIRED_CELLS || cells.some(({ length }) => length > MAX_REPAIRED_CHARACTERS)) return null;
  if (MISREAD_MARK.test(first) && isHeader([first.replace(MISREAD_MARK, ''), ...cells.slice(1)], how)) {
    return '; remove the characters before its first name: they are a byte order mark that was saved as text';
  }
  const bare = (names: readonly string[]) => names.map((name) => name.replaceAll('"', '').replace(OTHER_QUOTES, ''));
  if (isHeader(bare(cells), how)) return '; its cells are in other quotes than ": save it with these or without quotes';
  if (cells.length > 1) return null;
  const between = [...new Set(first.match(BETWEEN_NAMES))].slice(0, MAX_TRIED_SEPARATORS);
  const separator = between.find((text) => isHeader(bare(first.split(text)), how));
  if (separator === undefined) return null;
  return `; its columns are separated by ${showAscii(separator).quoted}: save it with a comma, a semicolon, a tab or a bar`;
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
  const header = lines
    .slice(1, MAX_LINES)
    .find((other) => isHeader(other.cells, how) || isHeader(cellsOf(other.cells, how), how));
  if (header !== undefined) return `; line ${header.line} looks like the header: delete the lines above`;
  if (cells.length === 1 && only.includes(how.delimiter)) {
    return `; line ${line} is in quotes as a whole, so it is one cell: remove those at the start and end of each line`;
  }
  if (only.trimStart().startsWith('#')) {
    const bare = [only.trimStart().replace(/^#+/, ''), ...cells.slice(1)];
    return isHeader(bare, how)
      ? `; remove the # at the start of line ${line}`
      : '; lines that begin with # are not skipped';
  }
  const repaired = repair(cells, how);
  if (repaired !== null) return repaired;
  const missing = missingHeader(cells, how);
  return missing === null ? '' : `; line ${line} is a row already: add a header above, such as ${missing}`;
}
