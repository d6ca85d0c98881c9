import type { ShownSettings } from '../api/response.ts';
import { profileCell } from '../input/target.ts';
import type { PlanEntry } from './entry.ts';

/**
 * Where a number stands, compared with its plan entry in the fields that the entry wants to change. `drifted`: in one of
 * them it has neither the value found when the plan was made nor the target, so somebody else has changed it.
 * `unknown`: a field is not shown, or the plan was made without reading the account.
 */
export type DriftState = 'at_target' | 'as_planned' | 'drifted' | 'unknown';

function compareField(now: string, before: string, target: string): DriftState {
  if (target === '' || now === target) return 'at_target';
  if (now === '' || before === '') return 'unknown';
  return now === before ? 'as_planned' : 'drifted';
}

/**
 * The same for an entry that puts back what a run has set (`before`): a number that in one of its fields no longer has
 * that is left alone as a whole, unless all of them are back already.
 */
export function compareWithUndo(entry: PlanEntry, shown: Pick<ShownSettings, 'profile' | 'product'>): DriftState {
  const fields = [
    { now: profileCell(shown.profile), before: entry.profileBefore, target: entry.profileTarget },
    { now: shown.product ?? '', before: entry.productBefore, target: entry.productTarget },
  ].filter(({ target }) => target !== '');
  if (fields.every(({ now, target }) => now === target)) return 'at_target';
  // Before what is not shown: one field that somebody else has changed is enough.
  if (fields.some(({ now, before }) => now !== '' && now !== before)) return 'drifted';
  return fields.some(({ now }) => now === '') ? 'unknown' : 'as_planned';
}

/** Compares what a read has shown with a plan entry. */
export function compareWithPlan(entry: PlanEntry, shown: Pick<ShownSettings, 'profile' | 'product'>): DriftState {
  const fields = [
    compareField(profileCell(shown.profile), entry.profileBefore, entry.profileTarget),
    compareField(shown.product ?? '', entry.productBefore, entry.productTarget),
  ];
  for (const live of ['drifted', 'unknown', 'as_planned'] as const) if (fields.includes(live)) return live;
  return 'at_target';
}
