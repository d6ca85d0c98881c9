import { showAscii, showText } from '../text/lookalike.ts';
import { shellWord } from '../text/shell.ts';
import { quoted } from '../text/text.ts';
import { isAmbiguous } from './cell.ts';
import type { Field } from './header.ts';
import { isE164, phoneReadings } from './phone.ts';
import { type Rejection, rejected } from './rejection.ts';
import { phoneDamage, spreadsheetDamage } from './spreadsheet.ts';
import { type ConstantTargets, UNASSIGN } from './target.ts';

/** The cleaned cells of a row, by field; '' for a cell or a column that is not there. */
export type RowValues = Record<Field, string>;

/** What is accepted beyond the safe default. */
export type Allowed = {
  unassign: boolean;
  roundedIds: boolean;
  /** The account is read, so names and phone numbers can be found. */
  online: boolean;
  /** The account is made from the input, so that it confirms any id. */
  sandbox?: boolean;
  /** The targets of every row, in place of columns. */
  constants?: ConstantTargets;
  /** The name of the id column, for messages. */
  idColumn?: string;
  /** The name of the phone number column, if a column of this name may hold something else; else ''. */
  guessedPhoneColumn?: string;
};

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PRODUCT = /^[A-Za-z0-9_.-]{1,64}$/;
const PHONE = /^(\+[0-9]+|[0-9]{10,15})$/;

/** Whether a text can be the id of a number. */
export const isAnId = (text: string): boolean => ID.test(text);
/** Whether a text is the id of a profile as the API writes it: a UUID in lower case. */
export const isAProfileId = (text: string): boolean => UUID.test(text);
/** Whether a text can be a product. */
export const isAProduct = (text: string): boolean => PRODUCT.test(text);

/** Whether a profile cell asks to unassign. Not by toUpperCase(), which also turns `unaßign` into UNASSIGN. */
export function isUnassign(value: string): boolean {
  // The length first, because every cell of every row is asked several times.
  return value.length === UNASSIGN.length && /^unassign$/i.test(value);
}

const AMBIGUOUS = rejected(
  'ambiguous_cell',
  'is ambiguous: leave the cell empty to keep the value, or write UNASSIGN in the profile column to remove it',
);

function checkId(id: string, allowed: Allowed): Rejection | null {
  if (isAmbiguous(id)) return rejected('ambiguous_cell', 'is not an id; write the id of the number');
  if (PHONE.test(id)) return rejected('id_is_a_phone_number', phoneText(allowed));
  const damage = spreadsheetDamage(id, allowed.roundedIds);
  if (damage !== null) return damage;
  if (!ID.test(id)) {
    const isPhone = phoneReadings(id).length > 0;
    if (isPhone) return rejected('bad_id', phoneText(allowed));
    return rejected('bad_id', 'is not an id: a letter or digit, then letters, digits, - and _, at most 64 in all');
  }
  const isChecked = allowed.online && allowed.sandbox !== true;
  return isChecked || /[0-9]/.test(id) ? null : rejected('bad_id', 'has no digit, so it is not the id of a number');
}

function phoneText({ online, idColumn }: Allowed): string {
  const option = shellWord(`phone_number=${idColumn || 'COLUMN'}`);
  const hint = `if its column holds phone numbers, pass --map ${option}${online ? '' : ', without --offline'}`;
  return `looks like a phone number; the id of a number has about 19 digits; ${hint}`;
}

function checkMissingId(phoneNumber: string, allowed: Allowed): Rejection | null {
  return phoneNumber !== '' && allowed.online ? null : rejected('missing_id', 'phone_number_id is empty');
}

function checkProfile(profile: string): Rejection | null {
  if (isAmbiguous(profile)) return AMBIGUOUS;
  if (profile === '' || isUnassign(profile) || UUID.test(profile.toLowerCase())) return null;
  return rejected('bad_profile_id', 'is neither a UUID nor UNASSIGN');
}

function checkName(name: string, allowed: Allowed): Rejection | null {
  if (isAmbiguous(name)) return AMBIGUOUS;
  if (name === '' || isUnassign(name) || allowed.online) return null;
  return rejected('unknown_profile', 'can only be found in the account, which --offline does not read');
}

/** What people write in a product column, besides what is ambiguous everywhere. A profile may have such a name. */
const NO_PRODUCT =
  /^(?:unknown|missing|pending|ditto|void|undef|tba|fixme|xxx|n[_-]a|n\.?d\.?|as[_-]?is|no[_-]?change|-?nan|-?inf|unassigned|remove|delete|clear|wahr|falsch|vrai|faux)$/i;

/** Why a product cell is rejected; null if it is not. An empty one keeps the product. */
export function checkProduct(product: string): Rejection | null {
  if (isAmbiguous(product) || NO_PRODUCT.test(product)) {
    return rejected('ambiguous_cell', 'is ambiguous: leave the cell empty to keep the product');
  }
  const isProfile = isUnassign(product) || UUID.test(product.toLowerCase());
  if (product === '' || (!isProfile && PRODUCT.test(product))) return null;
  return rejected('bad_product', 'is not a product id such as A2P');
}

function checkPhoneNumber(phoneNumber: string, { online, guessedPhoneColumn = '' }: Allowed): Rejection | null {
  if (phoneNumber === '' || isE164(phoneNumber)) return null;
  const damage = phoneDamage(phoneNumber);
  if (damage !== null) return damage;
  const form = 'is not in the form +18005550001 (E.164)';
  if (phoneReadings(phoneNumber).length === 0) {
    const option = `the column ${quoted(guessedPhoneColumn)} holds something else, pass --map phone_number=`;
    return rejected('bad_phone_number', guessedPhoneColumn === '' ? form : `${form}; if ${option}`);
  }
  if (online) return null;
  return rejected('bad_phone_number', `${form}; without --offline, the account can confirm other spellings`);
}

function checkUnassign(value: string, allowed: Allowed): Rejection | null {
  if (allowed.unassign || !isUnassign(value)) return null;
  const text =
    'UNASSIGN takes the number off its profile and stops its messages; pass --allow-unassign if that is meant';
  return rejected('unassign_not_allowed', text);
}

/** Rejects an id beside UNASSIGN in the two profile columns: one of them would be ignored silently. */
function checkProfileColumns(profile: string, name: string): Rejection | null {
  if (profile === '' || name === '' || isUnassign(profile) === isUnassign(name)) return null;
  const text = `messaging_profile_id is ${quoted(profile)}, and messaging_profile_name is ${quoted(name)}`;
  return rejected('ambiguous_profile_name', `${text}; keep one of them`);
}

function checkTargets(profile: string, product: string, name: string): Rejection | null {
  if (profile !== '' || product !== '' || name !== '') return null;
  const text =
    'both targets are empty, and an empty cell keeps the value; give a profile or a product, or drop the row';
  return rejected('nothing_to_change', text);
}

function onCell(field: Field, value: string, problem: Rejection | null): Rejection | null {
  if (problem === null) return null;
  const { quoted: shown, first } = field === 'messaging_profile_name' ? showText(value) : showAscii(value);
  return rejected(problem.code, `${field} ${shown} ${problem.text}${first === '' ? '' : `; ${first}`}`);
}

/**
 * Checks the cells of a row. Returns every reason to reject it. The first one gives the row its code, so the order is part
 * of the contract: a new check must not come before one that rejects the same row today.
 */
export function checkCells(values: RowValues, allowed: Allowed): Rejection[] {
  const { phone_number_id: id, phone_number: phone, messaging_profile_id: profile } = values;
  const { messaging_product: product, messaging_profile_name: name } = values;
  return [
    id === '' ? checkMissingId(phone, allowed) : onCell('phone_number_id', id, checkId(id, allowed)),
    onCell('messaging_profile_id', profile, checkProfile(profile)),
    checkUnassign(profile, allowed),
    onCell('messaging_profile_name', name, checkName(name, allowed)),
    checkUnassign(name, allowed),
    checkProfileColumns(profile, name),
    onCell('messaging_product', product, checkProduct(product)),
    onCell('phone_number', phone, checkPhoneNumber(phone, allowed)),
    checkTargets(profile, product, name),
  ].filter((rejection) => rejection !== null);
}
