import type { Answer, HttpAnswer } from '../core/api/response.ts';
import { lastingCause, nothingFound } from '../core/attempt/lasting.ts';
import type { StopCause } from '../core/attempt/stop-reason.ts';

/** Contract: this many numbers that are not found, and nothing else, show that this is not the API. */
const MAX_MISSING = 20;
/** Requests in flight while nothing but 404 has been answered: with the first ones, at most 25 are sent. */
export const DOUBTFUL_CONCURRENCY = 3;

/** A code of the API other than 10005, which it also answers without a key. */
const ABOUT_SOMETHING = /^(?!10005)[0-9]{5}$/;
/** Statuses of a path, or of a number, that a server does not know. */
const NOT_THERE = new Set([404, 405]);
/** Statuses of an endpoint that a server does not have. */
const LACKS_ENDPOINT = new Set([...NOT_THERE, 501]);
/** Statuses with which a server may answer without the key, or without knowing the path. */
const SAYS_NOTHING = new Set([401, 403, 404, 405, 407, 408, 425, 429]);

/** A request whose answer is observed. */
type Observed = {
  admittedAt: number;
  now: number;
  isRead: boolean;
  isAboutNumber: boolean;
  /** The run goes on without this answer. */
  isOptional?: boolean | undefined;
  /** Whether this API may do without the endpoint: that it is not there says nothing. */
  mayLackEndpoint?: boolean | undefined;
};

/** What a command has learned about who answers at the base URL, over all of its phases. */
export type Contact = ReturnType<typeof createContact>;

/** Whether an answer shows that this is the API, and that the key arrives. */
function isFromApi({ status, body }: HttpAnswer): boolean {
  if (body.kind === 'unreadable' || status >= 500) return false;
  if (status === 404 && body.kind === 'errors') return body.errors.some(({ code }) => ABOUT_SOMETHING.test(code));
  return !SAYS_NOTHING.has(status);
}

export function createContact(baseUrl: string) {
  let isAnswered = false;
  let isProven = false;
  /** The last such answer, if nothing else has been answered. */
  let missedStatus: number | null = null;
  let isUnreached = false;
  /** Why the run stops: answers to requests that were in flight then say the same. */
  let verdict: StopCause | null = null;
  let missing = 0;
  /** Lasting failures without an answer of the API in between, each sent after the one before had ended. */
  let tries = 0;
  let failedAt = Number.NEGATIVE_INFINITY;

  function countLasting(answer: Answer, { admittedAt, now, isRead, isOptional }: Observed): StopCause | null {
    // A firewall may refuse one endpoint alone.
    if (isOptional && isProven && answer.kind === 'http') return null;
    const cause = lastingCause(answer, baseUrl, { isNew: !isProven, isRead });
    isUnreached = cause?.onlyFirst === true && !isAnswered;
    if (cause === null || (cause.onlyFirst && isAnswered)) return null;
    if (verdict !== null) return verdict;
    // Requests that were in flight together are one try.
    if (admittedAt < failedAt) return null;
    failedAt = now;
    tries += 1;
    if (tries >= cause.tries) verdict = { reason: cause.reason, detail: cause.detail };
    return verdict;
  }

  return {
    /** Whether an answer has shown that this is the API, and that the key arrives. */
    isProven: () => isProven,
    /** Nothing but 404 so far: the key or the base URL may be wrong. */
    isDoubtful: () => missedStatus !== null && !isProven,
    /** The last request failed with a cause that may last, and no server has ever answered: no row may be given up. */
    isUnreached: () => isUnreached,
    nothingFound: (requests: string): StopCause => nothingFound(missedStatus ?? 404, requests, baseUrl),
    /** Takes an answer. Returns why the run must stop, if it must. */
    observe(answer: Answer, observed: Observed): StopCause | null {
      if (observed.mayLackEndpoint && answer.kind === 'http' && LACKS_ENDPOINT.has(answer.status)) return null;
      const lasting = countLasting(answer, observed);
      if (answer.kind === 'network') return lasting;
      if (lasting !== null) return lasting;
      isAnswered = true;
      if (isFromApi(answer)) {
        isProven = true;
        tries = 0;
      }
      if (!NOT_THERE.has(answer.status) || isProven) return null;
      missedStatus = answer.status;
      if (observed.isAboutNumber) missing += 1;
      if (missing < MAX_MISSING) return null;
      return nothingFound(missedStatus, `the first ${MAX_MISSING} numbers`, baseUrl);
    },
  };
}
