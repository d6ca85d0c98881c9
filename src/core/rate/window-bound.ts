import { clearlyWorse, LEAST_STEPS, STEP_MS, USUAL_S } from './window-fit.ts';

/** How long the window of a limiter is at most, whoever else takes places. */
export type WindowBound = {
  /** So many places were taken at a time, by whomever; `sentWithin` tells how many of them were ours, for any window. */
  heard: (at: number, used: number, sentWithin: (ms: number) => number) => void;
  /** All places may have come back at once: nothing is compared across this moment. */
  interrupt: () => void;
  /** In ms; Infinity while nothing is known. */
  ms: () => number;
  /** Whether this window, in ms, is clearly worse than another one. */
  isRuledOut: (ms: number) => boolean;
};

/**
 * What others hold is what is taken less what we have sent within the window. For the true window that changes as they
 * do; for another one it also changes with what we sent, and that again when it comes back. So the window for which it
 * changes least from second to second is the likeliest, and longer ones that are clearly worse are ruled out.
 * Only usual windows are compared; one in between is bounded by the next.
 */
export function createWindowBound(): WindowBound {
  const sums = USUAL_S.map(() => 0);
  let others: number[] | null = null;
  let lastAt = Number.NEGATIVE_INFINITY;
  let steps = 0;

  const most = () => clearlyWorse(Math.min(...sums), steps);

  return {
    heard(at, used, sentWithin) {
      if (at - lastAt < STEP_MS) return;
      const now = USUAL_S.map((s) => used - sentWithin(s * 1000));
      if (others !== null) {
        for (const [index, value] of now.entries()) {
          sums[index] = (sums[index] as number) + (value - (others[index] as number)) ** 2;
        }
        steps += 1;
      }
      others = now;
      lastAt = at;
    },
    interrupt() {
      others = null;
    },
    ms() {
      if (steps < LEAST_STEPS) return Number.POSITIVE_INFINITY;
      const index = sums.findLastIndex((sum) => sum <= most());
      return index === USUAL_S.length - 1 ? Number.POSITIVE_INFINITY : (USUAL_S[index] as number) * 1000;
    },
    isRuledOut(ms) {
      const index = USUAL_S.findIndex((s) => s * 1000 >= ms);
      return steps >= LEAST_STEPS && index >= 0 && (sums[index] as number) > most();
    },
  };
}
