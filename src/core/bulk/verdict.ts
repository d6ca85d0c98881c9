import type { NumberState } from '../account/number-table.ts';
import type { ShownSettings } from '../api/response.ts';
import { phoneMismatch } from '../attempt/difference.ts';
import type { Outcome } from '../attempt/outcome.ts';
import { type Comparison, compareEntry, unsentOutcome } from '../attempt/unsent.ts';
import { profileCell } from '../input/target.ts';
import type { PlanEntry } from '../plan/entry.ts';
import { count } from '../text/text.ts';

/**
 * What becomes of a row that is read just before its order. `order`: it is as planned. `patch`: it goes by PATCH, which
 * also says what is wrong with it.
 */
export type BeforeOrder =
  | { kind: 'order'; shown: ShownSettings }
  | { kind: 'patch' }
  | { kind: 'ended'; outcome: Outcome };

export function beforeOrder(comparison: Comparison, entry: PlanEntry, number: NumberState, at: string): BeforeOrder {
  if (number.state === 'found') {
    const { shown } = number;
    const { id = entry.id } = shown;
    if (number.id !== entry.id || id !== entry.id || phoneMismatch(entry, shown) !== null) return { kind: 'patch' };
    if (compareEntry(comparison, entry, shown) === 'as_planned') return { kind: 'order', shown };
  }
  const outcome = unsentOutcome(comparison, entry, number, at);
  return outcome === null ? { kind: 'patch' } : { kind: 'ended', outcome };
}

/** What a read after an order says of a row. `missed`: the order has not moved it. */
export type AfterOrder = 'moved' | 'missed' | 'drifted' | 'gone' | 'unread';

export function afterOrder({ isUndo, force }: Comparison, entry: PlanEntry, number: NumberState): AfterOrder {
  if (number.state === 'absent') return 'gone';
  if (number.state !== 'found' || number.id !== entry.id || phoneMismatch(entry, number.shown) !== null)
    return 'unread';
  const drift = compareEntry({ isUndo }, entry, number.shown);
  if (drift === 'at_target') return 'moved';
  if (drift === 'unknown') return 'unread';
  return drift === 'drifted' && !force ? 'drifted' : 'missed';
}

/** The order that a row was part of. `id`: '' if it is not known. */
export type OrderFacts = { id: string; attempts: number; durationMs: number; at: string };

const TEXTS: Record<
  Exclude<AfterOrder, 'missed' | 'unread'>,
  Pick<Outcome, 'status' | 'reason' | 'retryable'> & { detail: string }
> = {
  moved: { status: 'updated', reason: 'confirmed_by_read', retryable: false, detail: '' },
  drifted: {
    ...{ status: 'held', reason: 'drifted', retryable: false },
    detail: 'a read after its bulk order shows a profile that is neither the one from the plan nor the target',
  },
  gone: {
    ...{ status: 'failed', reason: 'not_found', retryable: false },
    detail: 'the account no longer has this number after its bulk order',
  },
};

/** The outcome of a row that a read after its order has decided. `more`: what else the order has done to it. */
export function outcomeAfter(
  after: Exclude<AfterOrder, 'missed' | 'unread'>,
  entry: PlanEntry,
  number: NumberState,
  { id, attempts, durationMs, at, more = '' }: OrderFacts & { more?: string },
): Outcome {
  const { detail, ...status } = TEXTS[after];
  const shown = number.state === 'found' ? number.shown : {};
  return {
    row: entry.row,
    ...status,
    profileAfter: profileCell(shown.profile),
    productAfter: shown.product ?? '',
    httpStatus: number.state === 'found' ? 200 : null,
    errorCode: '',
    errorTitle: '',
    errorDetail: more === '' ? detail : more,
    errorPointer: '',
    attempts,
    durationMs,
    requestId: id,
    finishedAt: at,
  };
}

/** What differs besides the profile, in words; '' if nothing does. A field that one side lacks says nothing. */
export function otherChanges(before: ShownSettings, after: ShownSettings): string {
  const was = { ...before.others, ...named(before) };
  const is: Record<string, string> = { ...after.others, ...named(after) };
  return Object.entries(was)
    .filter(([field, text]) => is[field] !== undefined && is[field] !== text)
    .map(([field, text]) => `${field} was ${text} and is ${is[field]}`)
    .join(', ');
}

const named = ({ product }: ShownSettings): Record<string, string> =>
  product === undefined || product === null ? {} : { messaging_product: JSON.stringify(product) };

/**
 * Numbers on a target profile before and after an order. `moved`: rows that were read at their target after `after` was
 * counted. `late`: rows of earlier orders that are there, and may have come meanwhile. `isOpen`: the order may still
 * move rows, so that some may have come in between.
 */
export type Counts = { before: number; after: number; moved: number; late: number; isOpen: boolean };

/** Whether fewer numbers are on a profile than an order has moved there. Lists that lag show that too. */
export function isShort({ before, after, moved, isOpen }: Counts): boolean {
  return !isOpen && after - before < moved;
}

/** Says how a profile has grown by other numbers than those of an order; '' if it has not. */
export function countMismatch(counts: Counts): string {
  const { before, after, moved, late } = counts;
  if (after - before <= moved + late && !isShort(counts)) return '';
  return `the target profile had ${count(before, 'number')} before the order and has ${after} now, and the order has moved ${moved}`;
}
