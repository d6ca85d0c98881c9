import type { Operation } from '../ports.ts';

/** Contract: this many failures in a row may be an outage; fewer never are. */
const MIN_FAILURES = 10;
/** One or two numbers that always fail are no outage, however often they are tried. */
const MIN_ROWS = 3;
/** An outage of writes alone needs more rows, because single numbers may refuse writes while they can be read. */
const MIN_ROWS_OF_WRITES = 10;

/** One request about a row, as the circuit breaker sees it. */
export type Attempt = { row: number; operation: Operation; admittedAt: number };

/**
 * `refundAttempt` takes back what the failure has cost its row. `wasOutage`: it belongs to an outage that an answered
 * read has ended, so the next answered write refunds it. `isOptional`: nothing waits for the request, so its failures
 * are no sign of an outage.
 */
export type Failure = Attempt & { refundAttempt: () => void; wasOutage?: true; isOptional?: boolean | undefined };

type OutageDetector = ReturnType<typeof createOutageDetector>;

export type Outage = { scope: 'all' | 'writes'; failures: number; writesFailed: boolean };

const NEVER = Number.NEGATIVE_INFINITY;

/** Failures with no answer in between. */
function emptyStreak() {
  return {
    failures: [] as Failure[],
    startedAt: NEVER,
    /** As many failures as were in flight at the first one: a single disturbance may have hit all of them. */
    threshold: MIN_FAILURES,
    rows: new Set<number>(),
    /** Without the bad rows, which fail whether the API is up or not. */
    ordinaryRows: new Set<number>(),
  };
}

/**
 * Tells an outage from numbers that always fail. Any answer ends the streak `all`, and only an answered write ends the
 * streak `writes`, because an API that refuses every write may still answer reads.
 */
export function createOutageDetector() {
  return {
    all: emptyStreak(),
    writes: emptyStreak(),
    /** Rows whose writes failed while others succeeded. */
    badRows: new Set<number>(),
    /** The latest admission of a write that was answered. */
    acceptedAt: NEVER,
    /** Requests admitted earlier were part of an outage that is over, however late they fail. */
    outageOverAt: { read: NEVER, write: NEVER },
  };
}

/** Ends the streaks that an answer to this operation ends. Returns their failures. */
function endStreaks(detector: OutageDetector, operation: Operation): Failure[] {
  const { all, writes } = detector;
  detector.all = emptyStreak();
  if (operation === 'read') return all.failures;
  detector.writes = emptyStreak();
  return [...new Set([...writes.failures, ...all.failures])];
}

/** Whether failures of this operation may still turn out to be an outage. */
export function isOutageSuspected({ all, writes }: OutageDetector, operation: Operation): boolean {
  return (operation === 'write' ? writes : all).failures.length > 0;
}

/** `inFlight` includes the failed request. Returns the outage that it completes; the attempts are refunded then. */
export function addFailure(detector: OutageDetector, failure: Failure, now: number, inFlight: number): Outage | null {
  const { row, operation, admittedAt } = failure;
  const { all, writes, badRows } = detector;
  if (admittedAt < detector.outageOverAt[operation]) {
    failure.refundAttempt();
    return null;
  }
  if (operation === 'write' && admittedAt <= detector.acceptedAt) badRows.add(row);
  for (const streak of operation === 'write' ? [all, writes] : [all]) {
    if (streak.failures.length === 0) {
      streak.startedAt = now;
      streak.threshold = Math.max(MIN_FAILURES, inFlight);
    }
    streak.failures.push(failure);
    streak.rows.add(row);
    if (!badRows.has(row)) streak.ordinaryRows.add(row);
  }
  const isAll = all.failures.length >= all.threshold && all.rows.size >= MIN_ROWS;
  const isWrites = writes.failures.length >= writes.threshold && writes.ordinaryRows.size >= MIN_ROWS_OF_WRITES;
  if (!isAll && !isWrites) return null;
  const failures = endStreaks(detector, 'write');
  for (const { refundAttempt } of failures) refundAttempt();
  return {
    scope: isAll ? 'all' : 'writes',
    failures: (isAll ? all : writes).failures.length,
    writesFailed: failures.some((one) => one.operation === 'write'),
  };
}

/** Returns whether the answer ends a streak. If that was a short outage, its attempts are refunded. */
export function addAnswer(detector: OutageDetector, attempt: Attempt): boolean {
  const { operation, admittedAt } = attempt;
  if (operation === 'write') acceptWrite(detector, attempt);
  if (!isAnswerToStreak(detector, attempt)) return false;
  const isOutage = wasShortOutage(detector, operation);
  const failures = endStreaks(detector, operation);
  if (isOutage) for (const failure of failures) failure.wasOutage = true;
  // An answered read does not show whether writes are accepted, so it decides about no write.
  const decided = operation === 'write' ? failures : failures.filter((failure) => failure.operation === 'read');
  const isRefunded = refundOutage(detector, decided);
  // Also of the operation that has not failed so far: requests that were sent in the outage may still fail.
  if (isOutage || isRefunded) endOutage(detector, operation, admittedAt);
  return true;
}

/** Whether the request was admitted after a streak began that its answer ends. */
function isAnswerToStreak({ all, writes }: OutageDetector, { operation, admittedAt }: Attempt): boolean {
  const streak = operation === 'write' && writes.failures.length > 0 ? writes : all;
  return streak.failures.length > 0 && admittedAt >= streak.startedAt;
}

/** Too few failures to trip the breaker, and too many for a coincidence: an outage that ended by itself. */
function wasShortOutage({ all, writes }: OutageDetector, operation: Operation): boolean {
  const isAll = all.failures.length >= MIN_FAILURES && all.ordinaryRows.size >= MIN_ROWS;
  return isAll || (operation === 'write' && writes.ordinaryRows.size >= MIN_ROWS_OF_WRITES);
}

/** Refunds failures that belong to an outage; other writes failed because of their rows. Returns whether one did. */
function refundOutage({ badRows }: OutageDetector, failures: readonly Failure[]): boolean {
  for (const { wasOutage, refundAttempt, operation, row } of failures) {
    if (wasOutage) refundAttempt();
    else if (operation === 'write') badRows.add(row);
  }
  return failures.some(({ wasOutage }) => wasOutage === true);
}

/** Writes that were admitted before an accepted one, and have failed already, failed because of their rows. */
function acceptWrite(detector: OutageDetector, { row, admittedAt }: Attempt): void {
  const { all, writes, badRows } = detector;
  detector.acceptedAt = Math.max(detector.acceptedAt, admittedAt);
  if (admittedAt < writes.startedAt) {
    for (const failure of writes.failures) {
      if (failure.admittedAt > admittedAt) continue;
      badRows.add(failure.row);
      for (const streak of [all, writes]) streak.ordinaryRows.delete(failure.row);
    }
  }
  badRows.delete(row);
}

/** An answered read shows that reads work again, an answered write that everything does. */
export function endOutage({ outageOverAt }: OutageDetector, operation: Operation, admittedAt: number): void {
  outageOverAt.read = admittedAt;
  if (operation === 'write') outageOverAt.write = admittedAt;
}
