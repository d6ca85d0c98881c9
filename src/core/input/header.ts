import { quoted } from '../text/text.ts';
import { cleanCell } from './cell.ts';

/** The input columns that this tool reads, in the order in which they are named in messages. */
export const FIELDS = [
  'phone_number_id',
  'messaging_profile_id',
  'messaging_product',
  'phone_number',
  'messaging_profile_name',
] as const;
export type Field = (typeof FIELDS)[number];

/** Where each field stands in a row, counted from 0; a field without a column is absent. */
export type Columns = Partial<Record<Field, number>>;

/** A fault of the whole file: nothing in it can be read until it is mended. */
export type FileFault = { code: string; text: string; line: number | null };

const ALIASES: Record<string, Field> = {
  phonenumberid: 'phone_number_id',
  id: 'phone_number_id',
  numberid: 'phone_number_id',
  messagingprofileid: 'messaging_profile_id',
  profileid: 'messaging_profile_id',
  targetmessagingprofileid: 'messaging_profile_id',
  messagingproduct: 'messaging_product',
  product: 'messaging_product',
  targetmessagingproduct: 'messaging_product',
  phonenumber: 'phone_number',
  messagingprofilename: 'messaging_profile_name',
  profilename: 'messaging_profile_name',
  targetmessagingprofilename: 'messaging_profile_name',
};

/** A column name without case, spaces, `_` and `-`: how names are compared. */
export function normalName(name: string): string {
  return cleanCell(name)
    .toLowerCase()
    .replace(/[\s_-]/gu, '');
}

// The columns of a failed.csv: they tell its delimiter where --map names columns that nobody else knows.
const OWN_COLUMNS = new Set(['reassignstatus', 'reassignreason', 'reassigndetail']);

/** How many known names a header line has: the measure by which a delimiter is chosen. */
export function knownFields(header: readonly string[]): number {
  const names = header.map(normalName);
  return names.filter((name) => Object.hasOwn(ALIASES, name) || OWN_COLUMNS.has(name)).length;
}

function listed(header: readonly string[]): string {
  return header.map(quoted).join(', ');
}

/**
 * Finds the columns of the fields. `map` (field -> column name) overrules the known names for that field. `online`:
 * the account is going to be read, so that phone numbers and profile names do in place of ids.
 * Returns a fault where the header does not say which column is which.
 */
export function mapHeader(
  header: readonly string[],
  map: Partial<Record<Field, string>>,
  line: number,
  online: boolean,
): { columns: Columns } | { fault: FileFault } {
  const columns: Columns = {};
  const fault = (code: string, text: string) => ({ fault: { code, text, line } });
  for (const field of FIELDS) {
    const wanted = map[field];
    const found = header.flatMap((name, at) =>
      wanted === undefined
        ? ALIASES[normalName(name)] === field
          ? [at]
          : []
        : normalName(name) === normalName(wanted)
          ? [at]
          : [],
    );
    if (found.length > 1) {
      const names = listed(found.map((at) => header[at] as string));
      return fault(
        'duplicate_column',
        `${names} ${found.length === 2 ? 'both' : 'all'} mean ${field}: keep one, or choose with --map ${field}=NAME`,
      );
    }
    if (wanted !== undefined && found.length === 0) {
      return fault('missing_column', `--map names the column ${quoted(wanted)}, and the header has ${listed(header)}`);
    }
    if (found.length === 1) columns[field] = found[0] as number;
  }
  const shared = FIELDS.find((field) =>
    FIELDS.some((other) => other !== field && columns[other] === columns[field] && columns[field] !== undefined),
  );
  if (shared !== undefined) {
    const name = quoted(header[columns[shared] as number] as string);
    return fault('duplicate_column', `--map gives ${name} to more than one field`);
  }
  const has = (field: Field) => columns[field] !== undefined;
  if (!FIELDS.some(has)) {
    return fault(
      'no_header',
      `the first line names none of the columns phone_number_id, messaging_profile_id, messaging_product; it reads ${listed(header)} (see --map)`,
    );
  }
  if (!has('phone_number_id') && !(online && has('phone_number'))) {
    const hint = has('phone_number') ? '; phone_number alone does only without --offline' : '';
    return fault('missing_column', `no column phone_number_id; the header has ${listed(header)} (see --map)${hint}`);
  }
  if (!has('messaging_profile_id') && !has('messaging_product') && !(online && has('messaging_profile_name'))) {
    const hint = has('messaging_profile_name') ? '; a profile name does only without --offline' : '';
    return fault(
      'missing_column',
      `no target: neither messaging_profile_id nor messaging_product is among ${listed(header)} (see --map)${hint}`,
    );
  }
  return { columns };
}
