/** An attempt that ended with a 5xx or without an answer. */
export type Failure = {
  row: number;
  ask: 'read' | 'write';
  admittedAt: number;
  refundAttempt: () => void;
  /** Part of an outage that is over as far as reads tell. */
  wasOutage: boolean;
  /** Its write has failed before while others did not: that it does again tells of the row, and not of the API. */
  isKnown: boolean;
};

/** Failures with nothing in between that would show that the API is up. */
export type FailureStreak = {
  add: (failure: Failure, now: number) => void;
  size: () => number;
  /** When the first of them came; an answer to a request from before it speaks of the time before. */
  began: () => number;
  /** Whether there are at least so many, of as many rows as tell more than that some numbers always fail. */
  isOutage: (size: number) => boolean;
  /** The same of rows that are not known to fail while others do not. */
  isNewOutage: (size: number) => boolean;
  /** Gives the rows whose writes were let through before another one that was accepted: they are known from now on. */
  markRowSpecific: (acceptedAt: number) => number[];
  /** Ends it, and gives what it held. */
  end: () => Failure[];
};

export function createFailureStreak(leastRows: number): FailureStreak {
  let failures: Failure[] = [];
  let began = Number.NEGATIVE_INFINITY;
  const rows = new Set<number>();
  const newRows = new Set<number>();
  return {
    add(failure, now) {
      if (failures.length === 0) began = now;
      failures.push(failure);
      rows.add(failure.row);
      if (!failure.isKnown) newRows.add(failure.row);
    },
    size: () => failures.length,
    began: () => began,
    isOutage: (size) => failures.length >= size && rows.size >= leastRows,
    isNewOutage: (size) => failures.length >= size && newRows.size >= leastRows,
    markRowSpecific(acceptedAt) {
      const known = failures.filter(({ ask, admittedAt }) => ask === 'write' && admittedAt <= acceptedAt);
      for (const { row } of known) newRows.delete(row);
      return known.map(({ row }) => row);
    },
    end() {
      const held = failures;
      failures = [];
      rows.clear();
      newRows.clear();
      return held;
    },
  };
}
