import type { Answer, ApiError } from '../core/api/response.ts';
import type { Outcome } from '../core/attempt/outcome.ts';
import type { StopReason } from '../core/attempt/stop-reason.ts';
import type { LedgerEntry, OrderResult } from '../core/ledger/entry.ts';
import type { PlanEntry } from '../core/plan/entry.ts';

/** A wait that can be cut short. `done` resolves either way and never rejects. */
export type Sleep = { done: Promise<void>; cancel: () => void };

/** Time and chance are injected, so that tests need not sleep. */
export type Clock = {
  /** Monotonic, in ms: setting the system clock does not change it. */
  now: () => number;
  /** The time of day, in ms since 1970: for records, never for waiting. */
  wallNow: () => number;
  sleep: (ms: number) => Sleep;
  /** From 0 to 1. */
  random: () => number;
};

/** What a request does to a number. */
export type Operation = 'read' | 'write';

/** What the engine reports while it works, for the log and the progress line. */
export type ExecutorEvent =
  | {
      event: 'attempt.failed';
      entry: PlanEntry;
      operation: Operation;
      attempt: number;
      answer: Answer;
      error: ApiError;
      /** Null when the row is not tried again. */
      retryInMs: number | null;
    }
  /** A read that belongs to no row; `description` is that of the answer. `isOptional`: the command goes on without. */
  | {
      event: 'read.failed';
      what: string;
      attempt: number;
      answer: Answer;
      description: string;
      retryInMs: number | null;
      isOptional: boolean;
    }
  /** An attempt to place a bulk order. */
  | {
      event: 'order.failed';
      order: number;
      attempt: number;
      answer: Answer;
      description: string;
      retryInMs: number | null;
    }
  | { event: 'row.updated' | 'row.unchanged' | 'row.failed' | 'row.held'; entry: PlanEntry; outcome: Outcome }
  | { event: 'profile.held'; profile: string; why: string }
  /** `to`: the most requests that are in flight from now on. */
  | { event: 'concurrency.lowered'; to: number; why: string }
  /** The API has taken a bulk order; how many of its numbers are done, and how many may still move. */
  | {
      event: 'order.placed';
      order: number;
      orderId: string;
      profile: string;
      success: number;
      pending: number;
      failed: number;
    }
  | { event: 'order.ended'; order: number; result: OrderResult; why: string }
  /** The command leaves an order open that may still move `pending` rows. */
  | { event: 'order.pending'; order: number; orderId: string; pending: number }
  /** Why the command places no more bulk orders. */
  | { event: 'bulk.off'; why: string }
  | { event: 'run.paused'; waitMs: number; why: string }
  | { event: 'run.resumed' }
  | { event: 'run.stopping'; reason: StopReason; detail: string };

/**
 * One row to process. `first`: `send` it at once; `read` it first, because an earlier write may have happened; or
 * `read_only`, because the row has ended as unverified and a read may still show how. `attempts`: of earlier sessions.
 */
export type Task = { entry: PlanEntry; first: 'send' | 'read' | 'read_only'; attempts: number };

/** Never throws for what a server or a network does. Calls `onSent` when the request has left this machine. */
type Request = (entry: PlanEntry, onSent: () => void) => Promise<Answer>;

/** What the engine needs from outside. Commands pass the io implementations, tests pass fakes. */
export type Ports = {
  clock: Clock;
  /** Writes a number with one PATCH. */
  send: Request;
  /** Reads a number with one GET. */
  read: Request;
  /** Resolves when the entry is on disk; rejects if it cannot be written, which ends the run. */
  record: (entry: LedgerEntry) => Promise<void>;
  onEvent: (event: ExecutorEvent) => void;
  /**
   * Waits until a request may leave, before it takes its slot in the pacer. Must also resolve when it never may again:
   * then the run is asked to stop.
   */
  untilMayLeave?: (() => Promise<void>) | undefined;
};
