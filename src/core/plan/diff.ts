import type { NumberState } from '../account/number-table.ts';
import type { ShownProfile } from '../api/response.ts';
import { cleanCell } from '../input/cell.ts';
import type { RejectionCode } from '../input/rejection.ts';
import { profileCell, readProfileRef } from '../input/target.ts';
import { showAscii, showText, skeleton } from '../text/lookalike.ts';
import { printable, quoted } from '../text/text.ts';
import { compareWithPlan } from './drift.ts';
import type { PlanEntry } from './entry.ts';
import { productNote, unreadNote, withSpelling } from './note.ts';
import { confirmPhone, severalText, unconfirmedText } from './phone-number.ts';

/** The profiles of the account, as far as they were read. */
export type Profiles = {
  /** The profile with an id; null if the account has none, undefined if it could not be read. */
  byId: (id: string) => ShownProfile | null | undefined;
  /** The profiles with exactly this name, apart from white space around it. */
  byName: (name: string) => ShownProfile[];
  /** Names similar to one that no profile has, for a message. */
  like: (name: string) => string[];
};

/** The most ids that a note lists. */
const MAX_IDS = 10;

function rejected(entry: PlanEntry, reason: RejectionCode, note: string): PlanEntry {
  return { ...entry, action: 'rejected', reason, note };
}

function idsOf(profiles: readonly ShownProfile[]): string {
  const shown = profiles.slice(0, MAX_IDS).map(({ id }) => id);
  return `${shown.join(', ')}${profiles.length > MAX_IDS ? ', ...' : ''}`;
}

/** Says that no profile has a name, which characters in it pass for others, and which names are similar. */
function unknownName(name: string, like: readonly string[]): string {
  const isLookalike = like.some((other) => skeleton(other) === skeleton(name));
  const { quoted: shown, first } = isLookalike ? showAscii(name) : showText(name);
  const hint = first === '' ? '' : `; ${first}`;
  const names = like.map((other) => (isLookalike ? showAscii(other) : showText(other)).quoted).join(', ');
  const there = like.length === 0 ? '' : `; there ${like.length === 1 ? 'is' : 'are'} ${names}`;
  return `the account has no profile with the name ${shown}${hint}${there}`;
}

type Refusal = { reason: RejectionCode; note: string };

/** Says which name the profile beside a name has: it may have been renamed since the file was written. */
function nameNow(id: string, profiles: Profiles): string {
  const now = id === '' ? undefined : profiles.byId(id)?.name;
  if (now === undefined) return '';
  return `; messaging_profile_id is ${id}, whose name is ${quoted(now)}: clear one of the two cells, or pass --map messaging_profile_name= to go by ids alone`;
}

/** Finds the only profile with a name, or says why there is none. `id`: the one that it must be, if that is known. */
export function findProfile(name: string, profiles: Profiles, id = ''): { id: string } | Refusal {
  // The names of an answer have been made printable.
  const found = profiles.byName(cleanCell(printable(name)));
  if (found.length === 0) {
    const note = `${unknownName(name, profiles.like(name))}${nameNow(id, profiles)}`;
    return { reason: 'unknown_profile', note };
  }
  if (id !== '' && !found.some((profile) => profile.id === id)) {
    const note = `messaging_profile_id is ${id}, and the profile with the name ${quoted(name)} is ${idsOf(found)}; keep one of them`;
    return { reason: 'ambiguous_profile_name', note };
  }
  if (id === '' && found.length > 1) {
    const note = `${found.length} profiles have the name ${quoted(name)}: ${idsOf(found)}; write the id of one of them`;
    return { reason: 'ambiguous_profile_name', note };
  }
  return { id: id === '' ? (found[0] as ShownProfile).id : id };
}

/** Replaces the name of a target profile by its id; rejects the entry if there is no such profile. */
function withProfile(entry: PlanEntry, profiles: Profiles): PlanEntry {
  const ref = readProfileRef(entry.profileTarget);
  if (ref === null) return entry;
  const found = findProfile(ref.name, profiles, ref.id);
  if ('id' in found) return { ...entry, profileTarget: found.id };
  return rejected({ ...entry, profileTarget: ref.id }, found.reason, found.note);
}

/** Why a target profile cannot take numbers; null if it can. */
function profileRejection(entry: PlanEntry, profiles: Profiles): Refusal | null {
  const { profileTarget: id } = entry;
  if (id === '' || id === profileCell(null)) return null;
  const profile = profiles.byId(id);
  if (profile === null) return { reason: 'unknown_profile', note: `the account has no profile ${id}` };
  if (profile?.enabled !== false) return null;
  const name = profile.name === '' ? '' : ` (${quoted(profile.name)})`;
  return { reason: 'profile_disabled', note: `profile ${id}${name} is disabled; enable it first` };
}

/** The note of a row that is sent after its number was read. */
function noteOf({ productBefore, productTarget }: PlanEntry, eligible: string[] | undefined): string {
  if (productTarget === '' || productTarget === productBefore) return '';
  const losesMms = productBefore === 'A2P' && productTarget === 'P2P';
  return productNote({ isEligibleUnknown: eligible === undefined, losesMms });
}

/**
 * Completes the entry of a good row with what was read: ids for names, current values, whether anything changes.
 *
 * The order of the checks matters, because the first that fails is the reason of the row: first what the account does
 * not have, then whether the file means this number, then its profile and its product. A row counts as read only after
 * the check of its phone number, so that no values of another number are shown beside it.
 */
export function withAccount(draft: PlanEntry, known: NumberState, profiles: Profiles): PlanEntry {
  const phone = confirmPhone(draft, known.state === 'found' ? known.shown.phoneNumber : undefined);
  const given = { ...draft, phoneNumber: phone.number };
  // Set the id first: a rejected row without one would count as a repeat of another row without one.
  const entry = withProfile(known.state === 'found' ? { ...given, id: known.id } : given, profiles);
  if (known.state === 'absent') {
    const named = given.id === '' ? `phone number ${phone.said}` : `id ${given.id}`;
    return rejected(entry, 'not_found', `the account has no number with the ${named}`);
  }
  if (known.state === 'ambiguous') return rejected(entry, 'bad_phone_number', severalText(draft.phoneNumber));
  const why = known.state === 'unreadable' ? known.why : 'it was not read';
  if (entry.id === '') {
    return rejected(entry, 'not_found', `the number ${phone.said} could not be read: ${why}`);
  }
  if (entry.action === 'rejected') return entry;
  const rejection = profileRejection(entry, profiles);
  if (known.state !== 'found') {
    if (phone.isUnconfirmed) return rejected(entry, 'bad_phone_number', unconfirmedText(phone.said, why));
    return rejection === null ? { ...entry, note: unreadNote(why) } : rejected(entry, rejection.reason, rejection.note);
  }
  const { shown } = known;
  if (phone.isUnconfirmed && shown.phoneNumber === undefined) {
    const text = unconfirmedText(phone.said, 'the account shows no phone number of it');
    return rejected(entry, 'bad_phone_number', text);
  }
  if (entry.phoneNumber !== '' && shown.phoneNumber !== undefined && shown.phoneNumber !== entry.phoneNumber) {
    const note = `the file says ${phone.said}, the account has ${shown.phoneNumber} under this id`;
    return rejected(entry, 'phone_number_mismatch', note);
  }
  const before: PlanEntry = {
    ...entry,
    phoneNumber: entry.phoneNumber === '' ? (shown.phoneNumber ?? '') : entry.phoneNumber,
    profileBefore: profileCell(shown.profile),
    productBefore: shown.product ?? '',
  };
  // Nothing is sent to a number that is at its target, so the state of its profile does not matter.
  const isThere = compareWithPlan(before, shown) === 'at_target';
  if (rejection !== null && !isThere) return rejected(before, rejection.reason, rejection.note);
  const { productBefore, productTarget } = before;
  const { eligible } = shown;
  if (productTarget !== '' && productTarget !== productBefore && eligible?.includes(productTarget) === false) {
    const offered = eligible.length === 0 ? 'no product' : eligible.join(', ');
    return rejected(before, 'not_eligible', `the number may have ${offered}, and not ${productTarget}`);
  }
  const note = withSpelling(noteOf(before, eligible), phone.spelling);
  return { ...before, action: isThere ? 'unchanged' : 'change', note };
}
