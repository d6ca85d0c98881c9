import type { Answer, ApiError } from '../core/api/response.ts';
import type { StopReason } from '../core/attempt/classify.ts';
import type { Outcome } from '../core/attempt/outcome.ts';
import type { LedgerEntry } from '../core/ledger/entry.ts';
import type { PlanEntry } from '../core/plan/entry.ts';

/** A wait that can be ended early. `done` resolves either way and never rejects. */
export type Sleep = { done: Promise<void>; cancel: () => void };

/** Time as the engine sees it: waiting is injected, so that tests need not sleep. */
export type Clock = {
  /** Monotonic, in ms: a step of the system clock changes nothing. */
  now: () => number;
  /** The time of day, in ms since 1970: for records, never for waiting. */
  wallNow: () => number;
  sleep: (ms: number) => Sleep;
  /** 0 to 1. */
  random: () => number;
};

/** What the executor says while it works; for the log and the progress line. */
export type ExecutorEvent =
  | {
      event: 'attempt.failed';
      entry: PlanEntry;
      ask: 'read' | 'write';
      attempt: number;
      answer: Answer;
      error: ApiError;
      /** Null when the row is not tried again. */
      retryInMs: number | null;
    }
  /** A read that is about no row: `what` was asked for, `words` is what came. */
  | { event: 'read.failed'; what: string; attempt: number; answer: Answer; words: string; retryInMs: number | null }
  | { event: 'row.updated' | 'row.failed' | 'row.held'; entry: PlanEntry; outcome: Outcome }
  | { event: 'profile.held'; profile: string; why: string }
  | { event: 'run.paused'; waitMs: number; why: string }
  | { event: 'run.resumed' }
  | { event: 'run.stopping'; reason: StopReason; detail: string };

/**
 * One row to carry out. `first`: whether it can be sent at once, or is read before, as an earlier write may have
 * happened; `read_only`: it is never sent, as it has ended, and a read may still tell how.
 */
export type Work = { entry: PlanEntry; first: 'send' | 'read' | 'read_only'; attempts: number };

/** The seam between the engine and the world. Commands pass the io implementations; tests pass fakes. */
export type Ports = {
  clock: Clock;
  /**
   * Sends one PATCH and gives what came back; never throws for what a server or a network does.
   * Calls `onLeft` when the request has left this machine.
   */
  send: (entry: PlanEntry, onLeft: () => void) => Promise<Answer>;
  /** Reads the number of an entry with one GET, in the same way. */
  read: (entry: PlanEntry, onLeft: () => void) => Promise<Answer>;
  /** Resolves when the entry is on disk; rejects when it cannot be put there, which ends the run. */
  record: (entry: LedgerEntry) => Promise<void>;
  tell: (event: ExecutorEvent) => void;
};

/** A stop that anybody may ask for and everybody looks at. */
export type Stop = {
  /** Null while the run goes on. */
  asked: () => { reason: StopReason; detail: string } | null;
  ask: (reason: StopReason, detail: string) => void;
  /** Calls back once when a stop is asked for (at once if it has been); gives a function that forgets it. */
  onAsked: (callback: () => void) => () => void;
};

/** A stop that has not been asked for. The first reason stays; later ones are ignored. */
export function createStop(): Stop {
  let asked: { reason: StopReason; detail: string } | null = null;
  const callbacks = new Set<() => void>();
  return {
    asked: () => asked,
    ask: (reason, detail) => {
      if (asked !== null) return;
      asked = { reason, detail };
      for (const callback of [...callbacks]) callback();
      callbacks.clear();
    },
    onAsked: (callback) => {
      if (asked !== null) {
        callback();
        return () => undefined;
      }
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
  };
}
