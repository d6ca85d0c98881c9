import { quoted } from '../text/text.ts';
import { isAmbiguous } from './cell.ts';
import type { Field } from './header.ts';
import type { Rejection } from './rejection.ts';
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

/** Whether a profile cell asks to unassign. Not by toUpperCase(), which also turns `unaßign` into UNASSIGN. */
export function isUnassign(value: string): boolean {
  // The length first, because every cell of every row is asked several times.
  return value.length === UNASSIGN.length && /^unassign$/i.test(value);
}

/** Why a cell is rejected. The text continues a sentence that starts with the cell. */
type Problem = Rejection;

const AMBIGUOUS: Problem = {
  code: 'ambiguous_cell',
  text: 'is ambiguous: leave the cell empty to keep the value, or write UNASSIGN in the profile column to remove it',
};

function checkId(id: string, allowed: Allowed): Problem | null {
  if (isAmbiguous(id)) return { code: 'ambiguous_cell', text: 'is not an id; write the id of the number' };
  if (SCIENTIFIC.test(id)) {
    return {
      code: 'id_in_scientific_notation',
      text: 'was shortened by a spreadsheet; export that column as text',
    };
  }
  if (PHONE.test(id)) {
    return {
      code: 'id_is_a_phone_number',
      text: 'looks like a phone number; the id of a number has about 19 digits',
    };
  }
  if (!allowed.roundedIds && ROUNDED.test(id)) {
    return {
      code: 'id_looks_rounded',
      text: 'ends in zeros as if a spreadsheet had rounded it; export that column as text, or pass --allow-rounded-ids',
    };
  }
  if (ID.test(id)) return null;
  return {
    code: 'bad_id',
    text: 'is not an id: a letter or digit, then letters, digits, - and _, at most 64 in all',
  };
}

function checkMissingId(phoneNumber: string, allowed: Allowed): Rejection | null {
  if (phoneNumber !== '' && allowed.online) return null;
  return { code: 'missing_id', text: 'phone_number_id is empty' };
}

function checkProfile(profile: string): Problem | null {
  if (isAmbiguous(profile)) return AMBIGUOUS;
  if (profile === '' || isUnassign(profile) || UUID.test(profile.toLowerCase())) return null;
  return { code: 'bad_profile_id', text: 'is neither a UUID nor UNASSIGN' };
}

function checkName(name: string, allowed: Allowed): Problem | null {
  if (isAmbiguous(name)) return AMBIGUOUS;
  if (name === '' || isUnassign(name) || allowed.online) return null;
  return { code: 'unknown_profile', text: 'can only be found in the account, which --offline does not read' };
}

function checkProduct(product: string): Problem | null {
  if (isAmbiguous(product)) {
    return { code: 'ambiguous_cell', text: 'is ambiguous: leave the cell empty to keep the product' };
  }
  const isProfile = isUnassign(product) || UUID.test(product.toLowerCase());
  if (product === '' || (!isProfile && PRODUCT.test(product))) return null;
  return { code: 'bad_product', text: 'is not a product id such as A2P' };
}

function checkPhoneNumber(phoneNumber: string): Problem | null {
  if (phoneNumber === '' || E164.test(phoneNumber)) return null;
  return { code: 'bad_phone_number', text: 'is not in the form +18005550001 (E.164)' };
}

function checkUnassign(value: string, allowed: Allowed): Rejection | null {
  if (allowed.unassign || !isUnassign(value)) return null;
  return {
    code: 'unassign_not_allowed',
    text: 'UNASSIGN takes the number off its profile and stops its messages; pass --allow-unassign if that is meant',
  };
}

/** Rejects an id beside UNASSIGN in the two profile columns: one of them would be ignored silently. */
function checkProfileColumns(profile: string, name: string): Rejection | null {
  if (profile === '' || name === '' || isUnassign(profile) === isUnassign(name)) return null;
  return {
    code: 'ambiguous_profile_name',
    text: `messaging_profile_id is ${quoted(profile)}, and messaging_profile_name is ${quoted(name)}; keep one of them`,
  };
}

function checkTargets(profile: string, product: string, name: string): Rejection | null {
  if (profile !== '' || product !== '' || name !== '') return null;
  return {
    code: 'nothing_to_change',
    text: 'both targets are empty, and an empty cell keeps the value; give a profile or a product, or drop the row',
  };
}

function onCell(field: Field, value: string, problem: Problem | null): Rejection | null {
  return problem && { code: problem.code, text: `${field} ${quoted(value)} ${problem.text}` };
}

/** Checks the cells of a row. Returns every reason to reject it; the first one gives the row its code. */
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
