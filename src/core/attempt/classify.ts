import type { Answer, ApiError, HttpAnswer } from '../api/response.ts';
import type { PlanEntry } from '../plan/entry.ts';
import { difference, phoneMismatch } from './difference.ts';
import type { StopReason } from './stop-reason.ts';

/** What one answer means for its row and for the run. */
export type AnswerMeaning =
  | { kind: 'confirmed' }
  /** Of a read: the number is not at its target, or (`isShown` is false) the answer does not show what it has. */
  | { kind: 'not_there'; isShown: boolean }
  /** Not at the target, and another attempt would not help. */
  | { kind: 'failed'; reason: 'api_error' | 'response_mismatch' | 'redirected'; detail: string }
  /** The answer names another phone number than the row: ids and rows do not belong together. */
  | { kind: 'wrong_number'; detail: string }
  /** Worth another attempt. `ambiguous`: the write may have happened all the same. */
  | { kind: 'retry'; ambiguous: boolean }
  | { kind: 'throttled' }
  /** Nothing was sent: this machine allows no more open files, or the lease of the account ends too soon. */
  | { kind: 'not_sent' }
  /** 401: to be confirmed by one more request before the run stops. */
  | { kind: 'unauthorized' }
  | { kind: 'stop'; reason: StopReason; detail: string };

// A 403 with one of these codes concerns the account or the key, not one number (Telnyx error code list).
const ACCOUNT_CODES = new Set('20002 20003 20006 20008 20012 20013 20014 20015 20016 20017 40314'.split(' '));
const BUSY_CODE = '10036';
/** Our own code: a request could arrive after the lease of its account has ended. */
export const LEASE_TOO_SHORT = 'ERR_LEASE';

const RETRY = { kind: 'retry', ambiguous: false } as const;
const NO_ERROR: ApiError = { code: '', title: '', detail: '', pointer: '' };

/** The first error in an answer, with empty texts if there is none. */
export function firstError(answer: HttpAnswer): ApiError {
  return (answer.body.kind === 'errors' ? answer.body.errors[0] : undefined) ?? NO_ERROR;
}

function hasCode(answer: HttpAnswer, test: (code: string) => boolean): boolean {
  return answer.body.kind === 'errors' && answer.body.errors.some((error) => test(error.code));
}

/**
 * What an answer to a PATCH means. Decided by status and code, never by the text of a message. `first`: this is the
 * first answer of the run, when a 403 or a redirect concerns the whole set-up.
 */
export function classify(entry: PlanEntry, answer: Answer, first: boolean): AnswerMeaning {
  if (isNotSent(answer)) return { kind: 'not_sent' };
  if (answer.kind === 'network') return { kind: 'retry', ambiguous: answer.sent };
  if (!isSuccess(answer)) return classifyRefusal(answer, first);
  // A 2xx without the JSON of the API is a cut or foreign body: the write may have happened.
  if (answer.body.kind !== 'settings') return { kind: 'retry', ambiguous: true };
  const { settings } = answer.body;
  const other = phoneMismatch(entry, settings);
  if (other !== null) return { kind: 'wrong_number', detail: `${other}; the write may have changed that number` };
  const isAboutNone = settings.id === undefined && settings.phoneNumber === undefined;
  const lacking = isAboutNone ? 'it does not name the number that was changed' : difference(entry, settings);
  if (lacking === '') return { kind: 'confirmed' };
  return { kind: 'failed', reason: 'response_mismatch', detail: `the answer was 200, but ${lacking}` };
}

/**
 * What an answer to the GET of a number means: at its target, not there, or the same as for `classify`. If only the
 * read of this number is refused, the write decides.
 */
export function classifyRead(entry: PlanEntry, answer: Answer, first: boolean): AnswerMeaning {
  if (!isSuccess(answer)) {
    const meaning = classifyFailedRead(answer, first);
    return meaning.kind === 'failed' ? { kind: 'not_there', isShown: false } : meaning;
  }
  if (answer.body.kind !== 'settings') return RETRY;
  const { settings } = answer.body;
  const detail = phoneMismatch(entry, settings);
  if (detail !== null) return { kind: 'wrong_number', detail };
  if (difference(entry, settings) === '') return { kind: 'confirmed' };
  const isProfileShown = entry.profileTarget === '' || settings.profile !== undefined;
  const isProductShown = entry.productTarget === '' || settings.product !== undefined;
  return { kind: 'not_there', isShown: isProfileShown && isProductShown };
}

/** What an answer to a read of a list or profile means. */
export function classifyAccountRead(answer: Answer, first: boolean): AnswerMeaning {
  if (!isSuccess(answer)) return classifyFailedRead(answer, first);
  const { kind } = answer.body;
  return kind === 'unreadable' || kind === 'errors' ? RETRY : { kind: 'confirmed' };
}

/** The same for a read that can be done without: an error of the server is a refusal. */
export function classifyOptionalRead(answer: Answer, first: boolean): AnswerMeaning {
  const meaning = classifyAccountRead(answer, first);
  return meaning.kind === 'retry' ? { kind: 'failed', reason: 'api_error', detail: '' } : meaning;
}

/** The same for a read that only informs: whatever it is refused with says nothing about the command. */
export function classifyExtraRead(answer: Answer): AnswerMeaning {
  const meaning = classifyAccountRead(answer, false);
  const isOfTheRun = meaning.kind === 'unauthorized' || meaning.kind === 'stop';
  const isMissing = answer.kind === 'http' && answer.status === 501;
  return isOfTheRun || isMissing ? { kind: 'failed', reason: 'api_error', detail: '' } : meaning;
}

function isSuccess(answer: Answer): answer is HttpAnswer {
  return answer.kind === 'http' && answer.status >= 200 && answer.status < 300;
}

/** Whether this machine refused a file for the connection. It says nothing about the API. */
export function isFileRefusal(answer: Answer): boolean {
  return answer.kind === 'network' && (answer.code === 'EMFILE' || answer.code === 'ENFILE');
}

/** Whether a request has not left, for a reason that says nothing about the API. */
export function isNotSent(answer: Answer): boolean {
  return isFileRefusal(answer) || (answer.kind === 'network' && answer.code === LEASE_TOO_SHORT);
}

/** Whether an answer suggests that the API is down: a 5xx, or no complete answer. */
export function isOutageAnswer(answer: Answer): boolean {
  if (isNotSent(answer)) return false;
  return answer.kind === 'network' || answer.status >= 500;
}

/** What an answer to a write that is not a success means. `first`: as for `classify`. */
export function classifyRefusal(answer: HttpAnswer, first: boolean): AnswerMeaning {
  const { status } = answer;
  if (status >= 500) return { kind: 'retry', ambiguous: true };
  if (status === 429) return { kind: 'throttled' };
  // After a timeout of the server the write may have happened, as after a timeout of ours.
  if (status === 408) return { kind: 'retry', ambiguous: true };
  if (status === 425 || hasCode(answer, (code) => code === BUSY_CODE)) return RETRY;
  const error = firstError(answer);
  const said = [`HTTP ${status}`, error.code, error.title].filter((part) => part !== '').join(' ');
  if (status === 401) return { kind: 'unauthorized' };
  if (status === 402) {
    const detail = `${said}: the account has to be paid or topped up before it can be changed`;
    return { kind: 'stop', reason: 'account_refused', detail };
  }
  if (status === 403 && (first || hasCode(answer, (code) => ACCOUNT_CODES.has(code)))) {
    return { kind: 'stop', reason: 'account_refused', detail: said };
  }
  if (status < 400) {
    const detail = `${said}: the server redirects requests, and redirects are not followed`;
    return first ? { kind: 'stop', reason: 'redirected', detail } : { kind: 'failed', reason: 'redirected', detail };
  }
  return { kind: 'failed', reason: 'api_error', detail: error.detail };
}

/** A failed read is never ambiguous, because it writes nothing. */
function classifyFailedRead(answer: Answer, first: boolean): AnswerMeaning {
  if (isNotSent(answer)) return { kind: 'not_sent' };
  const meaning = answer.kind === 'network' ? RETRY : classifyRefusal(answer, first);
  return meaning.kind === 'retry' ? RETRY : meaning;
}
