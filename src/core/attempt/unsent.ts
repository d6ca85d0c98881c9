import type { NumberState } from '../account/number-table.ts';
import type { ShownSettings } from '../api/response.ts';
import { profileCell } from '../input/target.ts';
import { compareWithPlan, compareWithUndo, type DriftState } from '../plan/drift.ts';
import type { PlanEntry } from '../plan/entry.ts';
import type { Outcome } from './outcome.ts';

/** Why a profile takes no numbers any longer. */
export type ClosedReason = 'unknown_profile' | 'profile_disabled';

/** How rows are compared with their numbers. `force`: drifted rows are sent too. `closed`: target profiles. */
export type Comparison = { isUndo: boolean; force: boolean; closed: ReadonlyMap<string, ClosedReason> };

const NOTHING_SENT = {
  profileAfter: '',
  productAfter: '',
  retryable: false,
  httpStatus: null,
  errorCode: '',
  errorTitle: '',
  errorPointer: '',
  attempts: 0,
  durationMs: 0,
  requestId: '',
};

/** An undo leaves a number alone as a whole; other runs compare only what they change. */
export function compareEntry(
  { isUndo }: Pick<Comparison, 'isUndo'>,
  entry: PlanEntry,
  shown: ShownSettings,
): DriftState {
  return isUndo ? compareWithUndo(entry, shown) : compareWithPlan(entry, shown);
}

/** The outcome of a row that is not sent because of what its number is now; null if that decides nothing. */
export function unsentOutcome(
  comparison: Comparison,
  entry: PlanEntry,
  number: NumberState,
  finishedAt: string,
): Outcome | null {
  const { isUndo, force, closed } = comparison;
  const base = { ...NOTHING_SENT, row: entry.row, finishedAt };
  if (number.state === 'absent') {
    return { ...base, status: 'failed', reason: 'not_found', errorDetail: 'the account no longer has this number' };
  }
  const unread = { ...base, status: 'held', reason: 'unread' } as const;
  // An undo writes only if it is known that the number still has what the run set.
  if (number.state !== 'found') {
    return isUndo ? { ...unread, errorDetail: 'the number could not be read' } : null;
  }
  const { shown } = number;
  const now = { profileAfter: profileCell(shown.profile), productAfter: shown.product ?? '' };
  const drift = compareEntry(comparison, entry, shown);
  if (drift === 'at_target') {
    return entry.action === 'unchanged' ? null : { ...base, ...now, status: 'unchanged', reason: '', errorDetail: '' };
  }
  if (isUndo && drift === 'unknown') {
    return { ...unread, ...now, errorDetail: 'the account does not show what the number has now' };
  }
  const held = { ...base, ...now, status: 'held' } as const;
  const reason = closed.get(entry.profileTarget);
  // Also with --force, which passes no other guard.
  if (reason !== undefined && !(entry.action === 'unchanged' && drift !== 'drifted')) {
    const what = reason === 'unknown_profile' ? 'was deleted' : 'was disabled';
    return { ...held, reason, errorDetail: `since the plan was made, profile ${entry.profileTarget} ${what}` };
  }
  if (drift !== 'drifted' || force) return null;
  return { ...held, reason: 'drifted', errorDetail: 'the number was changed since the plan was made' };
}
