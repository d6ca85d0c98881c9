import type { Answer } from '../../core/api/response.ts';
import { backoffMs } from '../../core/attempt/backoff.ts';
import { type AnswerMeaning, isFileRefusal, isNotSent } from '../../core/attempt/classify.ts';
import type { StopCause } from '../../core/attempt/stop-reason.ts';
import { withAnswer } from '../../core/ledger/answer-counts.ts';
import type { Pass } from '../pacing/window-limit.ts';
import { sleepOrStop } from '../stop.ts';
import { errorOf, type RequestContext, type RequestResult, type RequestSpec } from './request.ts';
import { PRIORITY } from './request-queue.ts';

/** A request on which nothing depends is given up after this many. */
const OPTIONAL_ATTEMPTS = 3;

const GIVEN_UP: AnswerMeaning = { kind: 'failed', reason: 'api_error', detail: '' };

type ClassifiedAnswer = { answer: Answer; meaning: AnswerMeaning };

/** Whether no attempt is left, and none was part of an outage; waits until that is clear. */
export async function areAttemptsExhausted(
  { operation, attempts, isOptional = false, onSuspended = () => undefined }: RequestSpec,
  { limits, outages, contact }: Pick<RequestContext, 'limits' | 'outages' | 'contact'>,
): Promise<boolean> {
  if (isOptional) return attempts.used >= Math.min(OPTIONAL_ATTEMPTS, limits.max_attempts);
  // As long as it is not clear whether the API can be reached at all, the failures say nothing about the row.
  if (attempts.used < limits.max_attempts || contact.isUnreached()) return false;
  onSuspended(true);
  const mayGiveUp = await outages.mayGiveUp(operation);
  onSuspended(false);
  // Checked again, because an attempt may have been refunded meanwhile.
  return mayGiveUp && attempts.used >= limits.max_attempts;
}

/**
 * Sends a request until an answer decides. Every attempt is admitted by the pacer on its own; a backoff is waited for
 * outside of the queue.
 */
export async function requestWithRetry(spec: RequestSpec, context: RequestContext): Promise<RequestResult> {
  for (;;) {
    const answered = await sendInTurn(spec, context);
    if (answered === null) return { kind: 'requeued' };
    const result = answered === 'retry' ? null : await afterAnswer(spec, context, answered);
    if (result !== null) return result;
  }
}

/** Sends the request once, when the queue lets it; a 401 is confirmed. Null if it was not sent. */
async function sendInTurn(spec: RequestSpec, context: RequestContext): Promise<ClassifiedAnswer | 'retry' | null> {
  const run = (pass: Pass) => sendOnce(spec, context, pass);
  const answered = await context.queue.send({
    operation: spec.operation,
    priority: spec.requests.sent === 0 ? PRIORITY.fresh : PRIORITY.retry,
    run,
    isWanted: () => spec.attempts.sent > 0 || spec.isWanted(),
    isAllowedAfterStop: spec.isAllowedAfterStop,
  });
  if (answered?.meaning.kind !== 'unauthorized') return answered;
  spec.onFailed(answered.answer, spec.requests.sent, null);
  return context.keyCheck.confirm(run);
}

async function sendOnce(spec: RequestSpec, context: RequestContext, pass: Pass): Promise<ClassifiedAnswer> {
  const { operation, row, attempts, isOptional } = spec;
  const { requests, throttle, outages } = context;
  const admittedAt = context.clock.now();
  const isRetry = attempts.sent > 0;
  const count = (by: 1 | -1) => {
    if (isRetry) requests.retries += by;
    requests.total += by;
    requests[operation === 'read' ? 'reads' : 'writes'] += by;
    if (spec.order === 'place') requests.orders = (requests.orders ?? 0) + by;
  };
  count(1);
  attempts.sent += 1;
  spec.requests.sent += 1;
  spec.onSending(admittedAt);
  outages.onSent();
  const refundAttempt = () => {
    attempts.used -= 1;
  };
  try {
    const answer = await spec.send(pass.markSent);
    if (isNotSent(answer)) count(-1);
    else requests.answers = withAnswer(requests.answers, operation, answer);
    let isWaitTooLong = false;
    if (answer.kind === 'http' && spec.order === undefined) throttle.onResponse(answer, admittedAt);
    else if (answer.kind === 'http') isWaitTooLong = throttle.onOrderResponse(answer, admittedAt);
    outages.onResponse({ row, operation, admittedAt, refundAttempt, isOptional }, answer);
    if (isFileRefusal(answer)) context.files.onRefused(errorOf(answer).code, admittedAt, context.queue.inFlight());
    else context.files.onConnected();
    const cause = context.contact.observe(answer, {
      admittedAt,
      now: context.clock.now(),
      isRead: row < 0 && operation === 'read',
      isAboutNumber: row > 0 || spec.isAboutNumber === true,
      isOptional,
      mayLackEndpoint: spec.order !== undefined,
    });
    if (isWaitTooLong) {
      requests.rate_limited += 1;
      return { answer, meaning: GIVEN_UP };
    }
    return classifyAnswer(spec, context, answer, cause);
  } finally {
    pass.release();
  }
}

/**
 * `cause`: what the answer says about the run as a whole. Asks for a stop while the request still counts as in flight:
 * otherwise the next one would be sent.
 */
function classifyAnswer(
  spec: RequestSpec,
  context: RequestContext,
  answer: Answer,
  cause: StopCause | null,
): ClassifiedAnswer {
  const isFirst = answer.kind === 'http' && answer.status !== 401 && context.answered++ === 0;
  const meaning: AnswerMeaning = cause === null ? spec.classify(answer, isFirst) : { kind: 'stop', ...cause };
  if (meaning.kind === 'stop') context.stop.ask(meaning.reason, meaning.detail);
  if (meaning.kind === 'wrong_number') {
    context.stop.ask('phone_number_mismatch', `${spec.describe()}: ${meaning.detail}`);
  }
  return { answer, meaning };
}

/** Waits as long as the meaning demands. Returns null if the request is to be sent again. */
async function afterAnswer(
  spec: RequestSpec,
  context: RequestContext,
  { answer, meaning }: ClassifiedAnswer,
): Promise<RequestResult | null> {
  const { clock, stop, limits } = context;
  const isStopping = stop.asked() !== null;
  const onFailed = (retryInMs: number | null) => spec.onFailed(answer, spec.requests.sent, retryInMs);
  switch (meaning.kind) {
    case 'confirmed':
    case 'not_there':
      return { kind: 'decided', answer, meaning };
    case 'failed':
    case 'wrong_number':
      onFailed(null);
      return { kind: 'decided', answer, meaning };
    case 'stop':
      onFailed(null);
      // Something has accepted the write, though not as the API would.
      return { kind: 'requeued', isAmbiguous: answer.kind === 'http' && answer.status < 300 };
    case 'unauthorized':
      return null;
    case 'throttled':
      // Costs no attempt: the row goes back to the head of the queue, which is paused.
      context.requests.rate_limited += 1;
      onFailed(isStopping ? null : context.pausedForMs());
      return isStopping ? { kind: 'requeued' } : null;
    case 'not_sent': {
      // Costs no attempt, as nothing was sent.
      const waitMs = backoffMs(spec.requests.sent, limits.retry_base / 4, limits.retry_max, clock.random());
      onFailed(isStopping ? null : waitMs);
      if (isStopping) return { kind: 'requeued' };
      await sleepOrStop(clock, stop, waitMs);
      return null;
    }
    case 'retry': {
      const { attempts } = spec;
      attempts.used += 1;
      if (isStopping && spec.operation === 'read') {
        onFailed(null);
        return { kind: 'requeued' };
      }
      // Whether an ambiguous write is given up is decided when its number has been read.
      if (!meaning.ambiguous && (await areAttemptsExhausted(spec, context))) {
        onFailed(null);
        return { kind: 'exhausted', answer };
      }
      const waitMs = backoffMs(Math.max(1, attempts.used), limits.retry_base, limits.retry_max, clock.random());
      onFailed(waitMs);
      await sleepOrStop(clock, stop, waitMs);
      return meaning.ambiguous ? { kind: 'ambiguous', answer } : null;
    }
    default:
      return meaning satisfies never;
  }
}
