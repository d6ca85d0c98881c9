import { showAscii, showText, skeleton } from '../text/lookalike.ts';
import { listed } from '../text/text.ts';
import { cleanCell } from './cell.ts';
import type { FileError, FileErrorCode } from './rejection.ts';
import type { ConstantTargets } from './target.ts';

/** The columns that this tool reads, in the order of messages, and by which names it knows each (see `normalName`). */
const KNOWN_NAMES = {
  phone_number_id: ['phonenumberid', 'id', 'numberid'],
  messaging_profile_id: ['messagingprofileid', 'profileid', 'targetmessagingprofileid'],
  messaging_product: ['messagingproduct', 'product', 'targetmessagingproduct'],
  phone_number: ['phonenumber', 'number', 'e164', 'numbervale164'],
  messaging_profile_name: ['messagingprofilename', 'profilename', 'targetmessagingprofilename'],
};
export type Field = keyof typeof KNOWN_NAMES;
const PROFILE_FIELDS = ['messaging_profile_id', 'messaging_profile_name'] as const;
export const FIELDS = Object.keys(KNOWN_NAMES) as Field[];

/** The position of each field in a row, from 0; a field without a column is absent. */
export type Columns = Partial<Record<Field, number>>;

/** A column name in the form in which names are compared: without case, spaces, `_` and `-`. */
export function normalName(name: string): string {
  return cleanCell(name)
    .toLowerCase()
    .replace(/[\s_-]/gu, '');
}

// The columns of failed.csv show its delimiter even if --map names all of its other columns.
const OWN_COLUMNS = ['reassignstatus', 'reassignreason', 'reassigndetail'];
const ALL_NAMES = new Set([...Object.values(KNOWN_NAMES).flat(), ...OWN_COLUMNS]);

/** Counts the known names in a header line: the delimiter is the one with the most. */
export function knownFields(header: readonly string[]): number {
  return header.filter((name) => ALL_NAMES.has(normalName(name))).length;
}

/** Whether a column name is known to mean a field. */
export function means(name: string, field: Field): boolean {
  return KNOWN_NAMES[field].includes(normalName(name));
}

/** A longer column name is not printed in a command, which has it whole. */
export const MAX_PRINTED_NAME = 100;

/** The column names that a message lists. A header may have a hundred thousand. */
const MAX_LISTED_NAMES = 20;

const shown = (name: string) => showText(name).quoted;

const namesText = (names: readonly string[]) => listed(names, MAX_LISTED_NAMES, shown);

/** Which column holds which field, as given by --map: a column name, or '' for a field that has no column. */
export type ColumnMap = Partial<Record<Field, string>>;

/** The names that mean a field. A column that --map names belongs to its field alone. */
function namesOf(field: Field, map: ColumnMap): string[] {
  const mapped = map[field];
  if (mapped !== undefined) return mapped === '' ? [] : [normalName(mapped)];
  const taken = Object.values(map).map(normalName);
  return KNOWN_NAMES[field].filter((name) => !taken.includes(name));
}

/** The positions of the columns with this field. `normal`: the names of the header in the form of `normalName`. */
function positionsOf(field: Field, normal: readonly string[], map: ColumnMap): number[] {
  const names = namesOf(field, map);
  return normal.flatMap((name, at) => (names.includes(name) ? [at] : []));
}

/** The fields of the targets that are given for every row: no column may give them too. */
export function coveredFields(constants: ConstantTargets): Field[] {
  const { messaging_profile_id: id, messaging_profile_name: name, messaging_product: product } = constants;
  const profile = id === undefined && name === undefined ? [] : PROFILE_FIELDS;
  return [...profile, ...(product === undefined ? [] : (['messaging_product'] as const))];
}

/** The positions of columns that would give targets that are given for every row, unless --map says otherwise. */
export function coveredColumns(header: readonly string[], map: ColumnMap, constants: ConstantTargets): number[] {
  const fields = coveredFields(constants);
  const others = Object.entries(map).filter(([field]) => !fields.some((covered) => covered === field));
  const normal = header.map(normalName);
  return fields.flatMap((field) => positionsOf(field, normal, Object.fromEntries(others)));
}

/** Says that a column gives a target that is also given for every row; null if none does. */
export function constantConflict(header: readonly string[], map: ColumnMap, constants: ConstantTargets): string | null {
  const fields = coveredFields(constants);
  if (fields.length === 0) return null;
  const normal = header.map(normalName);
  const given = fields.map((field) => ({ field, at: positionsOf(field, normal, map) }));
  const found = given.filter(({ at }) => at.length > 0);
  if (found.length === 0) return null;
  const flags = found.map(({ field }) => (field === 'messaging_product' ? '--to-product' : '--to-profile'));
  const flag = [...new Set(flags)].join(' and ');
  const columns = found.flatMap(({ at }) => at.map((position) => header[position] as string));
  const what = `the file has the column${columns.length === 1 ? '' : 's'} ${namesText(columns)}, and ${flag}`;
  const ignore = found.map(({ field }) => `--map ${field}=`).join(' ');
  return `${what} would give every row another target; leave out ${flag}, or ignore the file's targets with ${ignore}`;
}

/** How columns are compared that only look like others. */
const looks = (name: string) => normalName(skeleton(name));

/** The disguised column that looks like one of these names, in words; null if there is none. */
function lookalike(disguised: readonly string[], names: readonly string[]): string | null {
  const alike = disguised.find((name) => names.includes(looks(name)));
  if (alike === undefined) return null;
  const { quoted, first } = showAscii(alike);
  return `the column ${quoted} only looks like it: ${first}`;
}

/**
 * What a header may lack. `online`: the account is going to be read, so phone numbers and profile names are enough
 * without ids. `constants`: targets that need no column.
 */
export type HeaderNeeds = { online: boolean; constants?: ConstantTargets };

/** Finds the columns of the fields. `map` replaces the known names of a field. */
export function mapHeader(
  header: readonly string[],
  map: ColumnMap,
  line: number,
  needs: HeaderNeeds,
): { columns: Columns } | { error: FileError } {
  const columns: Columns = {};
  const failed = (code: FileErrorCode, text: string) => ({ error: { code, text, line } });
  // Once for all fields: a header may have a hundred thousand names.
  const normal = header.map(normalName);
  const disguised = header.filter((name, at) => looks(name) !== normal[at]);
  for (const field of FIELDS) {
    const mapped = map[field];
    const found = positionsOf(field, normal, map);
    if (found.length > 1) {
      const names = namesText(found.map((at) => header[at] as string));
      const all = found.length === 2 ? 'both' : 'all';
      return failed('duplicate_column', `${names} ${all} mean ${field}: keep one, or choose with --map ${field}=NAME`);
    }
    if (found.length === 1) columns[field] = found[0] as number;
    if (found.length === 1 || mapped === '') continue;
    const alike = lookalike(disguised, mapped === undefined ? KNOWN_NAMES[field] : [looks(mapped)]);
    if (mapped !== undefined) {
      const hint = alike === null ? '' : `; ${alike}`;
      return failed(
        'missing_column',
        `--map names the column ${shown(mapped)}, and the header has ${namesText(header)}${hint}`,
      );
    }
    if (alike !== null) {
      const text = `no column ${field}, and ${alike}; write the name again, or pass --map ${field}= if there is none`;
      return failed('missing_column', text);
    }
  }
  const positions = FIELDS.flatMap((field) => columns[field] ?? []);
  const shared = positions.find((position, at) => positions.lastIndexOf(position) !== at);
  if (shared !== undefined) {
    return failed('duplicate_column', `--map gives ${shown(header[shared] as string)} to more than one field`);
  }
  const missing = missingColumn(header, columns, needs);
  return missing === null ? { columns } : { error: { ...missing, line } };
}

/** What the columns lack to name a number and a target, or null. */
function missingColumn(
  header: readonly string[],
  columns: Columns,
  { online, constants = {} }: HeaderNeeds,
): Omit<FileError, 'line'> | null {
  const has = (field: Field) => columns[field] !== undefined;
  const names = `${namesText(header)} (see --map)`;
  if (!FIELDS.some(has)) {
    const ours = 'phone_number_id, messaging_profile_id, messaging_product';
    return { code: 'no_header', text: `the first line names none of the columns ${ours}; it reads ${names}` };
  }
  if (!has('phone_number_id') && !(online && has('phone_number'))) {
    const hint = has('phone_number') ? '; phone_number alone does only without --offline' : '';
    return { code: 'missing_column', text: `no column phone_number_id; the header has ${names}${hint}` };
  }
  if (coveredFields(constants).length > 0) return null;
  if (!has('messaging_profile_id') && !has('messaging_product') && !(online && has('messaging_profile_name'))) {
    const hint = has('messaging_profile_name') ? '; a profile name does only without --offline' : '';
    const text = `no target: neither messaging_profile_id nor messaging_product is among ${names}${hint}; for one target for every row, add --to-profile or --to-product`;
    return { code: 'missing_column', text };
  }
  return null;
}

/** The names of columns that messages about cells need; see Allowed. */
export function columnNames(header: readonly string[], columns: Columns, map: ColumnMap) {
  const nameOf = (field: Field) => header[columns[field] ?? -1]?.trim() ?? '';
  const isGuess = map.phone_number === undefined && normalName(nameOf('phone_number')) === 'number';
  const id = nameOf('phone_number_id');
  return {
    idColumn: id.length <= MAX_PRINTED_NAME ? id : '',
    guessedPhoneColumn: isGuess ? nameOf('phone_number') : '',
  };
}
