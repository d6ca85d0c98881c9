import { classify, classifyRead } from '../../core/attempt/classify.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import type { Operation, Ports, Task } from '../ports.ts';
import { errorOf, type RequestContext, type RequestSpec } from './request.ts';
import type { WriteProof } from './write-proof.ts';

/** What all rows of a run share. */
export type RowContext = RequestContext & {
  ports: Ports;
  /** Whether the row is not to be sent because its profile is held. */
  isHeld: (entry: PlanEntry) => boolean;
  /** Reads the first rows of each kind of change back. */
  proof: WriteProof;
  /** Called when a write was answered with a 200 that shows the target. */
  onAccepted: (entry: PlanEntry) => void;
  /** Whether to send a number even if it has been changed since the plan was made. */
  force: boolean;
};

export type Row = ReturnType<typeof createRow>;

/** One row in progress. `onLaunched` is called when it no longer waits for its first request. */
export function createRow(task: Task, context: RowContext, onLaunched: () => void) {
  return {
    task,
    context,
    onLaunched,
    /** When the first request and the last write of this session were sent; null before. */
    firstSentAt: null as number | null,
    lastWriteAt: null as number | null,
    claim: context.proof.claim(task.entry),
    requests: { sent: 0 },
    writes: { sent: 0, used: 0 },
  };
}

export function requestSpec(row: Row, operation: Operation): RequestSpec {
  const { context, requests } = row;
  const { entry } = row.task;
  const { ports } = context;
  const isRead = operation === 'read';
  return {
    operation,
    row: entry.row,
    describe: () => `row ${entry.row} (line ${entry.line}), id ${entry.id}`,
    send: (onSent) => (isRead ? ports.read(entry, onSent) : ports.send(entry, onSent)),
    classify: (answer, isFirst) => (isRead ? classifyRead(entry, answer, isFirst) : classify(entry, answer, isFirst)),
    attempts: isRead ? { sent: 0, used: 0 } : row.writes,
    requests,
    onSending: (at) => {
      row.firstSentAt ??= at;
      if (!isRead) row.lastWriteAt = at;
      row.onLaunched();
    },
    onFailed: (answer, attempt, retryInMs) =>
      ports.onEvent({ event: 'attempt.failed', entry, operation, attempt, answer, error: errorOf(answer), retryInMs }),
    // A write of this session that may have happened is read back, even if its profile is held or the run stops.
    // A row that is read before its first write can be read by a later session just as well.
    isAllowedAfterStop: () => isRead && row.writes.sent > 0 && context.mayReadBack(),
    onSuspended: row.claim.suspend,
    isWanted: () => row.writes.sent > 0 || !context.isHeld(entry),
  };
}

/** Attempts of a row in all sessions. */
export function attemptsOf({ task, writes }: Row): number {
  return task.attempts + writes.used;
}
