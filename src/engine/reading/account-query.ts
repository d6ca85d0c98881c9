import type { Answer, Body, Page, ShownOptOut, ShownSettings } from '../../core/api/response.ts';
import {
  classifyAccountRead,
  classifyExtraRead,
  classifyOptionalRead,
  firstError,
  isOutageAnswer,
} from '../../core/attempt/classify.ts';
import type { Ports } from '../ports.ts';
import type { Pipeline } from '../sending/pipeline.ts';
import type { RequestContext, RequestSpec } from '../sending/request.ts';
import { requestWithRetry } from '../sending/request-loop.ts';
import { createExtraRequests } from './extra-requests.ts';

/**
 * The account could not be read: the message says what was requested, and what the API answered. `refusedStatus`: the
 * status with which the API refused it; 0 without such an answer.
 */
export class Unread extends Error {
  readonly refusedStatus: number;
  constructor(message: string, refusedStatus = 0) {
    super(message);
    this.refusedStatus = refusedStatus;
  }
}

/** The run is to stop; its `Stop` says why. */
export class Stopped extends Error {}

/** What a read has shown, or how the API refused it. */
export type QueryResult = { body: Body } | { refusedStatus: number; description: string };

/** The lists that must be read, and what their pages hold. */
type Lists = { numbers: Page<ShownSettings>; opt_outs: Page<ShownOptOut> };

/** The page in an answer. Throws Unread if the API refuses it, or answers something else. */
export function pageIn<K extends keyof Lists>(result: QueryResult, kind: K, what: string): Lists[K] {
  if ('refusedStatus' in result) throw new Unread(`${what}: ${result.description}`, result.refusedStatus);
  const { body } = result;
  if (body.kind === kind) return (body as { page: Lists[K] }).page;
  const list = kind.replace('_', '-');
  throw new Unread(`${what}: expected a list of ${list}, got an answer of another kind`);
}

type Send = (onSent: () => void) => Promise<Answer>;
/**
 * `number`: about one number, which may not exist. `optional`: the caller can do without, so nothing is tried again.
 * `order`: about a bulk order. A failure is tried again a few times, and then it is a refusal.
 * `extra`: it only informs. A failure is tried again a few times, and then it is a refusal: it ends nothing.
 */
type QueryKind = 'list' | 'number' | 'optional' | 'order' | 'extra';
type Query = { what: string; send: Send; kind: QueryKind };

export type AccountQuery = ReturnType<typeof createAccountQuery>;

/** An answer in a few words, with its error if it has one. */
export function describeAnswer(answer: Answer): string {
  if (answer.kind === 'network') return answer.message;
  const { body, status } = answer;
  if (body.kind === 'unreadable') return body.why === undefined ? `HTTP ${status}` : `HTTP ${status}, ${body.why}`;
  const { code, title, detail } = firstError(answer);
  return [`HTTP ${status}`, code, title || detail].filter((part) => part !== '').join(' ');
}

const CLASSIFY = {
  list: classifyAccountRead,
  number: classifyAccountRead,
  optional: classifyOptionalRead,
  // The reads of its numbers show whether the key or the account is refused.
  order: classifyExtraRead,
  extra: classifyExtraRead,
};

const isOptional = (kind: QueryKind) => kind === 'optional' || kind === 'order' || kind === 'extra';

/**
 * Reads that belong to no row of a run, under its rate and its retry rules. `mayReadBack`: whether they are still sent,
 * once, although the run is to stop.
 */
export function createAccountQuery(pipeline: Pipeline, onEvent: Ports['onEvent'], mayReadBack = () => false) {
  let reads = 0;
  let calls = 0;
  let extras: RequestContext | null = null;
  const extra = () => {
    extras ??= createExtraRequests(pipeline);
    return extras;
  };

  const specOf = (row: number, { what, send, kind }: Query): RequestSpec => ({
    operation: 'read',
    row,
    describe: () => what,
    send: (onSent) => {
      calls += 1;
      return send(onSent);
    },
    classify: CLASSIFY[kind],
    attempts: { sent: 0, used: 0 },
    requests: { sent: 0 },
    onSending: () => undefined,
    onFailed: (answer, attempt, retryInMs) =>
      onEvent({
        event: 'read.failed',
        what,
        attempt,
        answer,
        description: describeAnswer(answer),
        retryInMs,
        isOptional: isOptional(kind),
      }),
    isAboutNumber: kind === 'number',
    isOptional: isOptional(kind),
    isWanted: () => kind !== 'extra' || extra().stop.asked() === null,
    isAllowedAfterStop: mayReadBack,
    ...(kind === 'order' ? { order: 'read' as const } : {}),
  });

  return {
    /** How many requests have been sent. */
    calls: () => calls,
    isDoubtful: pipeline.contact.isDoubtful,
    /** Throws Stopped, and stops the run, if `requests` were answered with nothing but 404. */
    refuseIfDoubtful(requests: string): void {
      if (!pipeline.contact.isDoubtful()) return;
      const { reason, detail } = pipeline.contact.nothingFound(requests);
      pipeline.stop.ask(reason, detail);
      throw new Stopped();
    },
    /** Sends until an answer decides; messages call it `what`. Throws Unread if none does (not `order` and `extra`), and Stopped. */
    async read(what: string, send: Send, kind: QueryKind = 'list'): Promise<QueryResult> {
      reads += 1;
      const row = -reads;
      const startedAt = pipeline.clock.now();
      for (;;) {
        const context = kind === 'extra' ? extra() : pipeline;
        const result = await requestWithRetry(specOf(row, { what, send, kind }), context);
        if (result.kind === 'requeued') {
          const asked = pipeline.stop.asked();
          // What needs the account says so itself, if another read has asked for the stop.
          if (asked === null || (kind === 'extra' && asked.reason !== 'signal')) {
            return { refusedStatus: 0, description: 'the server asks to wait' };
          }
          throw new Stopped();
        }
        const { answer } = result;
        if (result.kind === 'decided' || kind === 'order' || kind === 'extra') {
          const isConfirmed = result.kind === 'decided' && result.meaning.kind === 'confirmed';
          if (answer.kind === 'http' && isConfirmed) return { body: answer.body };
          return { refusedStatus: answer.kind === 'http' ? answer.status : 0, description: describeAnswer(answer) };
        }
        // Waiting costs no row an attempt, and a nightly run must survive an outage of some seconds.
        const waitedMs = pipeline.clock.now() - startedAt;
        if (!isOutageAnswer(answer) || waitedMs >= pipeline.limits.outage_patience) {
          throw new Unread(`${what}: ${describeAnswer(answer)}`);
        }
      }
    },
  };
}
