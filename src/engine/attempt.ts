import type { Answer } from '../core/answer.ts';
import { firstError } from '../core/classify.ts';
import type { Outcome } from '../core/outcome.ts';
import { type Conversation, converse, errorOf, type Row, type Shared } from './converse.ts';
import type { Work } from './ports.ts';

/** How a row came out of the executor: an outcome, put back because the run stopped, or left as it was. */
export type Ended = Outcome | { putBack: true; ambiguous: boolean; attempts: number } | { untouched: true };

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
function told(answer: Answer): Texts {
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
    profileAfter: shown.profile === null ? 'UNASSIGN' : (shown.profile ?? ''),
    productAfter: shown.product ?? '',
  };
}

type Last = Pick<Outcome, 'status' | 'reason' | 'retryable'> & { detail?: string };

function outcomeOf(row: Row, shared: Shared, answer: Answer, attempts: number, last: Last): Outcome {
  const { detail, ...rest } = last;
  const { clock } = shared.ports;
  const texts = told(answer);
  return {
    row: row.entry.row,
    ...rest,
    ...texts,
    errorDetail: detail ?? texts.errorDetail,
    attempts,
    durationMs: clock.now() - (row.beganAt ?? clock.now()),
    finishedAt: new Date(clock.wallNow()).toISOString(),
  };
}

/** Ids and phone numbers do not belong together: the row fails, and the run has been asked to stop. */
function wrongNumber(detail: string): Last {
  return { status: 'failed', reason: 'phone_number_mismatch', retryable: false, detail };
}

/**
 * Reads a row that an earlier session may have sent. `send` when it is to be sent again, with whether the read has told
 * that no write has happened; a row that is only read comes out as failed where it is not at its target.
 */
async function readFirst(work: Work, row: Row, shared: Shared): Promise<Ended | { send: true; told: boolean }> {
  const look = await converse(row, shared, 'read');
  const end = (answer: Answer, last: Last) => outcomeOf(row, shared, answer, work.attempts, last);
  const only = work.first === 'read_only';
  switch (look.end) {
    case 'put_back':
      return only ? { untouched: true } : { putBack: true, ambiguous: true, attempts: work.attempts };
    case 'exhausted': {
      const { detail } = lastWords(look.answer, look.attempts);
      return end(look.answer, {
        status: 'unverified',
        reason: 'read_failed',
        retryable: true,
        detail: `a write may have happened, and it could not be read: ${detail}`,
      });
    }
    case 'verdict':
      switch (look.verdict.kind) {
        case 'confirmed':
          return end(look.answer, { status: 'updated', reason: 'confirmed_by_read', retryable: false });
        case 'wrong_number':
          return end(look.answer, wrongNumber(look.verdict.detail));
        case 'not_there': {
          const { told } = look.verdict;
          if (!only) return { send: true, told };
          if (!told) return { untouched: true };
          const detail = 'no write has come to pass: a read shows other values than the target';
          return end(look.answer, { status: 'failed', reason: 'not_at_target', retryable: true, detail });
        }
        case 'failed':
          throw new Error('an answer to a read was taken for one to a write');
      }
  }
}

/**
 * One row from its intent to its end. `onLaunched` is called once, when the row no longer waits for its first request,
 * so that the next row can be fetched.
 */
export async function carryOut(work: Work, shared: Shared, onLaunched: () => void): Promise<Ended> {
  const { entry } = work;
  const row: Row = { entry, requests: 0, beganAt: null, onLaunched };
  let unsure = false;
  if (work.first !== 'send') {
    const look = await readFirst(work, row, shared);
    if (!('send' in look)) return look;
    unsure = !look.told;
  }
  const { ports } = shared;
  await ports.record({ type: 'intent', row: entry.row, at: new Date(ports.clock.wallNow()).toISOString() });
  const talk = await converse(row, shared, 'write');
  const attempts = work.attempts + talk.attempts;
  if (talk.end === 'put_back') return { putBack: true, ambiguous: unsure || talk.ambiguous, attempts };
  return outcomeOf(row, shared, talk.answer, attempts, lastOf(talk));
}

function lastOf(talk: Exclude<Conversation, { end: 'put_back' }>): Last {
  if (talk.end === 'exhausted') {
    const status = talk.ambiguous ? 'unverified' : 'failed';
    return { status, reason: 'attempts_exhausted', retryable: true, ...lastWords(talk.answer, talk.attempts) };
  }
  const { verdict } = talk;
  switch (verdict.kind) {
    case 'confirmed':
      return { status: 'updated', reason: '', retryable: false };
    case 'failed':
      return { status: 'failed', reason: verdict.reason, retryable: false, detail: verdict.detail };
    case 'wrong_number':
      return wrongNumber(verdict.detail);
    case 'not_there':
      throw new Error('an answer to a write was taken for one to a read');
  }
}

/** What to say of the last of several failed attempts, where the answer itself says nothing. */
function lastWords(answer: Answer, attempts: number): { detail: string } {
  const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  if (answer.kind === 'network') return { detail: `${tries}, the last one ended with: ${answer.message}` };
  const said = firstError(answer);
  const unreadable = answer.body.kind === 'unreadable' ? ' with a body that is not the JSON of the API' : '';
  const text = said.detail || said.title;
  return {
    detail: `${tries}, the last one ended with HTTP ${answer.status}${unreadable}${text === '' ? '' : `: ${text}`}`,
  };
}
