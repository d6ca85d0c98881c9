import { quoted } from '../text/text.ts';
import { isAmbiguous } from './cell.ts';
import type { Field } from './header.ts';
import type { Rejection, RejectionCode } from './rejection.ts';
import { UNASSIGN } from './target.ts';

/** The cleaned cells of a row, by field; '' for a cell or a column that is not there. */
export type RowValues = Record<Field, string>;

/** What is accepted beyond the safe default. `online`: the account is read, so names and phone numbers can be found. */
export type Allowed = { unassign: boolean; roundedIds: boolean; online: boolean };

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PRODUCT = /^[A-Za-z0-9_.-]{1,64}$/;
const E164 = /^\+[1-9][0-9]{1,14}$/;
const PHONE = /^(\+[0-9]+|[0-9]{10,15})$/;
const SCIENTIFIC = /^[0-9]+([.,][0-9]+)?e\+?[0-9]{1,3}$/i;
/** 17 digits or more, all zeros from the 16th on. */
const ROUNDED = /^[0-9]{15}0{2,}$/;

/** Whether a text can be the id of a number. */
export const isAnId = (text: string): boolean => ID.test(text);
/** Whether a text can be a product. */
export const isAProduct = (text: string): boolean => PRODUCT.test(text);

/** Whether a profile cell asks to unassign. Not by toUpperCase(), which also turns `unaßign` into UNASSIGN. */
export function isUnassign(value: string): boolean {
  // The length first, because every cell of every row is asked several times.
  return value.length === UNASSIGN.length && /^unassign$/i.test(value);
}

/** Why a cell is rejected: the text continues a sentence that starts with the cell. Or why a row is. */
function rejected(code: RejectionCode, text: string): Rejection {
  return { code, text };
}

const AMBIGUOUS = rejected(
  'ambiguous_cell',
  'is ambiguous: leave the cell empty to keep the value, or write UNASSIGN in the profile column to remove it',
);

function checkId(id: string, allowed: Allowed): Rejection | null {
  if (isAmbiguous(id)) return rejected('ambiguous_cell', 'is not an id; write the id of the number');
  if (SCIENTIFIC.test(id)) {
    return rejected('id_in_scientific_notation', 'was shortened by a spreadsheet; export that column as text');
  }
  if (PHONE.test(id)) {
    return rejected('id_is_a_phone_number', 'looks like a phone number; the id of a number has about 19 digits');
  }
  if (!allowed.roundedIds && ROUNDED.test(id)) {
    const text = 'ends in zeros as if a spreadsheet had rounded it; export that column as text';
    return rejected('id_looks_rounded', `${text}, or pass --allow-rounded-ids`);
  }
  if (ID.test(id)) return null;
  return rejected('bad_id', 'is not an id: a letter or digit, then letters, digits, - and _, at most 64 in all');
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

function checkProduct(product: string): Rejection | null {
  if (isAmbiguous(product)) {
    return rejected('ambiguous_cell', 'is ambiguous: leave the cell empty to keep the product');
  }
  const isProfile = isUnassign(product) || UUID.test(product.toLowerCase());
  if (product === '' || (!isProfile && PRODUCT.test(product))) return null;
  return rejected('bad_product', 'is not a product id such as A2P');
}

function checkPhoneNumber(phoneNumber: string): Rejection | null {
  if (phoneNumber === '' || E164.test(phoneNumber)) return null;
  return rejected('bad_phone_number', 'is not in the form +18005550001 (E.164)');
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
  return problem && rejected(problem.code, `${field} ${quoted(value)} ${problem.text}`);
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
    onCell('phone_number', phone, checkPhoneNumber(phone)),
    checkTargets(profile, product, name),
  ].filter((rejection) => rejection !== null);
}
