/** The greatest of what was seen lately. */
export type RollingMax = {
  add: (now: number, value: number) => void;
  /** -Infinity where nothing was seen lately. */
  most: (now: number, spanMs: number) => number;
};

const PARTS = 3;

/** Remembers a span of time, and up to half of it more: it is kept in parts of half a span. */
export function createRollingMax(): RollingMax {
  const parts: number[] = Array.from({ length: PARTS }, () => Number.NEGATIVE_INFINITY);
  let began = Number.NEGATIVE_INFINITY;

  return {
    add(now, value) {
      if (began === Number.NEGATIVE_INFINITY) began = now;
      parts[0] = Math.max(parts[0] as number, value);
    },
    most(now, spanMs) {
      for (let turn = 0; turn < PARTS && now - began >= spanMs / 2; turn++) {
        parts.unshift(Number.NEGATIVE_INFINITY);
        parts.pop();
        began += spanMs / 2;
      }
      // After a long silence nothing is left, and the time begins anew.
      if (now - began >= spanMs / 2) began = now;
      return Math.max(...parts);
    },
  };
}
