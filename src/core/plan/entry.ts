import { readAssignment, rowValues } from '../input/assignment.ts';
import type { Allowed } from '../input/cell-checks.ts';
import { isE164 } from '../input/phone.ts';
import { checkShape, type Layout, placeHint } from '../input/row-shape.ts';
import { UNASSIGN } from '../input/target.ts';
import { count, guardFormula, printable } from '../text/text.ts';
import type { Repeat } from './duplicates.ts';
import type { RowReason } from './reason.ts';

/** `held`: not sent on purpose; only the plan of an undo has such rows. */
export type Action = 'change' | 'unchanged' | 'rejected' | 'duplicate' | 'held';

/** One line of plan.csv: what will happen to one data row, and why. Empty text means unknown or not asked for. */
export type PlanEntry = {
  /** Data rows are counted from 1; `line` is the line of the file where the row starts. */
  row: number;
  line: number;
  id: string;
  /** E.164. In a draft, another spelling that the account is to confirm. */
  phoneNumber: string;
  action: Action;
  reason: RowReason;
  profileBefore: string;
  /** A UUID in lower case, `UNASSIGN`, or '' to keep. */
  profileTarget: string;
  productBefore: string;
  productTarget: string;
  note: string;
};

export const PLAN_COLUMNS = [
  'row',
  'line',
  'phone_number_id',
  'phone_number',
  'action',
  'reason',
  'messaging_profile_id_before',
  'messaging_profile_id_target',
  'messaging_product_before',
  'messaging_product_target',
  'note',
] as const;

/** A data row of the input, and where it is. `isUnended`: the file ends in it, without a line end. */
export type InputRow = { row: number; line: number; cells: readonly string[]; isUnended?: boolean };

/** Plans one row by itself. Repeats of an id are found later, when all rows are known. */
export function planRow(
  { row, line, cells, isUnended = false }: InputRow,
  layout: Layout,
  allowed: Allowed,
): PlanEntry {
  const { columns } = layout;
  const read = checkShape(cells, layout, isUnended) ?? readAssignment(cells, columns, allowed);
  const blank = { row, line, reason: '' as const, profileBefore: '', productBefore: '', note: '' };
  if ('code' in read) {
    const values = rowValues(cells, columns);
    return {
      ...blank,
      id: guardFormula(printable(values.phone_number_id)),
      phoneNumber: guardPhone(values.phone_number),
      action: 'rejected',
      reason: read.code,
      profileTarget: '',
      productTarget: '',
      note: `${read.text}${placeHint(read, cells, isUnended)}`,
    };
  }
  return {
    ...blank,
    id: read.id,
    phoneNumber: read.phoneNumber ?? '',
    action: 'change',
    profileTarget: read.profile ?? '',
    productTarget: read.product ?? '',
  };
}

/** Whether a text is a plus and digits. Such a number is never guarded, so that it can be used as input again. */
export const isPlainNumber = (text: string): boolean => /^\+[0-9]+$/.test(text);

/** E.164 numbers keep their plus; anything else is guarded as free text. */
export function guardPhone(text: string): string {
  return isPlainNumber(text) ? text : guardFormula(printable(text));
}

/** Marks a row that repeats an id: it is a duplicate, or a rejected conflict. */
export function withRepeat(entry: PlanEntry, repeat: Repeat): PlanEntry {
  if (repeat.kind === 'duplicate') {
    const what = entry.action === 'unchanged' ? 'whose number is at its target' : 'which is sent';
    return { ...entry, action: 'duplicate', note: `same id and targets as line ${repeat.line}, ${what}` };
  }
  const more = repeat.others - repeat.lines.length;
  const lines = `${repeat.lines.length === 1 ? 'line' : 'lines'} ${repeat.lines.join(', ')}`;
  const rest = more > 0 ? ` and ${count(more, 'other')}` : '';
  return {
    ...entry,
    action: 'rejected',
    reason: 'conflict',
    note: `the same id has other targets in ${lines}${rest}; keep one of them`,
  };
}

/** The cells of an entry, in the order of PLAN_COLUMNS. */
export function planCells(entry: PlanEntry): string[] {
  return [
    String(entry.row),
    String(entry.line),
    entry.id,
    entry.phoneNumber,
    entry.action,
    entry.reason,
    guardFormula(entry.profileBefore),
    entry.profileTarget,
    guardFormula(entry.productBefore),
    entry.productTarget,
    entry.note,
  ];
}

/** Reads an entry back from the cells of plan.csv, whose digest shows that this program wrote it. */
export function planEntry(cells: readonly string[]): PlanEntry {
  const cell = (at: number) => cells[at] ?? '';
  return {
    row: Number(cell(0)),
    line: Number(cell(1)),
    id: cell(2),
    phoneNumber: cell(3),
    action: cell(4) as Action,
    reason: cell(5) as RowReason,
    profileBefore: cell(6),
    profileTarget: cell(7),
    productBefore: cell(8),
    productTarget: cell(9),
    note: cell(10),
  };
}

/** The targets of an entry as one text, which is equal for rows that ask for the same. */
export function targetsOf(entry: PlanEntry): string {
  return `${entry.profileTarget} ${entry.productTarget}`;
}

/** Why a row goes by PATCH whatever `--bulk` says: what an order cannot do, or needs to know. */
export type PatchReason = 'product' | 'unassign' | 'phone' | 'unread';

/** Why a row to be sent cannot be part of a bulk order; null if it can. */
export function patchReason(entry: PlanEntry): PatchReason | null {
  if (entry.productTarget !== '') return 'product';
  if (entry.profileTarget === UNASSIGN) return 'unassign';
  if (!isE164(entry.phoneNumber)) return 'phone';
  return entry.profileBefore === '' ? 'unread' : null;
}
