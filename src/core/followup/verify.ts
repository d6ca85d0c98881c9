import type { NumberState } from '../account/number-table.ts';
import type { RejectionCode } from '../input/rejection.ts';
import { profileCell } from '../input/target.ts';
import type { PlanEntry } from '../plan/entry.ts';
import { guardFormula } from '../text/text.ts';
import { type Deliverability, ratioText } from './deliverability.ts';

/** What `verify` says of a row. `unknown`: the number was not shown. `rejected`: the row cannot be compared. */
export const VERDICTS = ['at_target', 'drifted', 'missing', 'unknown', 'rejected'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One row of verify.csv: what its number has now, and whether that is the target. `ratios`: with --before. */
export type VerifiedRow = {
  entry: PlanEntry;
  verdict: Verdict;
  profile: string;
  product: string;
  note: string;
  ratios?: Deliverability;
};

export const VERIFY_COLUMNS = [
  'row',
  'line',
  'phone_number_id',
  'phone_number',
  'verdict',
  'messaging_profile_id_target',
  'messaging_profile_id_now',
  'messaging_product_target',
  'messaging_product_now',
  'note',
  'success_ratio_before',
  'success_ratio_now',
] as const;

/** Whether a planned row has a target to compare its number with. */
export function isCompared({ action }: PlanEntry): boolean {
  return action === 'change' || action === 'unchanged';
}

/** The fields in which a number does not have its target; '' means not shown. */
function otherFields({ entry, profile, product }: Pick<VerifiedRow, 'entry' | 'profile' | 'product'>) {
  return [
    { name: 'profile', now: profile, target: entry.profileTarget },
    { name: 'product', now: product, target: entry.productTarget },
  ].filter(({ now, target }) => target !== '' && now !== target);
}

/** Compares what a number has with its targets. One field with another value is enough to drift. */
function compared(entry: PlanEntry, profile: string, product: string, why: string): VerifiedRow {
  const row = { entry, profile, product };
  const fields = otherFields(row);
  if (fields.length === 0) return { ...row, verdict: 'at_target', note: '' };
  if (fields.some(({ now }) => now !== '')) return { ...row, verdict: 'drifted', note: '' };
  return { ...row, verdict: 'unknown', note: why };
}

/** Rejections of rows whose numbers were read all the same. */
const NUMBER_WAS_READ: readonly RejectionCode[] = ['unknown_profile', 'profile_disabled', 'not_eligible'];

const NOT_SHOWN = 'the account does not show what the number has now';

/** Verifies a row by a plan that was made just now. Null for a row that is counted under another line. */
export function checkedByPlan(entry: PlanEntry): VerifiedRow | null {
  const { profileBefore: profile, productBefore: product, note } = entry;
  switch (entry.action) {
    case 'unchanged':
    case 'change':
      return compared(entry, profile, product, note === '' ? NOT_SHOWN : note);
    case 'rejected':
      // A plan can reject a change to a number that already has another value, or even the target.
      if (NUMBER_WAS_READ.some((code) => code === entry.reason) && (profile !== '' || product !== '')) {
        return { ...compared(entry, profile, product, NOT_SHOWN), note };
      }
      return { entry, verdict: entry.reason === 'not_found' ? 'missing' : 'rejected', profile, product, note };
    case 'duplicate':
    case 'held':
      return null;
  }
}

/** Verifies a row by a read of its number. */
export function checkedByRead(entry: PlanEntry, known: NumberState): VerifiedRow {
  if (known.state === 'absent') {
    return { entry, verdict: 'missing', profile: '', product: '', note: 'the account does not have this number' };
  }
  if (known.state !== 'found') {
    const note = known.state === 'unreadable' ? known.why : 'it was not read';
    return { entry, verdict: 'unknown', profile: '', product: '', note };
  }
  const { profile, product } = known.shown;
  return compared(entry, profileCell(profile), product ?? '', NOT_SHOWN);
}

/** The cells of a row of verify.csv, in the order of VERIFY_COLUMNS. */
export function verifyCells({ entry, verdict, profile, product, note, ratios }: VerifiedRow): string[] {
  return [
    String(entry.row),
    String(entry.line),
    entry.id,
    entry.phoneNumber,
    verdict,
    entry.profileTarget,
    guardFormula(profile),
    entry.productTarget,
    guardFormula(product),
    guardFormula(note),
    ratioText(ratios?.before),
    ratioText(ratios?.now),
  ];
}

/** The drift in words: `profile A -> B, product A2P -> P2P`, from the target to what the number has. */
export function driftText(row: VerifiedRow): string {
  return otherFields(row)
    .map(({ name, now, target }) => `${name} ${target} -> ${now || 'not shown'}`)
    .join(', ');
}
