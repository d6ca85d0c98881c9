import type { Result } from '../results/rows.ts';

/** Distinct flows that are counted separately. The rows of all others are counted together. */
const MAX_COUNTED = 1000;

/** From where to where rows go. A field is '' if the rows keep it, and a value before may be unknown. */
export type Flow = {
  profileBefore: string;
  profileTarget: string;
  productBefore: string;
  productTarget: string;
  rows: number;
  atTarget: number;
  /** Failed, or unverified. */
  failed: number;
  held: number;
  /** Not tried yet. */
  left: number;
};

type Counted = Pick<Flow, 'rows' | 'atTarget' | 'failed' | 'held' | 'left'>;

/** The flows, the largest first; `others`: the rows of those that are not among them, or null. */
export type Flows = { list: Flow[]; others: Counted | null };

const none = (): Counted => ({ rows: 0, atTarget: 0, failed: 0, held: 0, left: 0 });

function count(into: Counted, { status }: Result): void {
  into.rows += 1;
  if (status === 'updated' || status === 'unchanged') into.atTarget += 1;
  else if (status === 'failed' || status === 'unverified') into.failed += 1;
  else if (status === 'held') into.held += 1;
  else into.left += 1;
}

function sum(a: Counted, b: Counted): Counted {
  return {
    rows: a.rows + b.rows,
    atTarget: a.atTarget + b.atTarget,
    failed: a.failed + b.failed,
    held: a.held + b.held,
    left: a.left + b.left,
  };
}

/** A copy with texts of its own. A text that was cut out of a file keeps the part of the file that was read with it. */
export function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Counts from where to where the rows of a run go, without those that the plan does not send. */
export function createFlows() {
  const flows = new Map<string, Flow>();
  let others: Counted | null = null;
  return {
    add(result: Result): void {
      const { entry, outcome } = result;
      if (entry.action !== 'change' && entry.action !== 'held' && outcome === null) return;
      const { profileBefore, profileTarget, productBefore, productTarget } = entry;
      const movesProfile = profileTarget !== '' && profileTarget !== profileBefore;
      const movesProduct = productTarget !== '' && productTarget !== productBefore;
      const key = `${movesProfile ? `${profileBefore}\n${profileTarget}` : ''}\n\n${movesProduct ? `${productBefore}\n${productTarget}` : ''}`;
      let flow: Counted | undefined = flows.get(key);
      if (flow === undefined && flows.size < MAX_COUNTED) {
        const profile = movesProfile ? { profileBefore, profileTarget } : { profileBefore: '', profileTarget: '' };
        const product = movesProduct ? { productBefore, productTarget } : { productBefore: '', productTarget: '' };
        const made: Flow = copyOf({ ...profile, ...product, ...none() });
        flows.set(key, made);
        flow = made;
      }
      if (flow === undefined) {
        others ??= none();
        flow = others;
      }
      count(flow, result);
    },
    /** The `most` largest flows. */
    flows(most: number): Flows {
      const sorted = [...flows.values()].sort((a, b) => b.rows - a.rows);
      const rest = sorted.slice(most).reduce<Counted | null>((all, flow) => sum(all ?? none(), flow), others);
      return { list: sorted.slice(0, most), others: rest };
    },
  };
}
