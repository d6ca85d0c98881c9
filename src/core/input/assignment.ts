import { cleanCell } from './cell.ts';
import { type Allowed, checkCells, isAProfileId, isUnassign, type RowValues } from './cell-checks.ts';
import type { Columns, Field } from './header.ts';
import type { Rejection } from './rejection.ts';
import { type ConstantTargets, profileRef, UNASSIGN } from './target.ts';

/** What one good row asks for. `null` keeps the current value: the field is left out of the request. */
export type Assignment = {
  /** Always a string: 19 digits do not fit a number. '' if the row names its number by the phone number alone. */
  id: string;
  /** E.164 or, if the account is read, another spelling for it to confirm (see phone.ts); null if the row has none. */
  phoneNumber: string | null;
  /** A UUID in lower case, `UNASSIGN`, a name to be looked up in the account (see target.ts), or null to keep. */
  profile: string | null;
  /** A product id, or null to keep. */
  product: string | null;
};

type Given = string | readonly string[] | null | undefined;

/** The targets that --to-profile and --to-product give to every row. A profile that is not given by its id has a name. */
export function constantsOf(given: { to_profile?: Given; to_product?: Given }): ConstantTargets {
  const { to_profile: profile, to_product: product } = given;
  const constants: ConstantTargets = {};
  if (typeof profile === 'string') {
    const isId = isUnassign(profile) || isAProfileId(profile);
    constants[isId ? 'messaging_profile_id' : 'messaging_profile_name'] = profile;
  }
  if (typeof product === 'string') constants.messaging_product = product;
  return constants;
}

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

/** Reads one row. A rejection has the code of the first error and the texts of all. */
export function readAssignment(cells: readonly string[], columns: Columns, allowed: Allowed): Assignment | Rejection {
  const values = { ...rowValues(cells, columns), ...allowed.constants };
  const rejections = checkCells(values, allowed);
  const [first] = rejections;
  if (first !== undefined) return { code: first.code, text: rejections.map(({ text }) => text).join('; ') };
  return {
    id: values.phone_number_id,
    phoneNumber: values.phone_number || null,
    profile: profileOf(values.messaging_profile_id, values.messaging_profile_name),
    product: values.messaging_product || null,
  };
}

function profileOf(profile: string, name: string): string | null {
  if (isUnassign(profile) || isUnassign(name)) return UNASSIGN;
  if (name !== '') return profileRef(profile.toLowerCase(), name);
  return profile === '' ? null : profile.toLowerCase();
}

/** The body of the PATCH: a field is left out to keep its value; `""` is sent for an explicit UNASSIGN only. */
export function requestBody(target: Pick<Assignment, 'profile' | 'product'>): Record<string, string> {
  const body: Record<string, string> = {};
  if (target.profile !== null) body.messaging_profile_id = target.profile === UNASSIGN ? '' : target.profile;
  if (target.product !== null) body.messaging_product = target.product;
  return body;
}
