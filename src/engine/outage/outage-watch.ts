import type { Answer } from '../../core/api/response.ts';
import { isNotSent, isOutageAnswer } from '../../core/attempt/classify.ts';
import type { Clock, Operation } from '../ports.ts';
import type { Stop } from '../stop.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import {
  type Attempt,
  addAnswer,
  addFailure,
  createOutageDetector,
  endOutage,
  type Failure,
  isOutageSuspected,
} from './outage-detector.ts';

export type OutageWatch = ReturnType<typeof createOutageWatch>;

type OutageWatchOptions = {
  clock: Clock;
  stop: Stop;
  breaker: CircuitBreaker;
  /** Whether rows other than this many that wait in `mayGiveUp` may still be sent. */
  othersAtWork: (waiting: number) => boolean;
};

/** Watches how attempts end: opens and closes the breaker, refunds attempts, and decides which rows are given up. */
export function createOutageWatch({ clock, stop, breaker, othersAtWork }: OutageWatchOptions) {
  const detector = createOutageDetector();
  let inFlight = 0;
  let exhausted: { operation: Operation; resolve: (mayGiveUp: boolean) => void }[] = [];

  /** Answers all rows that wait in `mayGiveUp`, or those that wait because of one operation. */
  function resolveExhausted(mayGiveUp: boolean, only?: Operation): void {
    const rows = exhausted;
    exhausted = rows.filter(({ operation }) => only !== undefined && operation !== only);
    for (const { operation, resolve } of rows) if (only === undefined || operation === only) resolve(mayGiveUp);
  }

  /** Must be called whenever a row has ended, because it may have been the last that could show an outage. */
  function onRowEnd(): void {
    if (exhausted.length > 0 && !othersAtWork(exhausted.length)) resolveExhausted(true);
  }

  function onFailure(failure: Failure, answer: Answer): void {
    if (!breaker.isClosed()) {
      breaker.onFailure(failure.operation);
      failure.refundAttempt();
      return;
    }
    if (failure.isOptional) return;
    const outage = addFailure(detector, failure, clock.now(), inFlight);
    if (outage === null) return;
    breaker.trip(outage, answer);
    resolveExhausted(false);
  }

  function onAnswer(attempt: Attempt): void {
    const { operation, admittedAt } = attempt;
    if (!breaker.isClosed()) {
      if (breaker.onAnswer(operation, admittedAt)) endOutage(detector, 'write', admittedAt);
    } else if (addAnswer(detector, attempt)) {
      // A row whose attempts were refunded sees that, and goes on.
      resolveExhausted(true, operation === 'write' ? undefined : 'read');
    }
  }

  // Rows that wait are requeued, because their failures may have been the beginning of an outage.
  stop.onAsked(() => resolveExhausted(false));

  return {
    onSent(): void {
      inFlight += 1;
    },
    /** Must follow every `onSent`. `refundAttempt` is called if the attempt turns out to be part of an outage. */
    onResponse(attempt: Failure, answer: Answer): void {
      if (isOutageAnswer(answer)) onFailure(attempt, answer);
      else if (!isNotSent(answer)) onAnswer(attempt);
      inFlight -= 1;
    },
    /** A read has shown that a write was carried out, whatever its answer was. */
    onWriteShown: (row: number, admittedAt: number) => onAnswer({ row, admittedAt, operation: 'write' }),
    /**
     * Whether a row that has used up its attempts may be given up: not in an outage or after a stop. Waits until that
     * is clear. By then, attempts that belong to an outage have been refunded.
     */
    async mayGiveUp(operation: Operation): Promise<boolean> {
      if (!breaker.isClosed() || stop.asked() !== null) return false;
      if (!isOutageSuspected(detector, operation)) return true;
      const answer = new Promise<boolean>((resolve) => exhausted.push({ operation, resolve }));
      onRowEnd();
      return answer;
    },
    onRowEnd,
  };
}
