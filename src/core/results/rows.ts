import type { Outcome, Status } from '../attempt/outcome.ts';
import { isBlankLine } from '../input/cell.ts';
import { MAX_UNNAMED_WIDTH, SHORT_ROW_MARK, widthsOf } from '../input/row-shape.ts';
import { ROW_STATE, type RowState } from '../ledger/replay.ts';
import type { PlanEntry } from '../plan/entry.ts';
import { parseNote, settingsText } from '../plan/note.ts';
import type { RowReason } from '../plan/reason.ts';
import { guardFormula } from '../text/text.ts';

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

/** The columns that failed.csv adds to those of the input. */
export const FAILED_COLUMNS = ['reassign_status', 'reassign_reason', 'reassign_detail'] as const;

/** The further columns of held.csv: what the number had when it was planned, has now, and was to get. */
export const HELD_COLUMNS = ['reassign_was', 'reassign_now', 'reassign_wanted'] as const;

/** One line of the results: a plan entry joined with what the ledger says of it. */
export type Result = { entry: PlanEntry; status: Status; reason: RowReason; detail: string; outcome: Outcome | null };

const INTERRUPTED = 'the run ended while this row was being sent, so the write may or may not have happened';

/** What the ledger says of a row. `profileHold`: why the last session held the target profile; null if it did not. */
export type LedgerFacts = { state: RowState; outcome: Outcome | null; profileHold: string | null };

/** Joins a plan entry with the ledger. Rows of a plan that was never confirmed are `planned`, not `unprocessed`. */
export function resultOf(entry: PlanEntry, facts: LedgerFacts, isExecution: boolean): Result {
  const { state, outcome, profileHold } = facts;
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

/** The name of the first column in the file of a cause begins with it. */
export const ADVICE_COLUMN = 'reassign_fix';

const ADDED_COLUMNS = new Set<string>([...FAILED_COLUMNS, ...HELD_COLUMNS]);

function isAdded(name: string): boolean {
  return ADDED_COLUMNS.has(name.trim()) || name.startsWith(`${ADVICE_COLUMN} - `);
}

type Kept = { min: number; max: number; positions: number[] };

function keptOf(header: readonly string[]): Kept {
  const { min, max } = widthsOf(header);
  const names = header.slice(0, max);
  return { min, max, positions: names.flatMap((name, at) => (isAdded(name) ? [] : [at])) };
}

/** A header may have as many columns as the input has rows. */
const keptByHeader = new WeakMap<readonly string[], Kept>();

function keptColumns(header: readonly string[]): Kept {
  const kept = keptByHeader.get(header) ?? keptOf(header);
  keptByHeader.set(header, kept);
  return kept;
}

/** The cells of the input that are kept: all except those that an earlier failed.csv, held.csv or file of a cause added. */
export function keptCells(cells: readonly string[], header: readonly string[]): string[] {
  return keptColumns(header).positions.map((at) => cells[at] ?? '');
}

/** The header of failed.csv: the names of the input, then FAILED_COLUMNS. */
export function failedHeader(header: readonly string[]): string[] {
  return [...keptCells(header, header), ...FAILED_COLUMNS];
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
export function failedCells(cells: readonly string[], header: readonly string[], result: Result): string[] {
  const { status, reason, detail } = result;
  const kept = keptColumns(header);
  if (cells.length < kept.min && kept.min > MAX_UNNAMED_WIDTH) return [...cells];
  return [...keptCells(cells, header), status, reason, guardFormula(detail), ...oddCells(cells, kept)];
}

/** The header of held.csv. */
export function heldHeader(header: readonly string[]): string[] {
  return [...failedHeader(header), ...HELD_COLUMNS];
}

/** A row of held.csv: as in failed.csv, and what the number had, has and was to get. */
export function heldCells(cells: readonly string[], header: readonly string[], result: Result): string[] {
  const { entry, outcome } = result;
  const was = settingsText(entry.profileBefore, entry.productBefore);
  const now = outcome === null ? parseNote(entry.note).now : settingsText(outcome.profileAfter, outcome.productAfter);
  const wanted = settingsText(entry.profileTarget, entry.productTarget);
  return [...failedCells(cells, header, result), ...[was, now, wanted].map(guardFormula)];
}
