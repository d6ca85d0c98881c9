import type { NumberState } from '../account/snapshot.ts';
import type { RejectionCode } from '../input/rejection.ts';
import { profileCell } from '../input/target.ts';
import type { PlanEntry } from '../plan/entry.ts';
import { guardFormula } from '../text/text.ts';

/** What a look at a number has found. `unknown`: it was not shown; `rejected`: its row cannot be compared. */
export const VERDICTS = ['at_target', 'drifted', 'missing', 'unknown', 'rejected'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One row of a look: what its number has now, and whether that is the target. */
export type VerifiedRow = { entry: PlanEntry; verdict: Verdict; profile: string; product: string; note: string };

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
] as const;

/** Whether a row of a plan has a target that its number can be compared with. */
export function isCompared({ action }: PlanEntry): boolean {
  return action === 'change' || action === 'unchanged';
}

/** Compares what a number has, '' where that is not shown. One field that is elsewhere is enough, whatever the other is. */
function compared(entry: PlanEntry, profile: string, product: string, why: string): VerifiedRow {
  const now = { entry, profile, product };
  const fields = [
    { now: profile, target: entry.profileTarget },
    { now: product, target: entry.productTarget },
  ].filter(({ now, target }) => target !== '' && now !== target);
  if (fields.length === 0) return { ...now, verdict: 'at_target', note: '' };
  if (fields.some(({ now }) => now !== '')) return { ...now, verdict: 'drifted', note: '' };
  return { ...now, verdict: 'unknown', note: why };
}

/** Rejections of rows whose numbers have been read. */
const NUMBER_WAS_READ: readonly RejectionCode[] = ['unknown_profile', 'profile_disabled', 'not_eligible'];

const NOT_SHOWN = 'the account does not show what the number has now';

/** What a plan that was made just now says of a row. Null for one that is counted under another line. */
export function checkedByPlan(entry: PlanEntry): VerifiedRow | null {
  const { profileBefore: profile, productBefore: product, note } = entry;
  switch (entry.action) {
    case 'unchanged':
    case 'change':
      return compared(entry, profile, product, note === '' ? NOT_SHOWN : note);
    case 'rejected':
      // What a plan may not do says nothing of where the number is.
      if (NUMBER_WAS_READ.some((code) => code === entry.reason) && (profile !== '' || product !== '')) {
        return { ...compared(entry, profile, product, NOT_SHOWN), note };
      }
      return { entry, verdict: entry.reason === 'not_found' ? 'missing' : 'rejected', profile, product, note };
    case 'duplicate':
    case 'held':
      return null;
  }
}

/** What a read says of a row that is compared. */
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
export function verifyCells({ entry, verdict, profile, product, note }: VerifiedRow): string[] {
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
  ];
}

/** From what to what, in words: `profile A -> B, product A2P -> P2P`, where the first is the target. */
export function driftText({ entry, profile, product }: VerifiedRow): string {
  const { profileTarget, productTarget } = entry;
  return [
    ...(profileTarget !== '' && profileTarget !== profile
      ? [`profile ${profileTarget} -> ${profile || 'not shown'}`]
      : []),
    ...(productTarget !== '' && productTarget !== product
      ? [`product ${productTarget} -> ${product || 'not shown'}`]
      : []),
  ].join(', ');
}
