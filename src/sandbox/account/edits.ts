import { type Account, addNumber, changeNumber, type NumberChange, removeNumber, withPhoneNumbers } from './account.ts';
import { type AccountEdit, type Edit, editProblem } from './edit-forms.ts';
import { completeNumber, freePhoneNumbers } from './generate.ts';

/** Why a well-formed edit cannot be applied. */
type EditRefusal = { reason: 'unknown' | 'taken'; text: string };

/**
 * Applies an edit at once, or returns why it cannot be applied. Nothing else is checked: an edit may do what the API
 * would refuse, such as setting a product that the number is not eligible for.
 */
export function applyEdit(account: Account, edit: AccountEdit): EditRefusal | null {
  const id = idOf(edit);
  const number = account.numbers.get(id);
  const refusal = refusalOf(edit, number !== undefined);
  if (refusal !== null) return refusal;
  if ('add' in edit) addNumber(account, completeNumber(edit.add, freePhoneNumberOf(account)));
  else if (number !== undefined && edit.remove) removeNumber(account, number);
  else if (number !== undefined) changeNumber(account, number, changeOf(edit));
  return null;
}

/** Applies an edit at once. Throws RangeError for an edit that is malformed or cannot be applied. */
export function editNow(account: Account, edit: AccountEdit): void {
  const problem = editProblem(edit) ?? applyEdit(account, edit)?.text ?? null;
  if (problem !== null) throw new RangeError(`invalid edit: ${problem}`);
}

/** Applies the edits that are due before the nth request under /v2 is answered. */
export type ApplyDueEdits = (nth: number) => void;

/**
 * Schedules edits. Throws RangeError if, taken in order, one of them could never be applied. If another edit makes a
 * scheduled one impossible in the meantime, it does nothing.
 */
export function scheduleEdits(account: Account, edits: readonly Edit[]): ApplyDueEdits {
  const waiting = [...edits].sort((a, b) => a.atRequest - b.atRequest);
  checkApplicable(account, waiting);
  let next = 0;
  return (nth) => {
    for (let edit = waiting[next]; edit !== undefined && edit.atRequest <= nth; edit = waiting[next]) {
      applyEdit(account, edit);
      next += 1;
    }
  };
}

function checkApplicable(account: Account, inOrder: readonly Edit[]): void {
  const existence = new Map<string, boolean>(); // of the ids that earlier edits add or remove
  for (const { atRequest, ...edit } of inOrder) {
    const isValidRequest = Number.isInteger(atRequest) && atRequest >= 1;
    const problem = isValidRequest ? editProblem(edit) : 'atRequest must be a whole number of at least 1';
    const exists = (id: string) => existence.get(id) ?? account.numbers.has(id);
    const text = problem ?? refusalOf(edit, exists(idOf(edit)))?.text ?? null;
    if (text !== null) throw new RangeError(`invalid edit before request ${atRequest}: ${text}`);
    if ('add' in edit || edit.remove) existence.set(idOf(edit), 'add' in edit);
  }
}

function refusalOf(edit: AccountEdit, exists: boolean): EditRefusal | null {
  if ('add' in edit) return exists ? { reason: 'taken', text: `number '${edit.add.id}' exists already` } : null;
  return exists ? null : { reason: 'unknown', text: `there is no number '${edit.id}'` };
}

function idOf(edit: AccountEdit): string {
  return 'add' in edit ? edit.add.id : edit.id;
}

function changeOf(edit: Extract<AccountEdit, { id: string }>): NumberChange {
  const { messaging_profile_id: profile, messaging_product: product } = edit;
  const change: NumberChange = {};
  if (profile !== undefined) change.messaging_profile_id = profile?.toLowerCase() ?? null;
  if (product !== undefined) change.messaging_product = product;
  return change;
}

/** Starts after the count of numbers: in a made account, the first try is free. */
function freePhoneNumberOf(account: Account): () => string {
  return freePhoneNumbers(account.numbers.size, (phoneNumber) => withPhoneNumbers(account, [phoneNumber]).length > 0);
}
