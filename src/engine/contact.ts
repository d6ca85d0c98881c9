import type { Answer, HttpAnswer } from '../core/api/response.ts';
import { lastingCause, nothingFound } from '../core/attempt/lasting.ts';
import type { StopCause } from '../core/attempt/stop-reason.ts';

/** Contract: this many numbers that are not found, and nothing else, show that this is not the API. */
const MAX_MISSING = 20;
/** Requests in flight while nothing but 404 has been answered: with the first ones, at most 25 are sent. */
export const DOUBTFUL_CONCURRENCY = 3;

/** A code of the API other than 10005, which it also answers without a key. */
const ABOUT_SOMETHING = /^(?!10005)[0-9]{5}$/;
/** Statuses with which a server may answer without the key, or without knowing the path. */
const SAYS_NOTHING = new Set([401, 403, 404, 405, 407, 408, 425, 429]);

/** A request whose answer is observed. */
type Observed = { admittedAt: number; now: number; isRead: boolean; isAboutNumber: boolean };

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
  let hasMissed = false;
  let missing = 0;
  /** Lasting failures without an answer of the API in between, each sent after the one before had ended. */
  let tries = 0;
  let failedAt = Number.NEGATIVE_INFINITY;

  function countLasting(answer: Answer, { admittedAt, now, isRead }: Observed): StopCause | null {
    const cause = lastingCause(answer, baseUrl, { isNew: !isProven, isRead });
    if (cause === null || (cause.onlyFirst && isAnswered)) return null;
    // Requests that were in flight together are one try.
    if (admittedAt < failedAt) return null;
    failedAt = now;
    tries += 1;
    return tries >= cause.tries ? { reason: cause.reason, detail: cause.detail } : null;
  }

  return {
    /** Nothing but 404 so far: the key or the base URL may be wrong. */
    isDoubtful: () => hasMissed && !isProven,
    nothingFound: (requests: string): StopCause => nothingFound(requests, baseUrl),
    /** Takes an answer. Returns why the run must stop, if it must. */
    observe(answer: Answer, observed: Observed): StopCause | null {
      const lasting = countLasting(answer, observed);
      if (answer.kind === 'network') return lasting;
      if (lasting !== null) return lasting;
      isAnswered = true;
      if (isFromApi(answer)) {
        isProven = true;
        tries = 0;
      }
      if (answer.status !== 404 || isProven) return null;
      hasMissed = true;
      if (observed.isAboutNumber) missing += 1;
      return missing < MAX_MISSING ? null : nothingFound(`the first ${MAX_MISSING} numbers`, baseUrl);
    },
  };
}
