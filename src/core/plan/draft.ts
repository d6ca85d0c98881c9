import { cleanCell, isAmbiguous, isBlankLine } from '../input/cell.ts';
import type { Allowed } from '../input/cell-checks.ts';
import { guessMap } from '../input/guess-map.ts';
import { type ColumnMap, columnNames, constantConflict, mapHeader } from '../input/header.ts';
import { headerHint, lineEndHint } from '../input/header-hint.ts';
import type { FileError } from '../input/rejection.ts';
import { isOtherHeader, type Layout, layoutOf } from '../input/row-shape.ts';
import { type InputRow, type PlanEntry, planRow } from './entry.ts';

/** A line of the input, blank lines and the header included. */
export type InputLine = Omit<InputRow, 'row'>;

/** Why the flags of a command do not fit the header of its input. */
export type Conflict = { conflict: string };

const EMPTY: FileError = { code: 'no_header', text: 'the file is empty', line: null };

/**
 * Finds out whether a file may have been cut off in its last line: it has no line end, and its last cell is empty, or is
 * an id or a product that is shorter than all others, if these have the same length.
 */
function createCutCheck({ min, max, columns }: Layout) {
  const { phone_number_id: id, messaging_product: product } = columns;
  const isCompared = id === min - 1 || product === min - 1;
  let width: number | null = null;
  return ({ cells, isUnended }: InputLine): boolean => {
    const { length } = cells[min - 1] ?? '';
    if (isUnended !== true) {
      if (isCompared) width = width === null || width === length ? length : 0;
      return false;
    }
    return cells.length <= max && (isBlankLine(cells.slice(min - 1)) || (cells.length >= min && length < (width ?? 0)));
  };
}

/** Whether a cell of a column named `number` shows that the column holds something else, such as a count. */
function isNoPhone(cell: string): boolean {
  return !isAmbiguous(cell) && !cell.includes('+') && cell.replace(/[^0-9]/g, '').length < 6;
}

/** Makes the entries of a plan from the lines of an input, one after another, before the account is read. */
export function createDraft(how: { map: ColumnMap; allowed: Allowed; delimiter: string }) {
  const { map, delimiter } = how;
  let { allowed } = how;
  let layout: Layout | null = null;
  let cutCheck: ReturnType<typeof createCutCheck> | null = null;
  let row = 0;
  let isGuessOpen = true;
  const draft = {
    /** Blank lines below the header. */
    blankLines: 0,
    /** The last line, if the file may have been cut off in it. */
    cutLine: null as number | null,
    /** A column that is named like phone numbers and holds none, so that it is ignored. */
    ignoredColumn: null as string | null,
    /** Returns the entry of a line, or why file or flags are refused; null for the header and for blank lines. */
    read(lines: readonly InputLine[], at: number): PlanEntry | FileError | Conflict | null {
      const current = lines[at] as InputLine;
      const { line, cells } = current;
      if (isBlankLine(cells)) {
        if (layout !== null) draft.blankLines += 1;
        return null;
      }
      if (layout === null) {
        const conflict = constantConflict(cells, map, allowed.constants ?? {});
        if (conflict !== null) return { conflict };
        const mapped = mapHeader(cells, map, line, allowed);
        if ('error' in mapped) {
          const hint = headerHint(lines.slice(at), { ...allowed, map, delimiter });
          const guessed = hint === '' ? guessMap(cells, map, allowed) : null;
          return { ...mapped.error, text: `${mapped.error.text}${hint}`, map: guessed };
        }
        layout = layoutOf(cells, mapped.columns, delimiter);
        cutCheck = createCutCheck(layout);
        allowed = { ...allowed, ...columnNames(cells, mapped.columns, map) };
        return null;
      }
      if (isOtherHeader(cells, layout)) {
        const text =
          'another header, with the fields in other columns, as in files that were joined; split the file here';
        return { code: 'second_header', text, line };
      }
      if ((cutCheck as NonNullable<typeof cutCheck>)(current)) draft.cutLine = line;
      row += 1;
      if (isGuessOpen) checkGuess(cells, layout);
      return planRow({ row, ...current }, layout, allowed);
    },
    /** Why the file is refused now that all of its lines have been read; null if it is not. */
    end(): FileError | null {
      if (layout === null) return EMPTY;
      const hint = row === 0 ? lineEndHint(layout.header) : '';
      return hint === '' ? null : { code: 'no_header', text: `no line ends below the header${hint}`, line: 1 };
    },
  };
  /** A column named `number` may be a count. Then it is not the phone number of rows that have an id. */
  function checkGuess(cells: readonly string[], { columns }: Layout): void {
    const guess = allowed.guessedPhoneColumn as string;
    const { phone_number: at, phone_number_id: id } = columns;
    const isGuess = guess !== '' && at !== undefined && id !== undefined;
    const cell = isGuess ? cleanCell(cells[at] ?? '') : '';
    if (isGuess && cell === '') return;
    isGuessOpen = false;
    if (!isGuess || !isNoPhone(cell)) return;
    delete columns.phone_number;
    draft.ignoredColumn = guess;
  }
  return draft;
}
