import { guardFormula } from '../text/text.ts';
import { firstAdvice } from './advice.ts';
import { ADVICE_COLUMN, type InputTable } from './input-table.ts';
import { failedCells, failedHeader, heldCells, heldHeader, type Result } from './rows.ts';
import type { Cause } from './tally.ts';

const MAX_CODE_CHARACTERS = 40;
const MAX_HEADER_CHARACTERS = 80;

/** The number of a cause, from 1 in the order of the summary, as file names and `--only cause:NN` have it. */
export function causeNumber(number: number): string {
  return String(number).padStart(2, '0');
}

/** `01-10005.csv`: the number of a cause, and the code of the API or else the reason. A code may be any text. */
export function causeFileName(number: number, { error_code: code, reason }: Cause): string {
  const safe = (text: string) => text.replace(/[^A-Za-z0-9_]+/g, '-').slice(0, MAX_CODE_CHARACTERS);
  const named = safe(code).replace(/^-+|-+$/g, '');
  return `${causeNumber(number)}-${named || safe(reason) || 'other'}.csv`;
}

/** Whether a file in `causes/` was written by this program. */
export function isCauseFile(name: string): boolean {
  return /^[0-9]{2,}-[A-Za-z0-9_-]+\.csv$/.test(name);
}

/** What to do about a cause, as the name of a column: it needs no quotes anywhere, and is none of the input's fields. */
function adviceHeader(cause: Cause): string {
  return `${ADVICE_COLUMN} - ${firstAdvice(cause)}`.replace(/[^A-Za-z0-9_ -]+/g, '').slice(0, MAX_HEADER_CHARACTERS);
}

/** The header of the file of a cause: what to do, and then the columns of failed.csv or held.csv. */
export function causeHeader(cause: Cause, table: InputTable): string[] {
  return [adviceHeader(cause), ...(cause.status === 'held' ? heldHeader : failedHeader)(table)];
}

/** A row of the file of a cause: the reason, and then the cells of failed.csv or held.csv. */
export function causeCells(cells: readonly string[], table: InputTable, result: Result): string[] {
  const row = result.status === 'held' ? heldCells(cells, table, result) : failedCells(cells, table, result);
  return [guardFormula(result.reason), ...row];
}
