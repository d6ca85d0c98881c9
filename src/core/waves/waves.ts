import type { PlanEntry } from '../plan/entry.ts';
import type { Limit } from '../settings/table/definition.ts';

/** Rows of more kinds than this share one group. */
const MAX_GROUPS = 10_000;

/** The sizes of the waves, of `total` rows to send: what is left is the last one. Waves without rows are left out. */
export function waveSizes(total: number, list: readonly Limit[]): number[] {
  const sizes: number[] = [];
  let left = total;
  for (const { value, percent } of list) {
    // Rounded, because 1.1 % of 1,000 is not 11.000000000000002 rows.
    const wanted = percent ? Math.ceil(Number(((value * total) / 100).toFixed(6))) : value;
    const size = Math.min(left, Math.max(1, wanted));
    if (size > 0) sizes.push(size);
    left -= size;
  }
  if (left > 0) sizes.push(left);
  return sizes;
}

/** Rows that change in the same way: from the same values to the same targets. */
type Group = { rows: number; targets: string[] };

/** What an entry changes; '' for a field that it keeps. */
function changed({ profileBefore, profileTarget, productBefore, productTarget }: PlanEntry) {
  return {
    profile: profileTarget === profileBefore ? '' : profileTarget,
    product: productTarget === productBefore ? '' : productTarget,
  };
}

/** What a first wave is to try: every kind of change, every target profile, every target product. */
function triedBy(entry: PlanEntry): string[] {
  const { profile, product } = changed(entry);
  const kind = `${profile === '' ? '' : 'profile'} ${product === '' ? '' : 'product'}`;
  const targets = [`kind ${kind}`, ...(profile === '' ? [] : [`to ${profile}`]), ...(product === '' ? [] : [product])];
  return targets;
}

/** Groups that try something new come first, then the others; in input order both. */
function inOrder(groups: readonly Group[]): number[] {
  const tried = new Set<string>();
  const first: number[] = [];
  const others: number[] = [];
  for (const [at, { targets }] of groups.entries()) {
    (targets.some((target) => !tried.has(target)) ? first : others).push(at);
    for (const target of targets) tried.add(target);
  }
  return [...first, ...others];
}

/** How many rows of each group the first wave takes: one of each in turn, until it is full. */
function firstShares(groups: readonly Group[], size: number): Uint32Array {
  const shares = new Uint32Array(groups.length);
  let left = size;
  for (let open = inOrder(groups); left > 0 && open.length > 0; ) {
    open = open.filter((at) => (groups[at] as Group).rows > (shares[at] as number));
    for (const at of open.slice(0, left)) shares[at] = (shares[at] as number) + 1;
    left -= Math.min(left, open.length);
  }
  return shares;
}

/** The waves of a plan. `waveOf` has the wave of every row, from 1; 0 for a row that is not to be sent. */
export type Waves = { sizes: number[]; waveOf: Uint8Array };

/** Divides the rows of a plan into waves, in 5 bytes a row. Its entries are added in input order. */
export function createWaves(rows: number, list: readonly Limit[]) {
  const groupOf = new Uint32Array(rows + 1);
  const groups: Group[] = [];
  const known = new Map<string, number>();
  let total = 0;
  return {
    add(entry: PlanEntry): void {
      if (entry.action !== 'change') return;
      total += 1;
      const { profile, product } = changed(entry);
      const key = `${profile && entry.profileBefore}\n${profile}\n${product && entry.productBefore}\n${product}`;
      const group = known.get(key) ?? Math.min(groups.length, MAX_GROUPS);
      if (group === groups.length) {
        groups.push({ rows: 0, targets: triedBy(entry) });
        if (group < MAX_GROUPS) known.set(key, group);
      }
      (groups[group] as Group).rows += 1;
      groupOf[entry.row] = group + 1;
    },
    /** The first wave takes rows of every group in turn; the others take what is left in input order. */
    divided(): Waves {
      const sizes = waveSizes(total, list);
      const shares = firstShares(groups, sizes[0] ?? 0);
      const waveOf = new Uint8Array(rows + 1);
      let wave = 2;
      let left = sizes[1] ?? 0;
      for (let row = 1; row <= rows; row++) {
        const group = (groupOf[row] as number) - 1;
        if (group < 0) continue;
        if ((shares[group] as number) > 0) {
          shares[group] = (shares[group] as number) - 1;
          waveOf[row] = 1;
          continue;
        }
        if (left === 0) {
          wave += 1;
          left = sizes[wave - 1] as number;
        }
        waveOf[row] = wave;
        left -= 1;
      }
      return { sizes, waveOf };
    },
  };
}
