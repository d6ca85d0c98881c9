import { count, quoted } from '../text/text.ts';
import { cleanCell, isAmbiguous } from './cell.ts';
import type { Columns, Field } from './header.ts';
import { profileRef } from './profile-ref.ts';
import { UNASSIGN } from './target.ts';

/** What one good row asks for. `null` keeps the current value: the field is left out of the request. */
export type Assignment = {
  /** 1 to 64 of `[A-Za-z0-9_-]`; always a string, as 19 digits do not fit a number. '' where the phone number names it. */
  id: string;
  /** E.164, or null where the row has none. */
  phoneNumber: string | null;
  /** A UUID in lower case, `UNASSIGN`, a name still to be found in the account (see profile-ref.ts), or null to keep. */
  profile: string | null;
  /** A product id, or null to keep. */
  product: string | null;
};

/** Why a row is not sent: a stable code, and a text for people. */
export type Rejection = { code: string; text: string };

/** What the flags allow beyond the safe default; `online`: the account is read, so that names and phone numbers do. */
export type Allowed = { unassign: boolean; roundedIds: boolean; online: boolean };

// Not toUpperCase(), which makes UNASSIGN of `unaßign` too.
const SAYS_UNASSIGN = /^unassign$/i;
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PRODUCT = /^[A-Za-z0-9_.-]{1,64}$/;
const E164 = /^\+[1-9][0-9]{1,14}$/;
const PHONE = /^(\+[0-9]+|[0-9]{10,15})$/;
const SCIENTIFIC = /^[0-9]+([.,][0-9]+)?e\+?[0-9]{1,3}$/i;

const CLEAR_WAYS = 'leave the cell empty to keep the value, or write UNASSIGN in the profile column to remove it';

function rejectId(id: string, allowed: Allowed): Rejection | null {
  if (id === '') return { code: 'missing_id', text: 'phone_number_id is empty' };
  if (isAmbiguous(id)) {
    return { code: 'ambiguous_cell', text: `phone_number_id ${quoted(id)} is not an id; write the id of the number` };
  }
  if (SCIENTIFIC.test(id)) {
    return {
      code: 'id_in_scientific_notation',
      text: `phone_number_id ${quoted(id)} was shortened by a spreadsheet; export that column as text`,
    };
  }
  if (PHONE.test(id)) {
    return {
      code: 'id_is_a_phone_number',
      text: `phone_number_id ${quoted(id)} looks like a phone number; the id of a number has about 19 digits`,
    };
  }
  if (!allowed.roundedIds && /^[0-9]{15}0{2,}$/.test(id)) {
    return {
      code: 'id_looks_rounded',
      text: `phone_number_id ${quoted(id)} ends in zeros as if a spreadsheet had rounded it; export that column as text, or pass --allow-rounded-ids`,
    };
  }
  if (!ID.test(id)) {
    return {
      code: 'bad_id',
      text: `phone_number_id ${quoted(id)} is not an id: a letter or digit, then letters, digits, - and _, at most 64 in all`,
    };
  }
  return null;
}

function rejectProfile(profile: string, allowed: Allowed): Rejection | null {
  if (isAmbiguous(profile)) {
    return { code: 'ambiguous_cell', text: `messaging_profile_id ${quoted(profile)} is ambiguous: ${CLEAR_WAYS}` };
  }
  if (SAYS_UNASSIGN.test(profile)) {
    if (allowed.unassign) return null;
    return {
      code: 'unassign_not_allowed',
      text: 'UNASSIGN takes the number off its profile and stops its messages; pass --allow-unassign if that is meant',
    };
  }
  if (profile !== '' && !UUID.test(profile.toLowerCase())) {
    return { code: 'bad_profile_id', text: `messaging_profile_id ${quoted(profile)} is neither a UUID nor UNASSIGN` };
  }
  return null;
}

function rejectName(name: string, allowed: Allowed): Rejection | null {
  if (name === '') return null;
  if (isAmbiguous(name)) {
    return { code: 'ambiguous_cell', text: `messaging_profile_name ${quoted(name)} is ambiguous: ${CLEAR_WAYS}` };
  }
  if (SAYS_UNASSIGN.test(name)) return rejectProfile(name, allowed);
  if (allowed.online) return null;
  return {
    code: 'unknown_profile',
    text: `messaging_profile_name ${quoted(name)} can only be found in the account, which --offline does not read`,
  };
}

/** An id and UNASSIGN in the two columns of the profile: one of them would be passed over in silence. */
function rejectBoth(profile: string, name: string): Rejection | null {
  if (profile === '' || name === '' || SAYS_UNASSIGN.test(profile) === SAYS_UNASSIGN.test(name)) return null;
  return {
    code: 'ambiguous_profile_name',
    text: `messaging_profile_id is ${quoted(profile)}, and messaging_profile_name is ${quoted(name)}; keep one of them`,
  };
}

function rejectProduct(product: string): Rejection | null {
  if (isAmbiguous(product)) {
    return {
      code: 'ambiguous_cell',
      text: `messaging_product ${quoted(product)} is ambiguous: leave the cell empty to keep the product`,
    };
  }
  const looksLikeProfile = SAYS_UNASSIGN.test(product) || UUID.test(product.toLowerCase());
  if (product !== '' && (looksLikeProfile || !PRODUCT.test(product))) {
    return { code: 'bad_product', text: `messaging_product ${quoted(product)} is not a product id such as A2P` };
  }
  return null;
}

function rejectPhoneNumber(phoneNumber: string): Rejection | null {
  if (phoneNumber === '' || E164.test(phoneNumber)) return null;
  return {
    code: 'bad_phone_number',
    text: `phone_number ${quoted(phoneNumber)} is not in the form +18005550001 (E.164)`,
  };
}

/** What a row says, before or without a verdict: the cleaned cells of the known columns, `''` where there is none. */
export type RowValues = Record<Field, string>;

/** Picks and cleans the cells of the known columns. */
export function rowValues(cells: readonly string[], columns: Columns): RowValues {
  const value = (field: Field) => {
    const at = columns[field];
    return at === undefined ? '' : cleanCell(cells[at] ?? '');
  };
  return {
    phone_number_id: value('phone_number_id'),
    phone_number: value('phone_number'),
    messaging_profile_id: value('messaging_profile_id'),
    messaging_product: value('messaging_product'),
    messaging_profile_name: value('messaging_profile_name'),
  };
}

/**
 * Reads one row: an assignment, or a rejection with the code of its first fault and the texts of all of them.
 * `width` is the number of columns of the header. A blank target cell means keep, never unassign.
 */
export function readAssignment(
  cells: readonly string[],
  columns: Columns,
  width: number,
  allowed: Allowed,
): Assignment | Rejection {
  if (cells.length !== width) {
    const text = `${count(cells.length, 'cell')} where the header has ${width}; a cell with the delimiter in it must be in quotes`;
    return { code: 'wrong_number_of_cells', text };
  }
  const values = rowValues(cells, columns);
  const {
    phone_number_id: id,
    phone_number: phone,
    messaging_profile_id: profile,
    messaging_product: product,
    messaging_profile_name: name,
  } = values;
  const faults = [
    id === '' && phone !== '' && allowed.online ? null : rejectId(id, allowed),
    rejectProfile(profile, allowed),
    rejectName(name, allowed),
    rejectBoth(profile, name),
    rejectProduct(product),
    rejectPhoneNumber(phone),
  ].filter((fault) => fault !== null);
  if (profile === '' && product === '' && name === '') {
    faults.push({
      code: 'nothing_to_change',
      text: 'both targets are empty, and an empty cell keeps the value; give a profile or a product, or drop the row',
    });
  }
  const first = faults[0];
  if (first !== undefined) return { code: first.code, text: faults.map((fault) => fault.text).join('; ') };
  return {
    id,
    phoneNumber: phone === '' ? null : phone,
    profile: profileOf(profile, name),
    product: product === '' ? null : product,
  };
}

function profileOf(profile: string, name: string): string | null {
  if (SAYS_UNASSIGN.test(profile) || SAYS_UNASSIGN.test(name)) return UNASSIGN;
  if (name !== '') return profileRef(profile.toLowerCase(), name);
  return profile === '' ? null : profile.toLowerCase();
}

/** The body of the PATCH: a field is left out to keep a value, and `""` is sent for an explicit UNASSIGN only. */
export function requestBody(target: Pick<Assignment, 'profile' | 'product'>): Record<string, string> {
  const body: Record<string, string> = {};
  if (target.profile !== null) body.messaging_profile_id = target.profile === UNASSIGN ? '' : target.profile;
  if (target.product !== null) body.messaging_product = target.product;
  return body;
}
