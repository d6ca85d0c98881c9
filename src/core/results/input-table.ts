import { constantsOf } from '../input/assignment.ts';
import { type ColumnMap, coveredColumns } from '../input/header.ts';
import { widthsOf } from '../input/row-shape.ts';
import type { ConstantTargets } from '../input/target.ts';
import { parseSetting } from '../settings/parse.ts';
import type { RawSettings } from '../settings/schema.ts';
import { guardFormula } from '../text/text.ts';

/** The columns that failed.csv adds to those of the input. */
export const FAILED_COLUMNS = ['reassign_status', 'reassign_reason', 'reassign_detail'] as const;

/** The further columns of held.csv: what the number had when it was planned, has now, and was to get. */
export const HELD_COLUMNS = ['reassign_was', 'reassign_now', 'reassign_wanted'] as const;

/** The name of the first column in the file of a cause begins with it. */
export const ADVICE_COLUMN = 'reassign_fix';

const ADDED_COLUMNS = new Set<string>([...FAILED_COLUMNS, ...HELD_COLUMNS]);

function isAdded(name: string): boolean {
  return ADDED_COLUMNS.has(name.trim()) || name.startsWith(`${ADVICE_COLUMN} - `);
}

/**
 * What the rows of failed.csv are made from: the header of the input, and the targets that flags gave to every row.
 * These become columns, so that the file says what is to be done without the flags.
 */
export type InputTable = { header: readonly string[]; constants?: ConstantTargets; map?: ColumnMap };

/** The table of a run with these settings, as run.json has them. */
export function inputTable(header: readonly string[], settings: RawSettings): InputTable {
  const maps = [settings.map ?? []].flat().map((text) => parseSetting('map', text));
  const map: ColumnMap = Object.assign({}, ...maps.map((parsed) => ('value' in parsed ? parsed.value : {})));
  return { header, constants: constantsOf(settings), map };
}

/** How wide a row may be, which of its columns are kept, and the cells of the columns that constant targets become. */
export type Kept = { min: number; max: number; positions: number[]; targets: string[] };

function keptOf({ header, constants = {}, map = {} }: InputTable): Kept {
  const { min, max } = widthsOf(header);
  const names = header.slice(0, max);
  // Beside the target of every row, a column that --map took away would be read again.
  const covered = new Set(coveredColumns(names, map, constants));
  return {
    min,
    max,
    positions: names.flatMap((name, at) => (isAdded(name) || covered.has(at) ? [] : [at])),
    targets: Object.values(constants).map(guardFormula),
  };
}

/** A header may have as many columns as the input has rows. */
const keptByTable = new WeakMap<InputTable, Kept>();

export function keptColumns(table: InputTable): Kept {
  const kept = keptByTable.get(table) ?? keptOf(table);
  keptByTable.set(table, kept);
  return kept;
}

/**
 * The cells of a row that are kept: all of the input except those that an earlier failed.csv, held.csv or file of a cause
 * added, and the constant targets.
 */
export function keptCells(cells: readonly string[], table: InputTable): string[] {
  const { positions, targets } = keptColumns(table);
  return [...positions.map((at) => cells[at] ?? ''), ...targets];
}

/** The names of the columns that are kept. */
export function headerCells(table: InputTable): string[] {
  const { header, constants = {} } = table;
  return [...keptColumns(table).positions.map((at) => header[at] as string), ...Object.keys(constants)];
}
