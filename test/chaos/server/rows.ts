/**
 * How the server treats a number: it accepts the change, does not know the number, refuses to change its product, or
 * the number already has what the row wants.
 */
export type Behavior = 'accepts' | 'not_found' | 'refuses' | 'at_target';

/**
 * One data row of the input and its expected treatment. `profile` and `product` are cells: '' keeps the value. `action`
 * is the expected action in the plan: `rejected` and `unchanged` only if the account is read before.
 */
export type Row = {
  row: number;
  id: string;
  phone: string;
  profile: string;
  product: string;
  action: 'change' | 'duplicate' | 'rejected' | 'unchanged';
  behavior: Behavior;
};

/** The messaging settings of a number on the server. */
export type NumberSettings = { profile: string | null; product: string | null };

/** The settings of most numbers before the run. No row asks for them, so a row that was not sent is visible. */
export const INITIAL: NumberSettings = { profile: '00000000-0000-4000-8000-00000000000f', product: 'A2P' };

/** The settings that another client sets. No row asks for them, and no number has them before. */
export const DRIFTED: NumberSettings = { profile: '00000000-0000-4000-8000-00000000000e', product: 'OTHER' };

/** The profiles that rows ask for. */
export const PROFILES = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);

// Few enough that the error budget does not stop the run (5 %, 20 in a row), and both within the first four rows.
function behaviorOf(row: number): Behavior {
  if (row % 97 === 3) return 'not_found';
  if (row % 101 === 2) return 'refuses';
  return row % 13 === 5 ? 'at_target' : 'accepts';
}

function actionOf(behavior: Behavior, online: boolean): Row['action'] {
  if (online && behavior === 'not_found') return 'rejected';
  return online && behavior === 'at_target' ? 'unchanged' : 'change';
}

function makeRow(row: number, online: boolean): Row {
  const profile = row % 7 === 4 ? '' : row % 11 === 6 ? 'UNASSIGN' : (PROFILES[row % 3] as string);
  const behavior = behaviorOf(row);
  return {
    row,
    id: `12933842610${String(row).padStart(7, '0')}1`,
    phone: `+1800${String(row).padStart(7, '0')}`,
    profile,
    product: profile === '' || row % 3 === 1 ? 'P2P' : '',
    action: actionOf(behavior, online),
    behavior,
  };
}

/** The rows of an input. Every 50th row repeats the row before it. */
export function makeRows(count: number, online: boolean): Row[] {
  const rows: Row[] = [];
  for (let row = 1; row <= count; row++) {
    rows.push(row % 50 === 0 ? { ...makeRow(row - 1, online), row, action: 'duplicate' } : makeRow(row, online));
  }
  return rows;
}

/** The rows to send. */
export function changesOf(rows: readonly Row[]): Row[] {
  return rows.filter(({ action }) => action === 'change');
}

/** The settings that a number must have at the end. */
export function finalSettings({ profile, product, behavior }: Row): NumberSettings {
  if (behavior === 'not_found' || behavior === 'refuses') return INITIAL;
  return {
    profile: profile === 'UNASSIGN' ? null : profile || INITIAL.profile,
    product: product || INITIAL.product,
  };
}

/** The settings of a number before the run. */
export function initialSettings(row: Row): NumberSettings {
  return row.behavior === 'at_target' ? finalSettings(row) : INITIAL;
}
