const PARTS = 3;

/**
 * The greatest value of the last `spanMs`; -Infinity if there is none. Values are remembered up to half a span longer,
 * because they are kept in parts of half a span.
 */
export function createRollingMax() {
  const parts: number[] = Array.from({ length: PARTS }, () => Number.NEGATIVE_INFINITY);
  let partBegan = Number.NEGATIVE_INFINITY;

  function most(now: number, spanMs: number): number {
    for (let turn = 0; turn < PARTS && now - partBegan >= spanMs / 2; turn++) {
      parts.unshift(Number.NEGATIVE_INFINITY);
      parts.pop();
      partBegan += spanMs / 2;
    }
    // After a long silence all parts are empty, and the first one starts now.
    if (now - partBegan >= spanMs / 2) partBegan = now;
    return Math.max(...parts);
  }

  return {
    most,
    /** Returns the greatest value after `value` was added. */
    add(now: number, spanMs: number, value: number): number {
      most(now, spanMs);
      parts[0] = Math.max(parts[0] as number, value);
      return Math.max(...parts);
    },
  };
}
