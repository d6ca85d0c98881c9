import { isAnId, isAProduct, isAProfileId } from '../input/cell-checks.ts';
import { REJECTIONS } from '../input/rejection.ts';
import { UNASSIGN } from '../input/target.ts';
import { guardFormula } from '../text/text.ts';
import { isPlainNumber, type PlanEntry } from './entry.ts';
import { isReason } from './reason.ts';

const ACTIONS: readonly string[] = ['change', 'unchanged', 'rejected', 'duplicate', 'held'];

/** Whether free text is guarded against formulas, or needs no guard. */
const isGuarded = (text: string) => guardFormula(text) === text;

/**
 * What is wrong with an entry of plan.csv, as the end of a sentence; null if this program can have written it. `row`: the
 * row that it must have. The digest of a plan says only that plan.csv and run.json fit: a directory from elsewhere can
 * bring both.
 */
export function entryProblem(entry: PlanEntry, row: number): string | null {
  if (entry.row !== row) return `row ${row} is missing`;
  const wrong = (what: string) => `row ${row} has ${what} that no plan has`;
  if (!Number.isSafeInteger(entry.line) || entry.line < 1) return wrong('a line');
  if (!ACTIONS.includes(entry.action)) return wrong('an action');
  if (entry.reason !== '' && !isReason(entry.reason) && !Object.hasOwn(REJECTIONS, entry.reason)) {
    return wrong('a reason');
  }
  if (!isPlainNumber(entry.phoneNumber) && !isGuarded(entry.phoneNumber)) return wrong('a phone number');
  if (entry.action === 'rejected') return isGuarded(entry.id) ? null : wrong('an id');
  if (!isAnId(entry.id)) return wrong('an id');
  const { profileTarget: profile, productTarget: product } = entry;
  if (profile !== '' && profile !== UNASSIGN && !isAProfileId(profile)) return wrong('a profile');
  return product === '' || isAProduct(product) ? null : wrong('a product');
}
