/** Places taken of a limit at a time. */
export type BoundSample = {
  /** By whomever. */
  used: number;
  /** How many were sent until then. */
  sent: number;
  /** How many of them within so long before. */
  sentWithin: (ms: number) => number;
  /** So many requests may arrive out of their time. */
  noise: number;
};

/** How long the window of a limiter is at most, whoever else takes places. */
export type WindowBound = {
  heard: (at: number, sample: BoundSample) => void;
  /** All places may have come back at once: nothing is compared across this moment. */
  interrupt: () => void;
  /** In ms; Infinity while nothing is known. */
  ms: () => number;
  /** Whether this window, in ms, is clearly worse than another one. */
  isRuledOut: (ms: number) => boolean;
  /** Whether places that come back steadily, as the tokens of a bucket do, are clearly worse than some window. */
  isWindow: () => boolean;
};

/** Windows as people choose them, in seconds; one in between is bounded by the next. */
const USUAL_S = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600];
const STEP_MS = 1000;
const LEAST_STEPS = 5;
/** A window is ruled out when it is worse than the best one by so many squared steps of that, and so many places squared. */
const WORSE = 36;
const WORSE_PLACES = 9;
/** How fast places come back is a mean that forgets so much with every step. */
const FORGETS = 0.02;
/** Up to so many places, and what arrives out of its time, a bucket may be full, and then what comes back is lost. */
const FULL = 2;

/**
 * What others hold is what is taken less what we have sent within the window. For the true window that changes as they
 * do; for another one it also changes with what we sent, and that again when it comes back. So the window for which it
 * changes least from second to second is the likeliest, and longer ones that are clearly worse are ruled out. To a bucket
 * places come back steadily, whatever was sent.
 */
export function createWindowBound(): WindowBound {
  const sums = USUAL_S.map(() => 0);
  let last: { at: number; others: number[]; gone: number } | null = null;
  let lastAt = Number.NEGATIVE_INFINITY;
  let steps = 0;
  // The same for a bucket, and for windows while that is not full.
  const windows = USUAL_S.map(() => 0);
  let bucket = 0;
  let flows = 0;
  let back = { places: 0, ms: 0 };

  function most(of: number[], count: number): number {
    const least = Math.min(...of);
    return least + (WORSE * least) / count + WORSE_PLACES;
  }

  /** Adds a step, in squared places. */
  function compare(changes: number[], came: number, took: number, isFull: boolean): void {
    for (const [index, change] of changes.entries()) sums[index] = (sums[index] as number) + change;
    steps += 1;
    if (isFull) return;
    if (back.ms > 0) {
      for (const [index, change] of changes.entries()) windows[index] = (windows[index] as number) + change;
      bucket += (came - (back.places * took) / back.ms) ** 2;
      flows += 1;
    }
    back = { places: back.places * (1 - FORGETS) + came, ms: back.ms * (1 - FORGETS) + took };
  }

  return {
    heard(at, { used, sent, sentWithin, noise }) {
      if (at - lastAt < STEP_MS) return;
      const others = USUAL_S.map((s) => used - sentWithin(s * 1000));
      const gone = sent - used;
      if (last !== null) {
        const before = last.others;
        const changes = others.map((value, index) => (value - (before[index] as number)) ** 2);
        compare(changes, gone - last.gone, at - last.at, used <= FULL + noise);
      }
      last = { at, others, gone };
      lastAt = at;
    },
    interrupt() {
      last = null;
    },
    ms() {
      if (steps < LEAST_STEPS) return Number.POSITIVE_INFINITY;
      const index = sums.findLastIndex((sum) => sum <= most(sums, steps));
      return index === USUAL_S.length - 1 ? Number.POSITIVE_INFINITY : (USUAL_S[index] as number) * 1000;
    },
    isRuledOut(ms) {
      const index = USUAL_S.findIndex((s) => s * 1000 >= ms);
      return steps >= LEAST_STEPS && index >= 0 && (sums[index] as number) > most(sums, steps);
    },
    isWindow: () => flows >= LEAST_STEPS && bucket > most(windows, flows),
  };
}
