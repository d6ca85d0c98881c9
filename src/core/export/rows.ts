import type { ShownSettings } from '../api/response.ts';
import { cleanCell, isAmbiguous } from '../input/cell.ts';
import { checkCells, isAnId, isUnassign, type RowValues } from '../input/cell-checks.ts';
import { isE164 } from '../input/phone.ts';
import { profileCell, UNASSIGN } from '../input/target.ts';
import type { Profiles } from '../plan/diff.ts';
import { guardFormula, printable } from '../text/text.ts';

export const EXPORT_COLUMNS = [
  'phone_number_id',
  'phone_number',
  'messaging_profile_id',
  'messaging_profile_name',
  'messaging_product',
  'type',
  'country_code',
  'eligible_messaging_products',
  'traffic_type',
  'message_count',
  'success_ratio',
  'spam_ratio',
] as const;

/** Between the products of one cell. No header has it, so it is not taken for the delimiter. */
const BETWEEN_PRODUCTS = '|';

/** A row that `apply` would accept, whatever other cells it has. */
const GOOD_ROW: RowValues = {
  phone_number_id: 'n1',
  phone_number: '',
  messaging_profile_id: '',
  messaging_product: 'A2P',
  messaging_profile_name: '',
};
const ALLOWED = { unassign: true, roundedIds: false, online: true };

/** Whether `apply` accepts a cell as it is. */
function isAccepted(field: keyof RowValues, value: string): boolean {
  return checkCells({ ...GOOD_ROW, [field]: value }, ALLOWED).length === 0;
}

/**
 * Returns a function that writes the name of a profile so that `apply` finds the same profile by it; '' if that is not
 * possible, because the name is empty, ambiguous, or read as something else. The id beside it is enough.
 */
export function createNameCells(profiles: Profiles): (id: string) => string {
  const cells = new Map<string, string>();
  const cellOf = (id: string) => {
    const cell = guardFormula(profiles.byId(id)?.name ?? '');
    const value = cleanCell(cell);
    if (value === '' || isAmbiguous(value) || isUnassign(value)) return '';
    return profiles.byName(cleanCell(printable(value))).some((found) => found.id === id) ? cell : '';
  };
  return (id) => {
    const known = cells.get(id) ?? cellOf(id);
    cells.set(id, known);
    return known;
  };
}

/**
 * A row of the export, or why a number has none: its id cannot be one, or it shows neither profile nor product.
 * `isWithoutProfile`: the account does not show its profile, so the row keeps whatever it has.
 */
export type ExportRow =
  | { cells: string[]; id: string; profile: string; isWithoutProfile: boolean; isWithoutPhone: boolean }
  | { leftOut: 'bad_id' | 'not_shown' };

/** The name of a profile for its row. Without its id beside it, the name must be that of no other. */
type NameOf = (id: string) => string;

const figure = (value: number | null | undefined) => (value === null || value === undefined ? '' : String(value));

/** Writes what a number has as a row that `apply` accepts as it is. */
export function exportRow(shown: ShownSettings, nameOf: NameOf): ExportRow {
  const { id = '', phoneNumber = '', health } = shown;
  const phone = isE164(phoneNumber) ? phoneNumber : '';
  // Some ids look as if a spreadsheet had rounded them. The phone number names the same number.
  const idCell = isAccepted('phone_number_id', id) ? id : '';
  if (!isAnId(id) || (idCell === '' && phone === '')) return { leftOut: 'bad_id' };
  const given = profileCell(shown.profile);
  const profile = isAccepted('messaging_profile_id', given) ? given : '';
  const { product: shownProduct } = shown;
  const product = typeof shownProduct === 'string' && isAccepted('messaging_product', shownProduct) ? shownProduct : '';
  if (profile === '' && product === '') return { leftOut: 'not_shown' };
  const cells = [
    idCell,
    phone,
    profile,
    profile === '' || profile === UNASSIGN ? '' : nameOf(profile),
    product,
    guardFormula(shown.type ?? ''),
    shown.country ?? '',
    guardFormula((shown.eligible ?? []).join(BETWEEN_PRODUCTS)),
    guardFormula(shown.traffic ?? ''),
    figure(health?.messages),
    figure(health?.success),
    figure(health?.spam),
  ];
  return { cells, id: idCell, profile, isWithoutProfile: profile === '', isWithoutPhone: phone === '' };
}
