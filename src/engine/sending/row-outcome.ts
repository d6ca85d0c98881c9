import type { Answer } from '../../core/api/response.ts';
import { firstError } from '../../core/attempt/classify.ts';
import type { Outcome } from '../../core/attempt/outcome.ts';
import { profileCell } from '../../core/input/target.ts';
import { errorOf, type Final } from './request-loop.ts';
import { attemptsOf, type Row } from './row.ts';

type Texts = Pick<
  Outcome,
  | 'httpStatus'
  | 'errorCode'
  | 'errorTitle'
  | 'errorDetail'
  | 'errorPointer'
  | 'requestId'
  | 'profileAfter'
  | 'productAfter'
>;

/** The texts of an outcome that come from its last answer. */
export function told(answer: Answer): Texts {
  const error = errorOf(answer);
  const http = answer.kind === 'http' ? answer : null;
  const shown = http?.body.kind === 'settings' ? http.body.settings : {};
  return {
    httpStatus: http?.status ?? null,
    errorCode: error.code,
    errorTitle: error.title,
    errorDetail: error.detail,
    errorPointer: error.pointer,
    requestId: http?.requestId ?? '',
    profileAfter: profileCell(shown.profile),
    productAfter: shown.product ?? '',
  };
}

/** How a row has ended; `detail` where it is not that of the answer. */
export type Last = Pick<Outcome, 'status' | 'reason' | 'retryable'> & { detail?: string };

/** The outcome of a row that an answer has decided. */
export function outcomeOf(row: Row, answer: Answer, last: Last): Outcome {
  const { detail, ...rest } = last;
  const { clock } = row.shared;
  const texts = told(answer);
  return {
    row: row.task.entry.row,
    ...rest,
    ...texts,
    errorDetail: detail ?? texts.errorDetail,
    // A write that has happened was an attempt, even where its answer was lost in an outage that cost none.
    attempts: Math.max(attemptsOf(row), last.status === 'updated' ? 1 : 0),
    durationMs: clock.now() - (row.beganAt ?? clock.now()),
    finishedAt: new Date(clock.wallNow()).toISOString(),
  };
}

export const DRIFTED: Last = {
  status: 'held',
  reason: 'drifted',
  retryable: false,
  detail: 'somebody else has changed the number since the plan was made',
};

export const CONFIRMED: Last = { status: 'updated', reason: 'confirmed_by_read', retryable: false };

/** Ids and phone numbers do not belong together: the row fails, and the run has been asked to stop. */
export function wrongNumber(detail: string): Last {
  return { status: 'failed', reason: 'phone_number_mismatch', retryable: false, detail };
}

/** A write may have happened, and the number could not be read. */
export function unread(answer: Answer, attempts: number): Last {
  const detail = `a write may have happened, and it could not be read: ${lastWords(answer, attempts)}`;
  return { status: 'unverified', reason: 'read_failed', retryable: true, detail };
}

/** No write has been answered; `unsure`: no read has told whether one has happened. */
export function exhausted(answer: Answer, row: Row, unsure: boolean): Last {
  const detail = lastWords(answer, row.writes.failed);
  return { status: unsure ? 'unverified' : 'failed', reason: 'attempts_exhausted', retryable: true, detail };
}

/** The end of a row as the verdict on its last write tells it; `unsure` as above. */
export function lastOf(verdict: Final, unsure: boolean): Last {
  switch (verdict.kind) {
    case 'confirmed':
      return { status: 'updated', reason: '', retryable: false };
    case 'failed':
      if (verdict.reason === 'response_mismatch' && unsure) {
        return { status: 'unverified', reason: verdict.reason, retryable: true, detail: verdict.detail };
      }
      return { status: 'failed', reason: verdict.reason, retryable: false, detail: verdict.detail };
    case 'wrong_number':
      return wrongNumber(verdict.detail);
    case 'not_there':
      throw new Error('an answer to a write was taken for one to a read');
  }
}

/** What to say of the last of several failed attempts, where the answer itself says nothing. */
function lastWords(answer: Answer, attempts: number): string {
  const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  if (answer.kind === 'network') return `${tries}, the last one ended with: ${answer.message}`;
  const said = firstError(answer);
  const unreadable = answer.body.kind === 'unreadable' ? ' with a body that is not the JSON of the API' : '';
  const text = said.detail || said.title;
  return `${tries}, the last one ended with HTTP ${answer.status}${unreadable}${text === '' ? '' : `: ${text}`}`;
}
