import type { PlanEntry } from '../core/plan/entry.ts';

/** Some rows. */
export type RowSet = { has: (row: number) => boolean; size: number };

/** A set of row numbers in one bit for each row of the input, because there may be many. */
function createRowSet() {
  let bits = new Uint8Array(64);
  const has = (row: number) => ((bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
  return {
    has,
    size: 0,
    add(row: number): void {
      if (has(row)) return;
      if (row >> 3 >= bits.length) {
        const larger = new Uint8Array(Math.max(2 * bits.length, (row >> 3) + 1));
        larger.set(bits);
        bits = larger;
      }
      bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
      this.size += 1;
    },
  };
}

/** The rows that are not sent because an operator holds their profile. */
export function createPassedOver() {
  const rowsOf = new Map<string, ReturnType<typeof createRowSet>>();
  return {
    isEmpty: () => rowsOf.size === 0,
    add({ row, profileTarget }: PlanEntry): void {
      const rows = rowsOf.get(profileTarget) ?? createRowSet();
      rows.add(row);
      rowsOf.set(profileTarget, rows);
    },
    /** Takes out the rows of profiles that are no longer held. Null if there are none. */
    takeReleased(isHeld: (profile: string) => boolean): RowSet | null {
      const released = [...rowsOf].filter(([profile]) => !isHeld(profile));
      if (released.length === 0) return null;
      for (const [profile] of released) rowsOf.delete(profile);
      const sets = released.map(([, rows]) => rows);
      return {
        has: (row) => sets.some((rows) => rows.has(row)),
        size: sets.reduce((sum, { size }) => sum + size, 0),
      };
    },
  };
}
