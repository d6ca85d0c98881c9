import type { Outcome, Status } from '../attempt/outcome.ts';
import { isBlankLine } from '../input/cell.ts';
import { MAX_UNNAMED_WIDTH, SHORT_ROW_MARK } from '../input/row-shape.ts';
import { openOrderText } from '../ledger/order-text.ts';
import type { OpenOrder } from '../ledger/orders.ts';
import { ROW_STATE, type RowState } from '../ledger/replay.ts';
import type { PlanEntry } from '../plan/entry.ts';
import { parseNote, settingsText } from '../plan/note.ts';
import type { RowReason } from '../plan/reason.ts';
import { guardFormula } from '../text/text.ts';
import {
  FAILED_COLUMNS,
  HELD_COLUMNS,
  headerCells,
  type InputTable,
  type Kept,
  keptCells,
  keptColumns,
} from './input-table.ts';

export const RESULTS_COLUMNS = [
  'row',
  'line',
  'phone_number_id',
  'phone_number',
  'status',
  'reason',
  'messaging_profile_id_before',
  'messaging_profile_id_target',
  'messaging_profile_id_after',
  'messaging_product_before',
  'messaging_product_target',
  'messaging_product_after',
  'http_status',
  'error_code',
  'error_title',
  'error_detail',
  'error_pointer',
  'attempts',
  'duration_ms',
  'request_id',
  'finished_at',
] as const;

/** One line of the results: a plan entry joined with what the ledger says of it. */
export type Result = { entry: PlanEntry; status: Status; reason: RowReason; detail: string; outcome: Outcome | null };

const INTERRUPTED = 'the run ended while this row was being sent, so the write may or may not have happened';

/**
 * What the ledger says of a row. `profileHold`: why the last session held the target profile; null if it did not.
 * `order`: the bulk order that may still move the row.
 */
export type LedgerFacts = {
  state: RowState;
  outcome: Outcome | null;
  profileHold: string | null;
  order: OpenOrder | null;
};

/** Joins a plan entry with the ledger. Rows of a plan that was never confirmed are `planned`, not `unprocessed`. */
export function resultOf(entry: PlanEntry, facts: LedgerFacts, isExecution: boolean): Result {
  const { state, outcome, profileHold, order } = facts;
  const { action, note } = entry;
  const ended = (status: Status, reason: RowReason, detail: string) => ({
    entry,
    status,
    reason,
    detail,
    outcome: null,
  });
  if (action === 'rejected' || action === 'duplicate') return ended(action, entry.reason, note);
  // A row that was at its target when it was planned may have changed since, and then has an outcome too.
  if (outcome !== null) {
    return { entry, status: outcome.status, reason: outcome.reason, detail: outcome.errorDetail, outcome };
  }
  if (action === 'unchanged') return ended(action, entry.reason, '');
  if (action === 'held') return ended(action, entry.reason, note);
  if (order !== null) return ended('unverified', 'order_pending', openOrderText(order));
  const isInterrupted = state === ROW_STATE.intent || state === ROW_STATE.ambiguous;
  if (isInterrupted) return ended('unverified', 'interrupted', INTERRUPTED);
  if (profileHold !== null) return ended('held', 'profile_stopped', profileHold);
  return ended(isExecution ? 'unprocessed' : 'planned', '', '');
}

/** Whether a row belongs in failed.csv: another run may bring it to its target. */
export function isFailed(status: Status): boolean {
  return status === 'failed' || status === 'unverified' || status === 'unprocessed' || status === 'rejected';
}

/** What a number has after the run: what an answer showed, or what it had before if nothing changed. */
function afterOf({ entry, outcome, status }: Result): { profile: string; product: string } {
  if (outcome !== null) return { profile: outcome.profileAfter, product: outcome.productAfter };
  if (status === 'unchanged') return { profile: entry.profileBefore, product: entry.productBefore };
  return { profile: '', product: '' };
}

/** The cells of a result, in the order of RESULTS_COLUMNS; free text is guarded against spreadsheet formulas. */
export function resultCells(result: Result): string[] {
  const { entry, outcome } = result;
  const after = afterOf(result);
  return [
    String(entry.row),
    String(entry.line),
    entry.id,
    entry.phoneNumber,
    result.status,
    result.reason,
    guardFormula(entry.profileBefore),
    entry.profileTarget,
    guardFormula(after.profile),
    guardFormula(entry.productBefore),
    entry.productTarget,
    guardFormula(after.product),
    outcome?.httpStatus === null || outcome === null ? '' : String(outcome.httpStatus),
    guardFormula(outcome?.errorCode ?? ''),
    guardFormula(outcome?.errorTitle ?? ''),
    guardFormula(result.detail),
    guardFormula(outcome?.errorPointer ?? ''),
    outcome === null ? '' : String(outcome.attempts),
    outcome === null ? '' : String(Math.round(outcome.durationMs)),
    guardFormula(outcome?.requestId ?? ''),
    guardFormula(outcome?.finishedAt ?? ''),
  ];
}

/** The header of failed.csv: the columns of the input, then FAILED_COLUMNS. */
export function failedHeader(table: InputTable): string[] {
  return [...headerCells(table), ...FAILED_COLUMNS];
}

/** The last cells of a row with a wrong number of them: they keep it wrong, so that it is rejected until it is fixed. */
function oddCells(cells: readonly string[], { min, max }: Kept): string[] {
  if (cells.length < min) return [SHORT_ROW_MARK];
  const over = cells.slice(max);
  return isBlankLine(over) ? [] : over;
}

/**
 * A row of failed.csv: the cells of the input verbatim, then status, reason and detail. A short row of a wide table is
 * not filled up, because it would take far more space than in the input.
 */
export function failedCells(cells: readonly string[], table: InputTable, result: Result): string[] {
  const { status, reason, detail } = result;
  const kept = keptColumns(table);
  if (cells.length < kept.min && kept.min > MAX_UNNAMED_WIDTH) return [...cells];
  return [...keptCells(cells, table), status, reason, guardFormula(detail), ...oddCells(cells, kept)];
}

/** The header of held.csv. */
export function heldHeader(table: InputTable): string[] {
  return [...failedHeader(table), ...HELD_COLUMNS];
}

/** A row of held.csv: as in failed.csv, and what the number had, has and was to get. */
export function heldCells(cells: readonly string[], table: InputTable, result: Result): string[] {
  const { entry, outcome } = result;
  const was = settingsText(entry.profileBefore, entry.productBefore);
  const now = outcome === null ? parseNote(entry.note).now : settingsText(outcome.profileAfter, outcome.productAfter);
  const wanted = settingsText(entry.profileTarget, entry.productTarget);
  return [...failedCells(cells, table, result), ...[was, now, wanted].map(guardFormula)];
}
