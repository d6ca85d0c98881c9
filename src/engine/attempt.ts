import type { Answer, ApiError } from '../core/answer.ts';
import { classify, firstError } from '../core/classify.ts';
import type { RequestCounts } from '../core/ledger-entry.ts';
import type { Outcome } from '../core/outcome.ts';
import type { PlanEntry } from '../core/plan.ts';
import { backoffMs } from '../core/retry.ts';
import type { KeyCheck } from './key-check.ts';
import { type Lanes, PRIORITY } from './lanes.ts';
import type { Pass } from './pacer.ts';
import type { Ports, Stop } from './ports.ts';
import { sleepOrStop } from './sleep-or-stop.ts';
import type { Throttle } from './throttle.ts';

/** What all rows of a run share. `requests` and `answered` are counted up as the run goes. */
export type Shared = {
  ports: Ports;
  stop: Stop;
  lanes: Lanes;
  throttle: Throttle;
  keyCheck: KeyCheck;
  limits: { maxAttempts: number; retryBaseMs: number; retryMaxMs: number };
  requests: RequestCounts;
  /** How long everybody is paused from now on, in ms. */
  pausedForMs: () => number;
  /** Answers with a status line so far: the first one speaks about the whole set-up. */
  answered: number;
};

/** How a row came out of the executor: an outcome, or put back because the run stopped. */
type Ended = Outcome | { putBack: true; ambiguous: boolean; attempts: number };

/** What an answer complains of: the first error of its body, or the failure of the network. */
function errorOf(answer: Answer): ApiError {
  if (answer.kind === 'http') return firstError(answer);
  return { code: answer.code, title: '', detail: answer.message, pointer: '' };
}

/** The texts of an outcome that come from its last answer. */
function told(
  answer: Answer,
): Pick<
  Outcome,
  | 'httpStatus'
  | 'errorCode'
  | 'errorTitle'
  | 'errorDetail'
  | 'errorPointer'
  | 'requestId'
  | 'profileAfter'
  | 'productAfter'
> {
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

/**
 * One plan entry from its intent to its end: send, classify, wait, send again. `onLaunched` is called once, when the
 * row no longer waits for its first request, so that the next row can be fetched.
 */
export async function carryOut(entry: PlanEntry, shared: Shared, onLaunched: () => void): Promise<Ended> {
  const { ports, stop, limits, requests } = shared;
  let attempts = 0;
  let sends = 0;
  let ambiguous = false;
  let began = ports.clock.now();

  const request = async (pass: Pass): Promise<Answer> => {
    const admittedAt = ports.clock.now();
    if (sends === 0) began = admittedAt;
    else requests.retries += 1;
    sends += 1;
    requests.total += 1;
    requests.writes += 1;
    onLaunched();
    try {
      const answer = await ports.send(entry, pass.left);
      if (answer.kind === 'http') shared.throttle.heed(answer, admittedAt);
      return answer;
    } finally {
      pass.settled();
    }
  };
  const putBack = (): Ended => ({ putBack: true, ambiguous, attempts });
  const failed = (answer: Answer, retryInMs: number | null) => {
    ports.tell({ event: 'attempt.failed', entry, attempt: sends, answer, error: errorOf(answer), retryInMs });
  };
  const end = (
    answer: Answer,
    last: Pick<Outcome, 'status' | 'reason' | 'retryable'> & { detail?: string },
  ): Outcome => {
    const { detail, ...rest } = last;
    const texts = told(answer);
    const finishedAt = new Date(ports.clock.wallNow()).toISOString();
    return {
      row: entry.row,
      ...rest,
      ...texts,
      errorDetail: detail ?? texts.errorDetail,
      attempts,
      durationMs: ports.clock.now() - began,
      finishedAt,
    };
  };

  for (;;) {
    let answer: Answer | 'again' | null = await shared.lanes.send(
      sends === 0 ? PRIORITY.fresh : PRIORITY.again,
      request,
    );
    if (answer?.kind === 'http' && answer.status === 401) {
      failed(answer, null);
      answer = await shared.keyCheck.confirm(request);
    }
    if (answer === null) return putBack();
    if (answer === 'again') continue;
    const first = answer.kind === 'http' && shared.answered++ === 0;
    const verdict = classify(entry, answer, first);
    switch (verdict.kind) {
      case 'confirmed':
        attempts += 1;
        return end(answer, { status: 'updated', reason: '', retryable: false });
      case 'failed':
        attempts += 1;
        failed(answer, null);
        return end(answer, { status: 'failed', reason: verdict.reason, retryable: false, detail: verdict.detail });
      case 'wrong_number': {
        attempts += 1;
        failed(answer, null);
        const reason = 'phone_number_mismatch';
        stop.ask(reason, `row ${entry.row} (line ${entry.line}), id ${entry.id}: ${verdict.detail}`);
        return end(answer, { status: 'failed', reason, retryable: false, detail: verdict.detail });
      }
      case 'throttled':
        // Costs no attempt: the row goes back to the head of the queue, which is paused.
        requests.rate_limited += 1;
        failed(answer, shared.pausedForMs());
        break;
      case 'unauthorized':
        break;
      case 'stop':
        failed(answer, null);
        stop.ask(verdict.reason, verdict.detail);
        return putBack();
      case 'retry': {
        attempts += 1;
        ambiguous ||= verdict.ambiguous;
        if (attempts >= limits.maxAttempts) {
          failed(answer, null);
          const status = ambiguous ? 'unverified' : 'failed';
          return end(answer, { status, reason: 'attempts_exhausted', retryable: true, ...lastWords(answer, attempts) });
        }
        const wait = backoffMs(attempts, limits.retryBaseMs, limits.retryMaxMs, ports.clock.random());
        failed(answer, wait);
        await sleepOrStop(ports.clock, stop, wait);
        break;
      }
      default:
        verdict satisfies never;
    }
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
