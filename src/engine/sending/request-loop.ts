import type { Answer, ApiError } from '../../core/api/response.ts';
import { backoffMs } from '../../core/attempt/backoff.ts';
import { type AnswerMeaning, firstError } from '../../core/attempt/classify.ts';
import type { RequestCounts } from '../../core/ledger/entry.ts';
import type { Pass } from '../pacing/pacer.ts';
import type { Throttle } from '../pacing/throttle.ts';
import type { Clock } from '../ports.ts';
import { type Stop, sleepOrStop } from '../stop.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { KeyCheck } from './key-check.ts';
import { PRIORITY, type RequestQueue } from './request-queue.ts';

/** What all requests of a command share. `requests` and `answered` are counted up as it goes. */
export type RequestContext = {
  clock: Clock;
  stop: Stop;
  lanes: RequestQueue;
  throttle: Throttle;
  keyCheck: KeyCheck;
  breaker: CircuitBreaker;
  limits: { maxAttempts: number; retryBaseMs: number; retryMaxMs: number; patienceMs: number };
  requests: RequestCounts;
  /** Whether a number whose write may have happened may be read: for a little while also when the run is to stop. */
  mayLook: () => boolean;
  /** How long everybody is paused from now on, in ms. */
  pausedForMs: () => number;
  /** Answers with a status line so far: the first one speaks about the whole set-up. */
  answered: number;
};

/** Something to ask the API about until an answer decides: a write or a read of a row, or a read that is about none. */
export type RequestSpec = {
  ask: 'read' | 'write';
  /** The row that it is about; for what is about none a negative number that tells it apart. */
  row: number;
  /** How it is named in a message. */
  name: () => string;
  send: (onLeft: () => void) => Promise<Answer>;
  classify: (answer: Answer, first: boolean) => AnswerMeaning;
  /** Requests of this kind, and attempts that have failed: counted up here, and down where they were part of an outage. */
  attempts: { sent: number; failed: number };
  /** Requests of every kind about the same row in this session. */
  requests: { sent: number };
  /** Called before each request leaves. */
  onSending: (at: number) => void;
  onFailed: (answer: Answer, attempt: number, retryInMs: number | null) => void;
  /** Whether it is still to be asked when its turn comes. */
  isWanted: () => boolean;
  /** Whether it may be asked once although the run is to stop. */
  evenStopped: () => boolean;
};

/** An answer and what it means. */
type Told = { answer: Answer; verdict: AnswerMeaning };

/** A verdict that ends a conversation: nothing is left to try. */
export type Final = Exclude<AnswerMeaning, { kind: 'retry' | 'throttled' | 'unauthorized' | 'stop' }>;

/**
 * How a conversation ended: with a verdict; without one after all attempts; with an answer to a write that leaves open
 * whether it has happened, whatever attempts are left; or because the run stopped.
 */
export type RequestResult =
  | { end: 'verdict'; answer: Answer; verdict: Final }
  | { end: 'exhausted'; answer: Answer }
  | { end: 'unsure'; answer: Answer }
  | { end: 'put_back' };

/** What an answer complains of: the first error of its body, or the failure of the network. */
export function errorOf(answer: Answer): ApiError {
  if (answer.kind === 'http') return firstError(answer);
  return { code: answer.code, title: '', detail: answer.message, pointer: '' };
}

/** Whether no attempt is left, and none was part of an outage; waits while that cannot be told. */
export async function isUsedUp(
  { ask, attempts }: Pick<RequestSpec, 'ask' | 'attempts'>,
  { limits, breaker }: Pick<RequestContext, 'limits' | 'breaker'>,
): Promise<boolean> {
  const none = () => attempts.failed >= limits.maxAttempts;
  return none() && (await breaker.mayGiveUp(ask)) && none();
}

/**
 * Asks the API one thing until an answer decides: sends, classifies, waits, sends again. Every request takes its own
 * place in the pacer; a backoff is waited for outside of it. A write that may have happened is not sent again here.
 */
export async function requestWithRetry(question: RequestSpec, shared: RequestContext): Promise<RequestResult> {
  const { clock, stop, limits, requests } = shared;
  const { ask, attempts } = question;
  const refundAttempt = () => {
    attempts.failed -= 1;
  };

  /**
   * What an answer means. A stop is asked for here, while the request still counts as in flight: the next one would
   * leave as soon as it does not.
   */
  function decide(answer: Answer): Told {
    const first = answer.kind === 'http' && answer.status !== 401 && shared.answered++ === 0;
    const verdict = question.classify(answer, first);
    if (verdict.kind === 'stop') stop.ask(verdict.reason, verdict.detail);
    if (verdict.kind === 'wrong_number') stop.ask('phone_number_mismatch', `${question.name()}: ${verdict.detail}`);
    return { answer, verdict };
  }

  const request = async (pass: Pass): Promise<Told> => {
    const admittedAt = clock.now();
    if (attempts.sent > 0) requests.retries += 1;
    attempts.sent += 1;
    question.requests.sent += 1;
    requests.total += 1;
    requests[ask === 'read' ? 'reads' : 'writes'] += 1;
    question.onSending(admittedAt);
    try {
      const answer = await question.send(pass.left);
      if (answer.kind === 'http') shared.throttle.heed(answer, admittedAt);
      shared.breaker.heard(question, answer, admittedAt, refundAttempt);
      return decide(answer);
    } finally {
      pass.settled();
    }
  };
  const failed = (answer: Answer, retryInMs: number | null) =>
    question.onFailed(answer, question.requests.sent, retryInMs);
  const isWanted = () => attempts.sent > 0 || question.isWanted();

  for (;;) {
    const priority = question.requests.sent === 0 ? PRIORITY.fresh : PRIORITY.again;
    let told: Told | 'again' | null = await shared.lanes.send(ask, priority, request, isWanted, question.evenStopped);
    if (told?.verdict.kind === 'unauthorized') {
      failed(told.answer, null);
      told = await shared.keyCheck.confirm(request);
    }
    if (told === null) return { end: 'put_back' };
    if (told === 'again') continue;
    const { answer, verdict } = told;
    // What did not decide is not asked again by a run that is to stop.
    const isOver = stop.asked() !== null;
    switch (verdict.kind) {
      case 'throttled':
        // Costs no attempt: the row goes back to the head of the queue, which is paused.
        requests.rate_limited += 1;
        failed(answer, isOver ? null : shared.pausedForMs());
        if (isOver) return { end: 'put_back' };
        break;
      case 'unauthorized':
        break;
      case 'stop':
        failed(answer, null);
        return { end: 'put_back' };
      case 'retry': {
        attempts.failed += 1;
        if (isOver && ask === 'read') {
          failed(answer, null);
          return { end: 'put_back' };
        }
        // Whether a write that may have happened is given up is decided when its number has been read.
        if (!verdict.ambiguous && (await isUsedUp(question, shared))) {
          failed(answer, null);
          return { end: 'exhausted', answer };
        }
        const { retryBaseMs, retryMaxMs } = limits;
        const wait = backoffMs(Math.max(1, attempts.failed), retryBaseMs, retryMaxMs, clock.random());
        failed(answer, wait);
        await sleepOrStop(clock, stop, wait);
        if (verdict.ambiguous) return { end: 'unsure', answer };
        break;
      }
      case 'confirmed':
      case 'not_there':
        return { end: 'verdict', answer, verdict };
      case 'failed':
      case 'wrong_number':
        failed(answer, null);
        return { end: 'verdict', answer, verdict };
      default:
        verdict satisfies never;
    }
  }
}
