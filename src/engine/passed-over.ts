import type { PlanEntry } from '../core/plan/entry.ts';

/** The rows that are not sent because an operator holds their profile: numbers only, because there may be many. */
export function createPassedOver() {
  const rowsOf = new Map<string, Set<number>>();
  return {
    add({ row, profileTarget }: PlanEntry): void {
      const rows = rowsOf.get(profileTarget) ?? new Set<number>();
      rowsOf.set(profileTarget, rows.add(row));
    },
    /** Takes out the rows of profiles that are no longer held. Null if there are none. */
    takeReleased(isHeld: (profile: string) => boolean): ReadonlySet<number> | null {
      const released = [...rowsOf.keys()].filter((profile) => !isHeld(profile));
      const rows = new Set(released.flatMap((profile) => [...(rowsOf.get(profile) ?? [])]));
      for (const profile of released) rowsOf.delete(profile);
      return rows.size === 0 ? null : rows;
    },
  };
}
