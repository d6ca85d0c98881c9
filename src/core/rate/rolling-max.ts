/** The greatest recent value. */
export type RollingMax = {
  add: (now: number, value: number) => void;
  /** -Infinity if there is no recent value. */
  most: (now: number, spanMs: number) => number;
};

const PARTS = 3;

/** Remembers values for one span of time and up to half of it longer, because it keeps them in half spans. */
export function createRollingMax(): RollingMax {
  const parts: number[] = Array.from({ length: PARTS }, () => Number.NEGATIVE_INFINITY);
  let partBegan = Number.NEGATIVE_INFINITY;

  return {
    add(now, value) {
      if (partBegan === Number.NEGATIVE_INFINITY) partBegan = now;
      parts[0] = Math.max(parts[0] as number, value);
    },
    most(now, spanMs) {
      for (let turn = 0; turn < PARTS && now - partBegan >= spanMs / 2; turn++) {
        parts.unshift(Number.NEGATIVE_INFINITY);
        parts.pop();
        partBegan += spanMs / 2;
      }
      // After a long silence all parts are empty, and the first one starts now.
      if (now - partBegan >= spanMs / 2) partBegan = now;
      return Math.max(...parts);
    },
  };
}
