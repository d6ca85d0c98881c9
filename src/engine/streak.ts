/** An attempt that ended with a 5xx or without an answer. */
export type Failure = {
  row: number;
  ask: 'read' | 'write';
  giveBack: () => void;
  /** Part of an outage that is over as far as reads tell. */
  wasOutage: boolean;
};

/** Failures with nothing in between that would show that the API is up. */
export type Streak = {
  add: (failure: Failure, now: number) => void;
  size: () => number;
  /** When the first of them came; an answer to a request from before it speaks of the time before. */
  began: () => number;
  /** Whether there are at least so many, of as many rows as tell more than that some numbers always fail. */
  isOutage: (size: number) => boolean;
  /** Ends it, and gives what it held. */
  end: () => Failure[];
};

export function createStreak(leastRows: number): Streak {
  let failures: Failure[] = [];
  let began = Number.NEGATIVE_INFINITY;
  const rows = new Set<number>();
  return {
    add(failure, now) {
      if (failures.length === 0) began = now;
      failures.push(failure);
      rows.add(failure.row);
    },
    size: () => failures.length,
    began: () => began,
    isOutage: (size) => failures.length >= size && rows.size >= leastRows,
    end() {
      const held = failures;
      failures = [];
      rows.clear();
      return held;
    },
  };
}
