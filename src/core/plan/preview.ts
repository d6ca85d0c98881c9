import { type Action, type PatchReason, type PlanEntry, patchReason } from './entry.ts';
import { parseNote } from './note.ts';

/** Entries kept to be shown; all of them are in plan.csv. */
const KEPT = 20;
/** Distinct moves that are counted separately, to be shown. Those beyond are not counted: never sum the moves. */
const MAX_MOVES = 1000;

/** Rows that change in the same way. '' means that a value is kept, or was unknown before. */
export type Move = {
  profileBefore: string;
  profileTarget: string;
  productBefore: string;
  productTarget: string;
  count: number;
};

/** How many numbers leave one profile for another. `from` is '' if it was not read; either may be UNASSIGN. */
export type ProfilePair = { from: string; to: string; count: number };

/** Rows to send that bulk orders could take, by their target profile, and why others can only go by PATCH. */
export type OrderRows = { toProfile: Map<string, number>; patch: Record<PatchReason, number> };

export type Preview = ReturnType<typeof createPreview>;

/** The value of a field before and after; both are '' if it does not change. */
function changeOf(before: string, target: string): [string, string] {
  return target === '' || target === before ? ['', ''] : [before, target];
}

/** Creates a list that keeps the first entries by row. */
function createSample() {
  const entries: PlanEntry[] = [];
  return {
    entries,
    add(entry: PlanEntry): void {
      if (entries.length === KEPT && entry.row > (entries.at(-1) as PlanEntry).row) return;
      entries.push(entry);
      entries.sort((a, b) => a.row - b.row);
      entries.splice(KEPT);
    },
    remove(entry: PlanEntry): void {
      const at = entries.findIndex(({ row }) => row === entry.row);
      if (at >= 0) entries.splice(at, 1);
    },
  };
}

/** Counts how many numbers go from which profile to which: all of them. */
function createPairCounts() {
  const counts = new Map<string, Map<string, number>>();
  return {
    add(from: string, to: string, by: number): void {
      const targets = counts.get(from) ?? new Map<string, number>();
      targets.set(to, (targets.get(to) ?? 0) + by);
      counts.set(from, targets);
    },
    /** The most numbers first. */
    list: (): ProfilePair[] =>
      [...counts]
        .flatMap(([from, targets]) => [...targets].map(([to, count]) => ({ from, to, count })))
        .filter((pair) => pair.count > 0)
        .sort((a, b) => b.count - a.count),
  };
}

/** Counts the rows that change in the same way, of at most MAX_MOVES ways. */
function createMoveCounts() {
  const moves = new Map<string, Move>();
  return {
    add(by: Move): void {
      const { profileBefore, profileTarget, productBefore, productTarget, count } = by;
      const key = `${profileBefore}\n${profileTarget}\n${productBefore}\n${productTarget}`;
      const move = moves.get(key);
      if (move !== undefined) move.count += count;
      else if (moves.size < MAX_MOVES) moves.set(key, by);
    },
    list: (): Move[] => [...moves.values()].filter((move) => move.count > 0).sort((a, b) => b.count - a.count),
  };
}

/** Counts which rows bulk orders could take. */
function createOrderRows() {
  const rows: OrderRows = { toProfile: new Map(), patch: { product: 0, unassign: 0, phone: 0, unread: 0 } };
  return {
    rows,
    add(entry: PlanEntry, by: number): void {
      const reason = patchReason(entry);
      if (reason !== null) rows.patch[reason] += by;
      else rows.toProfile.set(entry.profileTarget, (rows.toProfile.get(entry.profileTarget) ?? 0) + by);
    },
  };
}

/** Creates a summary of a plan, which is gathered while the plan is made. */
export function createPreview() {
  const actions: Record<Action, number> = { change: 0, unchanged: 0, rejected: 0, duplicate: 0, held: 0 };
  const moves = createMoveCounts();
  const pairs = createPairCounts();
  const rejected = createSample();
  const changed = createSample();
  const heldBack = createSample();
  /** Every target profile: its id, or a reference by name. */
  const targets = new Set<string>();
  /** Rows that will be sent although something about them is unknown; see note.ts. */
  const unsure = { products: 0, unread: 0 };
  const orderRows = createOrderRows();

  function countMove(entry: PlanEntry, by: number): void {
    orderRows.add(entry, by);
    const note = parseNote(entry.note);
    if (note.isEligibleUnknown) unsure.products += by;
    if (note.isUnread) unsure.unread += by;
    const [profileBefore, profileTarget] = changeOf(entry.profileBefore, entry.profileTarget);
    const [productBefore, productTarget] = changeOf(entry.productBefore, entry.productTarget);
    if (profileTarget !== '') pairs.add(profileBefore, profileTarget, by);
    if (productBefore === 'A2P' && productTarget === 'P2P') preview.losesMms += by;
    moves.add({ profileBefore, profileTarget, productBefore, productTarget, count: by });
  }

  function keep(entry: PlanEntry): void {
    if (entry.action === 'change') {
      countMove(entry, 1);
      changed.add(entry);
    }
    if (entry.action === 'held') heldBack.add(entry);
    if (entry.action === 'rejected') rejected.add(entry);
  }

  const preview = {
    rows: 0,
    blankLines: 0,
    /** The last line of the input, if the file may have been cut off in it. */
    cutLine: null as number | null,
    /** A column that does not hold what its name says. */ ignoredColumn: null as string | null,
    /** Rejected rows whose texts are left out of plan.csv. */
    withoutText: 0,
    /** Numbers that lose MMS. */
    losesMms: 0,
    actions,
    add(entry: PlanEntry): void {
      preview.rows += 1;
      actions[entry.action] += 1;
      if (entry.action === 'change' && entry.profileTarget !== '') targets.add(entry.profileTarget);
      keep(entry);
    },
    /** Replaces an entry that turned out to repeat an id. */
    replace(was: PlanEntry, is: PlanEntry): void {
      actions[was.action] -= 1;
      actions[is.action] += 1;
      if (was.action === 'change') {
        countMove(was, -1);
        changed.remove(was);
      }
      if (was.action === 'rejected') rejected.remove(was);
      keep(is);
    },
    /** The first rejected entries, by row. */
    rejections: () => rejected.entries,
    /** The first entries that will be sent, by row. */
    changes: () => changed.entries,
    /** The first entries that are held, by row. */
    heldBack: () => heldBack.entries,
    targets: targets as ReadonlySet<string>,
    unsure,
    orderRows: orderRows.rows,
    /** Which profiles lose numbers to which, the most numbers first. Complete, so the counts may be added up. */
    pairs: pairs.list,
    /** The most frequent first. Incomplete beyond MAX_MOVES: never sum the counts. */
    moves: moves.list,
  };
  return preview;
}
