/** How long the rows that are left take, at `perSecond` after a wait of `pausedMs`; null if that cannot be said. */
export function etaMs(left: number, perSecond: number, pausedMs: number): number | null {
  if (left === 0) return 0;
  return perSecond > 0 ? Math.round(pausedMs + (left / perSecond) * 1000) : null;
}
