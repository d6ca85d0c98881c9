import type { Answer, ApiError } from '../../core/api/response.ts';
import { type AnswerMeaning, firstError } from '../../core/attempt/classify.ts';
import type { RequestCounts } from '../../core/ledger/entry.ts';
import type { Settings } from '../../core/settings/schema.ts';
import type { Contact } from '../contact.ts';
import type { FileLimit } from '../file-limit.ts';
import type { OutageWatch } from '../outage/outage-watch.ts';
import type { Throttle } from '../pacing/throttle.ts';
import type { Clock } from '../ports.ts';
import type { Stop } from '../stop.ts';
import type { KeyCheck } from './key-check.ts';
import type { Admission, RequestQueue } from './request-queue.ts';

export type RequestLimits = Pick<Settings, 'max_attempts' | 'retry_base' | 'retry_max' | 'outage_patience'>;

/** What all requests of a command share. */
export type RequestContext = {
  clock: Clock;
  stop: Stop;
  queue: RequestQueue;
  throttle: Throttle;
  contact: Contact;
  files: FileLimit;
  keyCheck: KeyCheck;
  outages: OutageWatch;
  limits: RequestLimits;
  /** Counted up by every request. */
  requests: RequestCounts;
  /** Answers with a status line so far: the first one may say that nothing can work with this key or base URL. */
  answered: number;
  /** Whether a number whose write may have happened may still be read; for a short time also after a stop. */
  mayReadBack: () => boolean;
  /** How long all requests are paused from now on. */
  pausedForMs: () => number;
};

/** One request to send until an answer decides: a write or a read of a row, or a read that belongs to no row. */
export type RequestSpec = Admission & {
  /** A negative number identifies a request that belongs to no row. */
  row: number;
  /** How messages name it. */
  describe: () => string;
  send: (onSent: () => void) => Promise<Answer>;
  classify: (answer: Answer, isFirst: boolean) => AnswerMeaning;
  /** `sent`: requests of this operation. `used`: how many of the attempts they cost; a 429 or an outage costs none. */
  attempts: { sent: number; used: number };
  /** Requests of every operation about the same row in this session. */
  requests: { sent: number };
  /** Called before each request is sent. */
  onSending: (at: number) => void;
  onFailed: (answer: Answer, attempt: number, retryInMs: number | null) => void;
  /** Nothing depends on it: it is given up after a few attempts, and its failures are no sign of an outage. */
  isOptional?: boolean;
  /** Called before and after a wait for other rows, which show whether the failures of this one are an outage. */
  onSuspended?: (isSuspended: boolean) => void;
  /** Of a request that belongs to no row: whether it is about one number all the same. */
  isAboutNumber?: boolean;
  /** It places or reads a bulk order, which the API may have no endpoint, or a limit of its own for. */
  order?: 'place' | 'read';
};

/** A meaning after which nothing is left to try. */
export type FinalMeaning = Exclude<
  AnswerMeaning,
  { kind: 'retry' | 'throttled' | 'not_sent' | 'unauthorized' | 'stop' }
>;

/**
 * `exhausted`: no answer decided in all attempts. `ambiguous`: a write may have happened, and is not repeated before
 * the number has been read. `requeued`: the run stopped, or the request was not wanted; `isAmbiguous`: what stopped
 * the run was an answer to a write that may have happened.
 */
export type RequestResult =
  | { kind: 'decided'; answer: Answer; meaning: FinalMeaning }
  | { kind: 'exhausted'; answer: Answer }
  | { kind: 'ambiguous'; answer: Answer }
  | { kind: 'requeued'; isAmbiguous?: boolean };

/** The first error of an answer's body, or the failure of the network. */
export function errorOf(answer: Answer): ApiError {
  if (answer.kind === 'http') return firstError(answer);
  return { code: answer.code, title: '', detail: answer.message, pointer: '' };
}
