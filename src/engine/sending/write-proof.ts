import type { PlanEntry } from '../../core/plan/entry.ts';

/** Contract: this many rows of each kind of change are read back after their 200. */
export const PROOF_ROWS = 3;

export type WriteProof = ReturnType<typeof createWriteProof>;

/** One row's part in the proof. */
export type ProofClaim = {
  /** The write was answered with a 200. Returns whether the row is one of those that are read back. */
  accept: () => boolean;
  /** Must follow every `accept` that returned true: false if a read has shown other values. */
  decide: (isKept: boolean) => void;
  /** Waits until the rows that are read back have decided. Returns whether the API keeps changes of this kind. */
  isKept: () => Promise<boolean>;
  /** The row waits for others that show whether the API is down: they must not wait for it in turn. */
  suspend: (isSuspended: boolean) => void;
  /** The row has ended. */
  end: () => void;
};

/** What is known of one kind of change. */
function createKind() {
  return {
    /** Rows that were launched and may be written or were. */
    launched: 0,
    /** Rows that are read back, and those of them that have decided. */
    chosen: 0,
    decided: 0,
    isKept: true,
    waiting: [] as (() => void)[],
  };
}

/**
 * A 200 that shows the target does not prove that the API keeps it. So the first rows of each kind of change (profile,
 * product, both) are read back. Until they have decided, no more than `concurrency` other rows are launched, and rows
 * that got a 200 meanwhile wait for the verdict. `onChange` is called when more rows may be launched.
 */
export function createWriteProof(concurrency: () => number, onChange: () => void, proofRows = PROOF_ROWS) {
  const kinds = { profile: createKind(), product: createKind(), both: createKind() };

  function kindOf({ profileTarget, productTarget }: PlanEntry) {
    if (profileTarget === '') return kinds.product;
    return productTarget === '' ? kinds.profile : kinds.both;
  }

  const isOpen = ({ decided }: typeof kinds.both) => decided < proofRows;

  /** Rows of open kinds beyond those that will be read back. */
  function others(): number {
    const open = Object.values(kinds).filter(isOpen);
    return open.reduce((sum, { launched }) => sum + Math.max(0, launched - proofRows), 0);
  }

  return {
    /** Whether a row may be launched: it may not while too many others wait for the proof of their kind. */
    mayLaunch(entry: PlanEntry): boolean {
      const kind = kindOf(entry);
      return !isOpen(kind) || kind.launched < proofRows || others() < concurrency();
    },
    claim(entry: PlanEntry): ProofClaim {
      const kind = kindOf(entry);
      let isAccepted = false;
      kind.launched += 1;
      return {
        accept() {
          isAccepted = true;
          if (kind.chosen >= proofRows) return false;
          kind.chosen += 1;
          return true;
        },
        decide(isKept) {
          kind.decided += 1;
          kind.isKept &&= isKept;
          if (isOpen(kind) && isKept) return;
          for (const resolve of kind.waiting.splice(0)) resolve();
        },
        async isKept() {
          if (isOpen(kind) && kind.isKept) await new Promise<void>((resolve) => kind.waiting.push(resolve));
          return kind.isKept;
        },
        suspend(isSuspended) {
          kind.launched += isSuspended ? -1 : 1;
          onChange();
        },
        // A row that was not written proves nothing, and another one takes its place.
        end() {
          if (!isAccepted) kind.launched -= 1;
        },
      };
    },
  };
}
