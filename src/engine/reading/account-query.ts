import type { Answer, Body } from '../../core/api/response.ts';
import { classifyAccountRead, firstError, isOutageAnswer } from '../../core/attempt/classify.ts';
import type { Ports } from '../ports.ts';
import type { Pipeline } from '../sending/pipeline.ts';
import { type RequestSpec, requestWithRetry } from '../sending/request-loop.ts';

/** The account could not be read: what was asked for, and how the API answered. */
export class Unread extends Error {
  /** The status with which the API refuses it; 0 where there was no such answer. */
  readonly refused: number;

  constructor(message: string, refused = 0) {
    super(message);
    this.refused = refused;
  }
}

/** The run is to stop; why is in its stop. */
export class Stopped extends Error {}

/** What one read has shown, or the status and words with which the API refuses it. */
export type Told = { body: Body } | { refused: number; words: string };

/** Reads that are about no row of a run, under its pace and its rules of retrying. */
export type AccountQuery = {
  /** Asks for `what` until an answer decides. Throws Unread where none does, and Stopped. */
  ask: (what: string, send: (onLeft: () => void) => Promise<Answer>) => Promise<Told>;
  /** So many answers have come. */
  calls: () => number;
};

/** How an answer is named in a message. */
function wordsOf(answer: Answer): string {
  if (answer.kind === 'network') return answer.message;
  const { code, title, detail } = firstError(answer);
  return [`HTTP ${answer.status}`, code, title || detail].filter((part) => part !== '').join(' ');
}

export function createAccountQuery(traffic: Pipeline, onEvent: Ports['onEvent']): AccountQuery {
  let asked = 0;
  let calls = 0;
  const questionOf = (row: number, what: string, send: (onLeft: () => void) => Promise<Answer>): RequestSpec => ({
    ask: 'read',
    row,
    name: () => what,
    send: (onLeft) => {
      calls += 1;
      return send(onLeft);
    },
    classify: classifyAccountRead,
    attempts: { sent: 0, failed: 0 },
    requests: { sent: 0 },
    onSending: () => undefined,
    onFailed: (answer, attempt, retryInMs) =>
      onEvent({ event: 'read.failed', what, attempt, answer, words: wordsOf(answer), retryInMs }),
    isWanted: () => true,
    evenStopped: () => false,
  });
  return {
    calls: () => calls,
    async ask(what, send) {
      asked += 1;
      const row = -asked;
      const began = traffic.clock.now();
      for (;;) {
        const talk = await requestWithRetry(questionOf(row, what, send), traffic);
        if (talk.end === 'put_back') throw new Stopped();
        if (talk.end === 'verdict') {
          const { answer, verdict } = talk;
          if (answer.kind === 'http' && verdict.kind === 'confirmed') return { body: answer.body };
          return { refused: answer.kind === 'http' ? answer.status : 0, words: wordsOf(answer) };
        }
        // No row is lost by waiting, and a nightly run must not die of an outage of some seconds.
        const waited = traffic.clock.now() - began;
        if (!isOutageAnswer(talk.answer) || waited >= traffic.limits.patienceMs) {
          throw new Unread(`${what}: ${wordsOf(talk.answer)}`);
        }
      }
    },
  };
}
