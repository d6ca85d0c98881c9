import type { NumberState } from '../account/number-table.ts';
import type { Outcome } from '../attempt/outcome.ts';
import { profileCell, UNASSIGN } from '../input/target.ts';
import { hasOutcome, ROW_STATE } from '../ledger/replay.ts';
import type { Profiles } from '../plan/diff.ts';
import { compareWithUndo } from '../plan/drift.ts';
import type { PlanEntry } from '../plan/entry.ts';
import { nowNote, unreadNote } from '../plan/note.ts';
import type { Reason } from '../plan/reason.ts';

/** A profile and a product, as plan.csv has them. */
export type Values = { profile: string; product: string };

// Failed rows whose write changed something or may have: the API answered 200, or the write hit another number.
const CHANGED = new Set(['response_mismatch', 'write_not_kept', 'wave_not_kept', 'phone_number_mismatch']);

// Of those, the rows whose number was read afterwards: it may have neither its earlier values nor the targets.
const OTHER_VALUES = new Set(['response_mismatch', 'write_not_kept']);

/**
 * Marks rows of a draft that the API confirmed and a read did not show. `write_not_kept`: they may take effect late,
 * field by field. `wave_not_kept`: they did take effect, and some of their fields may have changed again.
 */
const NOT_KEPT: ReadonlySet<string> = new Set(['write_not_kept', 'wave_not_kept'] satisfies Reason[]);

/** Whether a run changed the number of a row, or may have changed it. */
export function mayHaveChanged(left: number, outcome: Outcome | null): boolean {
  if (left === ROW_STATE.intent || left === ROW_STATE.ambiguous) return true;
  if (!hasOutcome(left) || outcome === null) return false;
  const { status, reason } = outcome;
  return status === 'updated' || status === 'unverified' || (status === 'failed' && CHANGED.has(reason));
}

/**
 * What a row set: its targets, or what the number had after a write that did something else. A write that may be late
 * has set its targets where a read has shown what was there `before`.
 */
function setBy(sent: PlanEntry, before: Values, outcome: Outcome | null): Values {
  const isOther = outcome?.status === 'failed' && OTHER_VALUES.has(outcome.reason);
  const { profileAfter = '', productAfter = '' } = isOther ? outcome : {};
  const hadBefore = (after: string, had: string) => outcome?.reason === 'write_not_kept' && after === had;
  const profile = hadBefore(profileAfter, before.profile) ? '' : profileAfter;
  const product = hadBefore(productAfter, before.product) ? '' : productAfter;
  return { profile: profile || sent.profileTarget, product: product || sent.productTarget };
}

/** Whether there is a value for every field that a row changes. */
function isKnown({ profileTarget, productTarget }: PlanEntry, { profile, product }: Values): boolean {
  return (profileTarget === '' || profile !== '') && (productTarget === '' || product !== '');
}

function held(entry: PlanEntry, reason: Reason, note: string): PlanEntry {
  return { ...entry, action: 'held', reason, note };
}

/** The undo of a row that was sent. `found`: what the number had, if not as planned. Held if that is unknown. */
export function undoEntry(
  row: number,
  sent: PlanEntry,
  found: Values | null,
  outcome: Outcome | null = null,
): PlanEntry {
  const before = found ?? { profile: sent.profileBefore, product: sent.productBefore };
  const set = setBy(sent, before, outcome);
  const back = (target: string, had: string) => (target === '' ? '' : had);
  const entry: PlanEntry = {
    row,
    line: row + 1,
    id: sent.id,
    phoneNumber: sent.phoneNumber,
    action: 'change',
    reason: outcome?.status === 'failed' && NOT_KEPT.has(outcome.reason) ? outcome.reason : '',
    profileBefore: back(sent.profileTarget, set.profile),
    profileTarget: back(sent.profileTarget, before.profile),
    productBefore: back(sent.productTarget, set.product),
    productTarget: back(sent.productTarget, before.product),
    note: '',
  };
  if (isKnown(sent, before)) return entry;
  const note = 'the value from before is unknown: the run did not read it, or the API did not show it';
  return held(entry, 'before_unknown', note);
}

/** Completes the row of an undo with what was read: only a number that still has what the run set is restored. */
export function undoWithAccount(entry: PlanEntry, known: NumberState, profiles: Profiles, force: boolean): PlanEntry {
  if (known.state === 'absent') return held(entry, 'not_found', 'the account no longer has this number');
  if (known.state !== 'found') {
    return held(entry, 'unread', unreadNote(known.state === 'unreadable' ? known.why : 'it was not read'));
  }
  const { shown } = known;
  const { phoneNumber = entry.phoneNumber } = shown;
  const named = { ...entry, phoneNumber };
  const [profileNow, productNow] = [profileCell(shown.profile), shown.product ?? ''];
  const note = (why = '') => nowNote(profileNow, productNow, why);
  // The current values make results.csv true, and an undo of this undo needs them.
  const put: PlanEntry = { ...named, reason: '', profileBefore: profileNow, productBefore: productNow };
  const live = compareWithUndo(entry, shown, NOT_KEPT.has(entry.reason));
  if (live === 'at_target') return { ...put, action: 'unchanged' };
  if (live === 'drifted' && !force) return held(named, 'drifted', note());
  // Not even with --force: an undo of this undo would have nothing to restore.
  if (!isKnown(entry, { profile: profileNow, product: productNow })) {
    return held(named, 'unread', 'the account does not show what the number has now');
  }
  const { profileTarget: profile, productTarget: product } = entry;
  if (profile !== '' && profile !== UNASSIGN) {
    const back = profiles.byId(profile);
    if (back === null) return held(named, 'unknown_profile', note(`the account no longer has the profile ${profile}`));
    if (back?.enabled === false) return held(named, 'profile_disabled', note(`profile ${profile} is disabled`));
  }
  if (product !== '' && product !== shown.product && shown.eligible?.includes(product) === false) {
    return held(named, 'not_eligible', note(`the number may no longer have ${product}`));
  }
  return put;
}
