import {
  type Account,
  addNumber,
  changeNumber,
  type NumberChange,
  removeNumber,
  replaceOptOuts,
  withPhoneNumbers,
} from '../account/account.ts';
import { campaignOf } from '../account/campaign.ts';
import { completeNumber, freePhoneNumbers, type NumberInput } from '../account/generate.ts';
import type { SandboxCampaign, SandboxNumber, SandboxOptOut } from '../account/state.ts';
import { healthOf } from '../account/views.ts';
import type { AccountEdit, Edit, NumberEdit, OptOutKey } from './edit-forms.ts';
import { editProblem } from './edit-problem.ts';

type EditOfNumber = NumberEdit | { add: NumberInput };

const NEW_CAMPAIGN: SandboxCampaign = { id: 'CSANDBX', status: 'ASSIGNED' };
const NO_HEALTH = { message_count: 0, inbound_outbound_ratio: 0, success_ratio: 0, spam_ratio: 0 };

/** Why a well-formed edit cannot be applied. */
type EditRefusal = { reason: 'unknown' | 'taken'; text: string };

/**
 * Applies an edit at once, or returns why it cannot be applied. Nothing else is checked: an edit may do what the API
 * would refuse, such as setting a product that the number is not eligible for.
 */
export function applyEdit(account: Account, edit: AccountEdit): EditRefusal | null {
  if ('add_opt_out' in edit) return changeOptOut(account, edit.add_opt_out, [edit.add_opt_out]);
  if ('remove_opt_out' in edit) return changeOptOut(account, edit.remove_opt_out, []);
  const number = account.numbers.get(idOf(edit));
  const refusal = refusalOf(edit, number !== undefined);
  if (refusal !== null) return refusal;
  if ('add' in edit) addNumber(account, completeNumber(edit.add, freePhoneNumberOf(account)));
  else if (number !== undefined && edit.remove) removeNumber(account, number);
  else if (number !== undefined) changeNumber(account, number, changeOf(number, edit));
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
    const ofNumber = 'add_opt_out' in edit || 'remove_opt_out' in edit ? null : edit;
    const refusal = problem === null && ofNumber !== null ? refusalOf(ofNumber, exists(idOf(ofNumber))) : null;
    const text = problem ?? refusal?.text ?? null;
    if (text !== null) throw new RangeError(`invalid edit before request ${atRequest}: ${text}`);
    if (ofNumber !== null && ('add' in ofNumber || ofNumber.remove)) {
      existence.set(idOf(ofNumber), 'add' in ofNumber);
    }
  }
}

/** Puts `others` in the place of the opt-out with this key. */
function changeOptOut(account: Account, key: OptOutKey, others: readonly SandboxOptOut[]): EditRefusal | null {
  const profile = key.messaging_profile_id?.toLowerCase() ?? null;
  const isOther = (optOut: SandboxOptOut) =>
    optOut.from !== key.from || optOut.to !== key.to || optOut.messaging_profile_id !== profile;
  const kept = account.optOuts.filter(isOther);
  const exists = kept.length < account.optOuts.length;
  const text = `from ${key.from} to ${key.to}`;
  if (exists && others.length > 0) return { reason: 'taken', text: `there is an opt-out ${text} already` };
  if (!exists && others.length === 0) return { reason: 'unknown', text: `there is no opt-out ${text}` };
  replaceOptOuts(account, [...kept, ...others.map((optOut) => ({ ...optOut, messaging_profile_id: profile }))]);
  return null;
}

function refusalOf(edit: EditOfNumber, exists: boolean): EditRefusal | null {
  if ('add' in edit) return exists ? { reason: 'taken', text: `number '${edit.add.id}' exists already` } : null;
  return exists ? null : { reason: 'unknown', text: `there is no number '${edit.id}'` };
}

function idOf(edit: EditOfNumber): string {
  return 'add' in edit ? edit.add.id : edit.id;
}

function changeOf(number: SandboxNumber, edit: NumberEdit): NumberChange {
  const { messaging_profile_id: profile, messaging_product: product, campaign, health } = edit;
  const change: NumberChange = {};
  if (profile !== undefined) change.messaging_profile_id = profile?.toLowerCase() ?? null;
  if (product !== undefined) change.messaging_product = product;
  if (campaign !== undefined) change.campaign = campaign && { ...(campaignOf(number) ?? NEW_CAMPAIGN), ...campaign };
  if (health !== undefined) change.health = health && { ...(healthOf(number) ?? NO_HEALTH), ...health };
  return change;
}

/** Starts after the count of numbers: in a made account, the first try is free. */
function freePhoneNumberOf(account: Account): () => string {
  return freePhoneNumbers(account.numbers.size, (phoneNumber) => withPhoneNumbers(account, [phoneNumber]).length > 0);
}
