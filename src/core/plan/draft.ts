import { isBlankLine } from '../input/cell.ts';
import type { Allowed } from '../input/cell-checks.ts';
import { guessMap } from '../input/guess-map.ts';
import { type ColumnMap, columnNames, mapHeader } from '../input/header.ts';
import { headerHint } from '../input/header-hint.ts';
import type { FileError } from '../input/rejection.ts';
import { isOtherHeader, type Layout, layoutOf } from '../input/row-shape.ts';
import { type InputRow, type PlanEntry, planRow } from './entry.ts';

/** A line of the input, blank lines and the header included. */
export type InputLine = Omit<InputRow, 'row'>;

const EMPTY: FileError = { code: 'no_header', text: 'the file is empty', line: null };

/** Whether the file may have been cut off in this last line: it has no line end, and its last cell is empty. */
function mayBeCut({ cells, isUnended }: InputLine, { min, max }: Layout): boolean {
  return isUnended === true && cells.length <= max && isBlankLine(cells.slice(min - 1));
}

/** Makes the entries of a plan from the lines of an input, one after another, before the account is read. */
export function createDraft(how: { map: ColumnMap; allowed: Allowed; delimiter: string }) {
  const { map, delimiter } = how;
  let { allowed } = how;
  let layout: Layout | null = null;
  let row = 0;
  const draft = {
    /** Blank lines below the header. */
    blankLines: 0,
    /** The last line, if the file may have been cut off in it. */
    cutLine: null as number | null,
    /** Returns the entry of a line, or why the file is refused; null for the header and for blank lines. */
    read(lines: readonly InputLine[], at: number): PlanEntry | FileError | null {
      const current = lines[at] as InputLine;
      const { line, cells } = current;
      if (isBlankLine(cells)) {
        if (layout !== null) draft.blankLines += 1;
        return null;
      }
      if (layout === null) {
        const mapped = mapHeader(cells, map, line, allowed.online);
        if ('error' in mapped) {
          const hint = headerHint(lines.slice(at), { map, online: allowed.online, delimiter });
          const guessed = hint === '' ? guessMap(cells, map, allowed.online) : null;
          return { ...mapped.error, text: `${mapped.error.text}${hint}`, map: guessed };
        }
        layout = layoutOf(cells, mapped.columns, delimiter);
        allowed = { ...allowed, ...columnNames(cells, mapped.columns, map) };
        return null;
      }
      if (isOtherHeader(cells, layout)) {
        const text =
          'another header, with the fields in other columns, as in files that were joined; split the file here';
        return { code: 'second_header', text, line };
      }
      if (mayBeCut(current, layout)) draft.cutLine = line;
      row += 1;
      return planRow({ row, ...current }, layout, allowed);
    },
    /** Why the file is refused now that all of its lines have been read; null if it is not. */
    end: (): FileError | null => (layout === null ? EMPTY : null),
  };
  return draft;
}
