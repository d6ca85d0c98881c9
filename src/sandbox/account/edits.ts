import { type Account, addNumber, changeNumber, type NumberChange, removeNumber, withPhoneNumbers } from './account.ts';
import { type AccountEdit, type Edit, editProblem } from './edit-forms.ts';
import { completeNumber, freePhoneNumbers } from './generate.ts';

/** Why an edit of good form cannot be carried out. */
type EditRefusal = { reason: 'unknown' | 'taken'; text: string };

/**
 * Carries an edit out at once, or says why it cannot be. Nothing else is checked: whoever edits here may do what the
 * API would refuse, such as choosing a product that the number is not eligible for.
 */
export function applyEdit(account: Account, edit: AccountEdit): EditRefusal | null {
  const id = idOf(edit);
  const number = account.numbers.get(id);
  const refused = refusalOf(edit, number !== undefined);
  if (refused !== null) return refused;
  if ('add' in edit) addNumber(account, completeNumber(edit.add, freePhoneNumberOf(account)));
  else if (number !== undefined && edit.remove) removeNumber(account, number);
  else if (number !== undefined) changeNumber(account, number, changeOf(edit));
  return null;
}

/** Carries an edit out at once. Throws RangeError where its form is bad or the account cannot have it. */
export function editNow(account: Account, edit: AccountEdit): void {
  const problem = editProblem(edit) ?? applyEdit(account, edit)?.text ?? null;
  if (problem !== null) throw new RangeError(`bad edit: ${problem}`);
}

/** Carries out what is due before the nth request under /v2 is answered. */
export type EditsDue = (nth: number) => void;

/**
 * The edits that happen at their moments. Throws RangeError for those that never could, taken in their order. One
 * that has become impossible meanwhile, because of other edits at once, does nothing when its moment comes.
 */
export function scheduleEdits(account: Account, edits: readonly Edit[]): EditsDue {
  const waiting = [...edits].sort((a, b) => a.atRequest - b.atRequest);
  refuseImpossible(account, waiting);
  let next = 0;
  return (nth) => {
    for (let edit = waiting[next]; edit !== undefined && edit.atRequest <= nth; edit = waiting[next]) {
      applyEdit(account, edit);
      next += 1;
    }
  };
}

function refuseImpossible(account: Account, inOrder: readonly Edit[]): void {
  const changed = new Map<string, boolean>(); // whether an id is there, once an edit has decided it
  for (const { atRequest, ...edit } of inOrder) {
    const whole = Number.isInteger(atRequest) && atRequest >= 1;
    const problem = whole ? editProblem(edit) : 'atRequest must be a whole number from 1 up';
    const isThere = (id: string) => changed.get(id) ?? account.numbers.has(id);
    const text = problem ?? refusalOf(edit, isThere(idOf(edit)))?.text ?? null;
    if (text !== null) throw new RangeError(`bad edit before request ${atRequest}: ${text}`);
    if ('add' in edit || edit.remove) changed.set(idOf(edit), 'add' in edit);
  }
}

function refusalOf(edit: AccountEdit, isThere: boolean): EditRefusal | null {
  if ('add' in edit) return isThere ? { reason: 'taken', text: `there is a number '${edit.add.id}' already` } : null;
  return isThere ? null : { reason: 'unknown', text: `there is no number '${edit.id}'` };
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

/** Starts behind as many as there are: in an account that was made, the first try is free. */
function freePhoneNumberOf(account: Account): () => string {
  return freePhoneNumbers(account.numbers.size, (phoneNumber) => withPhoneNumbers(account, [phoneNumber]).length > 0);
}
