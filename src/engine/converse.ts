import type { Answer, ApiError } from '../core/answer.ts';
import { classify, classifyRead, firstError, type Verdict } from '../core/classify.ts';
import type { RequestCounts } from '../core/ledger-entry.ts';
import type { PlanEntry } from '../core/plan.ts';
import { backoffMs } from '../core/retry.ts';
import type { Breaker } from './breaker.ts';
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
  breaker: Breaker;
  /** Whether a row that has not been sent is not to be sent, as its profile is held. */
  isHeld: (entry: PlanEntry) => boolean;
  limits: { maxAttempts: number; retryBaseMs: number; retryMaxMs: number };
  requests: RequestCounts;
  /** How long everybody is paused from now on, in ms. */
  pausedForMs: () => number;
  /** Answers with a status line so far: the first one speaks about the whole set-up. */
  answered: number;
};

/** One row at work. `beganAt` is the time of its first request in this session, null before it. */
export type Row = { entry: PlanEntry; requests: number; beganAt: number | null; onLaunched: () => void };

/** An answer and what it means. */
type Told = { answer: Answer; verdict: Verdict };

/** A verdict that ends a conversation: nothing is left to try. */
export type Final = Exclude<Verdict, { kind: 'retry' | 'throttled' | 'unauthorized' | 'stop' }>;

/** How a conversation ended: with a verdict, without one after all attempts, or because the run stopped. */
export type Conversation = { attempts: number; ambiguous: boolean } & (
  | { end: 'verdict'; answer: Answer; verdict: Final }
  | { end: 'exhausted'; answer: Answer }
  | { end: 'put_back' }
);

/** What an answer complains of: the first error of its body, or the failure of the network. */
export function errorOf(answer: Answer): ApiError {
  if (answer.kind === 'http') return firstError(answer);
  return { code: answer.code, title: '', detail: answer.message, pointer: '' };
}

/**
 * Asks the API one thing about a row until an answer decides: sends, classifies, waits, sends again. Every request
 * takes its own place in the pacer; a backoff is waited for outside of it.
 */
export async function converse(row: Row, shared: Shared, ask: 'read' | 'write'): Promise<Conversation> {
  const { ports, stop, limits, requests } = shared;
  const { entry } = row;
  let attempts = 0;
  let sent = 0;
  let ambiguous = false;
  const giveBack = () => {
    attempts -= 1;
  };

  /**
   * What an answer means. A stop is asked for here, while the request still counts as in flight: the next one would
   * leave as soon as it does not.
   */
  function decide(answer: Answer): Told {
    const first = answer.kind === 'http' && answer.status !== 401 && shared.answered++ === 0;
    const verdict = ask === 'read' ? classifyRead(entry, answer, first) : classify(entry, answer, first);
    if (verdict.kind === 'stop') stop.ask(verdict.reason, verdict.detail);
    if (verdict.kind === 'wrong_number') {
      const { row: number, line, id } = entry;
      stop.ask('phone_number_mismatch', `row ${number} (line ${line}), id ${id}: ${verdict.detail}`);
    }
    return { answer, verdict };
  }

  const request = async (pass: Pass): Promise<Told> => {
    const admittedAt = ports.clock.now();
    row.beganAt ??= admittedAt;
    row.requests += 1;
    if (sent > 0) requests.retries += 1;
    sent += 1;
    requests.total += 1;
    requests[ask === 'read' ? 'reads' : 'writes'] += 1;
    row.onLaunched();
    try {
      const answer = await (ask === 'read' ? ports.read(entry, pass.left) : ports.send(entry, pass.left));
      if (answer.kind === 'http') shared.throttle.heed(answer, admittedAt);
      shared.breaker.heard(entry.row, answer, admittedAt, giveBack);
      return decide(answer);
    } finally {
      pass.settled();
    }
  };
  const failed = (answer: Answer, retryInMs: number | null) => {
    const attempt = row.requests;
    ports.tell({ event: 'attempt.failed', entry, ask, attempt, answer, error: errorOf(answer), retryInMs });
  };
  const isWanted = () => sent > 0 || !shared.isHeld(entry);

  for (;;) {
    const priority = row.requests === 0 ? PRIORITY.fresh : PRIORITY.again;
    let told: Told | 'again' | null = await shared.lanes.send(priority, request, isWanted);
    if (told?.verdict.kind === 'unauthorized') {
      failed(told.answer, null);
      told = await shared.keyCheck.confirm(request);
    }
    if (told === null) return { end: 'put_back', attempts, ambiguous };
    if (told === 'again') continue;
    const { answer, verdict } = told;
    switch (verdict.kind) {
      case 'throttled':
        // Costs no attempt: the row goes back to the head of the queue, which is paused.
        requests.rate_limited += 1;
        failed(answer, shared.pausedForMs());
        break;
      case 'unauthorized':
        break;
      case 'stop':
        failed(answer, null);
        return { end: 'put_back', attempts, ambiguous };
      case 'retry': {
        attempts += 1;
        ambiguous ||= verdict.ambiguous;
        if (attempts >= limits.maxAttempts && (await shared.breaker.mayGiveUp())) {
          failed(answer, null);
          return { end: 'exhausted', answer, attempts, ambiguous };
        }
        const wait = backoffMs(Math.max(1, attempts), limits.retryBaseMs, limits.retryMaxMs, ports.clock.random());
        failed(answer, wait);
        await sleepOrStop(ports.clock, stop, wait);
        break;
      }
      case 'confirmed':
      case 'not_there':
        return { end: 'verdict', answer, verdict, attempts: attempts + 1, ambiguous };
      case 'failed':
      case 'wrong_number':
        failed(answer, null);
        return { end: 'verdict', answer, verdict, attempts: attempts + 1, ambiguous };
      default:
        verdict satisfies never;
    }
  }
}
