import type { ShownSettings } from '../api/response.ts';
import { profileCell } from '../input/target.ts';
import type { PlanEntry } from './entry.ts';

/**
 * How a number compares with its plan entry, in the fields that the entry changes. `drifted`: one of them has neither
 * the value from the plan nor the target, so someone else changed it. `unknown`: a field is not shown, or the plan was
 * made without reading the account.
 */
export type DriftState = 'at_target' | 'as_planned' | 'drifted' | 'unknown';

function compareField(now: string, before: string, target: string): DriftState {
  if (target === '' || now === target) return 'at_target';
  if (now === '' || before === '') return 'unknown';
  return now === before ? 'as_planned' : 'drifted';
}

/**
 * The same for the entry of an undo, whose `before` is what the run set. A number that no longer has that value in one
 * field is left alone entirely, unless every field is already restored. `isPartial`: what the run set may have taken
 * effect in some fields only, so a field that was never changed is no sign of someone else.
 */
export function compareWithUndo(
  entry: PlanEntry,
  shown: Pick<ShownSettings, 'profile' | 'product'>,
  isPartial = false,
): DriftState {
  const fields = [
    { now: profileCell(shown.profile), before: entry.profileBefore, target: entry.profileTarget },
    { now: shown.product ?? '', before: entry.productBefore, target: entry.productTarget },
  ].filter(({ target }) => target !== '');
  if (fields.every(({ now, target }) => now === target)) return 'at_target';
  // One changed field is enough, even if another field is not shown.
  const isOther = ({ now, before, target }: (typeof fields)[number]) =>
    now !== '' && now !== before && !(isPartial && now === target);
  if (fields.some(isOther)) return 'drifted';
  return fields.some(({ now }) => now === '') ? 'unknown' : 'as_planned';
}

/** Compares what a read has shown with a plan entry, field by field. */
export function compareWithPlan(entry: PlanEntry, shown: Pick<ShownSettings, 'profile' | 'product'>): DriftState {
  const fields = [
    compareField(profileCell(shown.profile), entry.profileBefore, entry.profileTarget),
    compareField(shown.product ?? '', entry.productBefore, entry.productTarget),
  ];
  for (const live of ['drifted', 'unknown', 'as_planned'] as const) if (fields.includes(live)) return live;
  return 'at_target';
}
