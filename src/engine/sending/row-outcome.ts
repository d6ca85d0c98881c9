import type { Answer } from '../../core/api/response.ts';
import { firstError } from '../../core/attempt/classify.ts';
import type { Outcome } from '../../core/attempt/outcome.ts';
import { profileCell } from '../../core/input/target.ts';
import { count } from '../../core/text/text.ts';
import { errorOf, type FinalMeaning } from './request.ts';
import { attemptsOf, type Row } from './row.ts';

/** The status of a row that has ended; without `detail`, that of the answer counts. */
export type RowStatus = Pick<Outcome, 'status' | 'reason' | 'retryable'> & { detail?: string };

/** `requeued`: the run stopped before the row ended. `untouched`: nothing about the row has changed. */
export type RowResult =
  | { kind: 'outcome'; outcome: Outcome }
  | { kind: 'requeued'; ambiguous: boolean; attempts: number }
  | { kind: 'untouched' };

export const ended = (outcome: Outcome): RowResult => ({ kind: 'outcome', outcome });

/** The row is to be read first when the run continues, because a write of it may have happened. */
export function requeuedToRead(row: Row): RowResult {
  return { kind: 'requeued', ambiguous: true, attempts: attemptsOf(row) };
}

/** What an answer shows that the number has now. */
export function settingsAfter(answer: Answer): Pick<Outcome, 'profileAfter' | 'productAfter'> {
  const shown = answer.kind === 'http' && answer.body.kind === 'settings' ? answer.body.settings : {};
  return { profileAfter: profileCell(shown.profile), productAfter: shown.product ?? '' };
}

/** The outcome of a row that an answer has decided. */
export function outcomeOf(row: Row, answer: Answer, { detail, ...rest }: RowStatus): Outcome {
  const { clock } = row.context;
  const error = errorOf(answer);
  const now = clock.now();
  return {
    row: row.task.entry.row,
    ...rest,
    httpStatus: answer.kind === 'http' ? answer.status : null,
    errorCode: error.code,
    errorTitle: error.title,
    errorDetail: detail ?? error.detail,
    errorPointer: error.pointer,
    requestId: answer.kind === 'http' ? answer.requestId : '',
    ...settingsAfter(answer),
    // A write that has happened was an attempt, even if its answer was lost in an outage and the attempt refunded.
    attempts: Math.max(attemptsOf(row), rest.status === 'updated' ? 1 : 0),
    durationMs: now - (row.firstSentAt ?? now),
    finishedAt: new Date(clock.wallNow()).toISOString(),
  };
}

/** Ids and phone numbers do not belong together: the row fails, and the run has been asked to stop. */
export function wrongNumber(detail: string): RowStatus {
  return { status: 'failed', reason: 'phone_number_mismatch', retryable: false, detail };
}

/** A 200 showed the target, and a later read other values. `contradiction` names them. */
export function notKept(contradiction: string): RowStatus {
  const detail = `the answer was 200 and showed the target, but a read shows that ${contradiction}`;
  return { status: 'failed', reason: 'write_not_kept', retryable: false, detail };
}

/** A write may have happened, and the number could not be read. */
export function readFailed(answer: Answer, attempts: number): RowStatus {
  const detail = `a write may have happened, and it could not be read: ${describeAttempts(answer, attempts)}`;
  return { status: 'unverified', reason: 'read_failed', retryable: true, detail };
}

/** No answer decided about a write. `isAmbiguous`: one may have happened, and no read has shown whether it has. */
export function exhausted(answer: Answer, row: Row, isAmbiguous: boolean): RowStatus {
  const detail = describeAttempts(answer, row.writes.used);
  return { status: isAmbiguous ? 'unverified' : 'failed', reason: 'attempts_exhausted', retryable: true, detail };
}

/** The status of a row, by what the answer to its last write means. `isAmbiguous` as above. */
export function statusOf(meaning: FinalMeaning, isAmbiguous: boolean): RowStatus {
  switch (meaning.kind) {
    case 'confirmed':
      return { status: 'updated', reason: '', retryable: false };
    case 'failed': {
      const { reason, detail } = meaning;
      const isUnverified = reason === 'response_mismatch' && isAmbiguous;
      return { status: isUnverified ? 'unverified' : 'failed', reason, retryable: isUnverified, detail };
    }
    case 'wrong_number':
      return wrongNumber(meaning.detail);
    case 'not_there':
      throw new Error('an answer to a write was taken for one to a read');
  }
}

function describeAttempts(answer: Answer, attempts: number): string {
  const tries = count(attempts, 'attempt');
  if (answer.kind === 'network') return `${tries}, the last one ended with: ${answer.message}`;
  const { title, detail } = firstError(answer);
  const unreadable = answer.body.kind === 'unreadable' ? ' with a body that is not the JSON of the API' : '';
  const text = detail || title;
  return `${tries}, the last one ended with HTTP ${answer.status}${unreadable}${text === '' ? '' : `: ${text}`}`;
}
