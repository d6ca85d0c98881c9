import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What the server does with a number: takes the change, knows no such number, refuses to change its product, or has
 * what the row wants from the start.
 */
export type Fate = 'ok' | 'not_found' | 'refused' | 'there';

/**
 * One data row of the input, with what is to come of it. `profile` and `product` are cells: '' keeps the value. `action`
 * is what the plan must make of it: `rejected` and `unchanged` only where the account is read before.
 */
export type Row = {
  row: number;
  id: string;
  phone: string;
  profile: string;
  product: string;
  action: 'change' | 'duplicate' | 'rejected' | 'unchanged';
  fate: Fate;
};

/** The settings of a number at the server. */
export type Held = { profile: string | null; product: string | null };

/** What most numbers have before the run: no row asks for it, so that a row that was not sent shows. */
export const BEFORE: Held = { profile: '00000000-0000-4000-8000-00000000000f', product: 'A2P' };

/** What somebody else sets: no row asks for any of it, and no number has it before. */
export const DRIFTED: Held = { profile: '00000000-0000-4000-8000-00000000000e', product: 'OTHER' };

/** The profiles that rows ask for. */
export const PROFILES = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);

// Few enough that neither limit of the error budget trips (5 %, 20 in a row), and both among the first four rows.
function fateOf(row: number): Fate {
  if (row % 97 === 3) return 'not_found';
  if (row % 101 === 2) return 'refused';
  return row % 13 === 5 ? 'there' : 'ok';
}

function actionOf(fate: Fate, online: boolean): Row['action'] {
  if (online && fate === 'not_found') return 'rejected';
  return online && fate === 'there' ? 'unchanged' : 'change';
}

function rowOf(row: number, online: boolean): Row {
  const profile = row % 7 === 4 ? '' : row % 11 === 6 ? 'UNASSIGN' : (PROFILES[row % 3] as string);
  const fate = fateOf(row);
  return {
    row,
    id: `12933842610${String(row).padStart(7, '0')}1`,
    phone: `+1800${String(row).padStart(7, '0')}`,
    profile,
    product: profile === '' || row % 3 === 1 ? 'P2P' : '',
    action: actionOf(fate, online),
    fate,
  };
}

/** The rows of an input; now and then one says the same as the row before it. */
export function makeRows(count: number, online: boolean): Row[] {
  const rows: Row[] = [];
  for (let row = 1; row <= count; row++) {
    rows.push(row % 50 === 0 ? { ...rowOf(row - 1, online), row, action: 'duplicate' } : rowOf(row, online));
  }
  return rows;
}

/** The rows that are to be sent. */
export function changesOf(rows: readonly Row[]): Row[] {
  return rows.filter(({ action }) => action === 'change');
}

/** What a number must have at the end. */
export function wanted({ profile, product, fate }: Row): Held {
  if (fate === 'not_found' || fate === 'refused') return BEFORE;
  return {
    profile: profile === 'UNASSIGN' ? null : profile || BEFORE.profile,
    product: product || BEFORE.product,
  };
}

/** What a number has before the run. */
export function startOf(row: Row): Held {
  return row.fate === 'there' ? wanted(row) : BEFORE;
}

/** Writes in.csv with a column of the user's own, and no phone number in every second row; gives its name. */
export function writeInput(dir: string, rows: readonly Row[]): string {
  const lines = rows.map((row) =>
    [row.id, row.row % 2 === 0 ? row.phone : '', row.profile, row.product, `"team ${row.row}, night"`].join(','),
  );
  const header = 'phone_number_id,phone_number,messaging_profile_id,messaging_product,team';
  writeFileSync(join(dir, 'in.csv'), [header, ...lines, ''].join('\n'));
  return 'in.csv';
}
