import type { Action, PlanEntry } from './plan.ts';

/** Entries that are kept to be shown; the rest is in plan.csv. */
const KEPT = 20;
/** Distinct targets that are counted apart. */
const MOST_TARGETS = 1000;

/** What a plan comes to, gathered while it is made. */
export type Preview = {
  rows: number;
  blankLines: number;
  actions: Record<Action, number>;
  add: (entry: PlanEntry) => void;
  /** Takes back an entry that turned out to repeat an id, and counts what it has become. */
  replace: (was: PlanEntry, is: PlanEntry) => void;
  /** The first rejected entries, by row. */
  rejections: () => PlanEntry[];
  /** The first entries that will be sent, by row. */
  changes: () => PlanEntry[];
  /** How many rows go to which targets, the most frequent first; `''` keeps. */
  targets: () => { profile: string; product: string; count: number }[];
};

/** A preview of a plan without entries. */
export function createPreview(): Preview {
  const actions: Record<Action, number> = { change: 0, unchanged: 0, rejected: 0, duplicate: 0 };
  const targets = new Map<string, { profile: string; product: string; count: number }>();
  const rejected: PlanEntry[] = [];
  const changed: PlanEntry[] = [];
  const byRow = (a: PlanEntry, b: PlanEntry) => a.row - b.row;

  function countTarget(entry: PlanEntry, by: number): void {
    const key = `${entry.profileTarget} ${entry.productTarget}`;
    const target = targets.get(key);
    if (target !== undefined) target.count += by;
    else if (targets.size < MOST_TARGETS) {
      targets.set(key, { profile: entry.profileTarget, product: entry.productTarget, count: by });
    }
  }

  const preview: Preview = {
    rows: 0,
    blankLines: 0,
    actions,
    add(entry) {
      preview.rows += 1;
      actions[entry.action] += 1;
      if (entry.action === 'change') {
        countTarget(entry, 1);
        if (changed.length < KEPT) changed.push(entry);
      }
      if (entry.action === 'rejected' && rejected.length < KEPT) rejected.push(entry);
    },
    replace(was, is) {
      actions[was.action] -= 1;
      actions[is.action] += 1;
      countTarget(was, -1);
      const kept = changed.findIndex((entry) => entry.row === was.row);
      if (kept >= 0) changed.splice(kept, 1);
      if (is.action === 'rejected') {
        rejected.push(is);
        rejected.sort(byRow);
        rejected.splice(KEPT);
      }
    },
    rejections: () => rejected,
    changes: () => changed,
    targets: () => [...targets.values()].filter((target) => target.count > 0).sort((a, b) => b.count - a.count),
  };
  return preview;
}
