import { classify, classifyRead } from '../../core/attempt/classify.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import type { Ports, Task } from '../ports.ts';
import { errorOf, type RequestContext, type RequestSpec } from './request-loop.ts';

/** What all rows of a run share. */
export type RowContext = RequestContext & {
  ports: Ports;
  /** Whether a row that has not been sent is not to be sent, as its profile is held. */
  isHeld: (entry: PlanEntry) => boolean;
  /** Whether a number that somebody else has changed since the plan is sent all the same. */
  force: boolean;
};

/** One row in progress, with the times of its first request and of its last write in this session, null before them. */
export type Row = {
  task: Task;
  shared: RowContext;
  beganAt: number | null;
  wroteAt: number | null;
  requests: { sent: number };
  writes: { sent: number; failed: number };
  onLaunched: () => void;
};

/** What is asked about a row: to write it, or where it is. */
export function questionOf(row: Row, ask: 'read' | 'write'): RequestSpec {
  const { task, shared, requests } = row;
  const { entry } = task;
  const { ports } = shared;
  const isRead = ask === 'read';
  return {
    ask,
    row: entry.row,
    name: () => `row ${entry.row} (line ${entry.line}), id ${entry.id}`,
    send: (onLeft) => (isRead ? ports.read(entry, onLeft) : ports.send(entry, onLeft)),
    classify: (answer, first) => (isRead ? classifyRead(entry, answer, first) : classify(entry, answer, first)),
    attempts: isRead ? { sent: 0, failed: 0 } : row.writes,
    requests,
    onSending: (at) => {
      row.beganAt ??= at;
      if (!isRead) row.wroteAt = at;
      row.onLaunched();
    },
    onFailed: (answer, attempt, retryInMs) =>
      ports.onEvent({ event: 'attempt.failed', entry, ask, attempt, answer, error: errorOf(answer), retryInMs }),
    // What may have been written in this session is looked at, whatever has become of its profile.
    // Of a row that was to be read before it is sent a later session learns the same.
    evenStopped: () => isRead && row.writes.sent > 0 && shared.mayLook(),
    isWanted: () => row.writes.sent > 0 || !shared.isHeld(entry),
  };
}

/** Tries of a row in all sessions. */
export function attemptsOf({ task, writes }: Row): number {
  return task.attempts + writes.failed;
}
