import PQueue from 'p-queue';
import { type Contact, DOUBTFUL_CONCURRENCY } from '../contact.ts';
import type { FileLimit } from '../file-limit.ts';
import type { CircuitBreaker } from '../outage/circuit-breaker.ts';
import type { Pacer } from '../pacing/pacer.ts';
import type { Pass } from '../pacing/window-limit.ts';
import type { Operation } from '../ports.ts';
import type { Stop } from '../stop.ts';

/** A row that has been tried goes before a row that has not. */
export const PRIORITY = { fresh: 0, retry: 1 } as const;

export type RequestQueue = ReturnType<typeof createRequestQueue>;

/** What decides whether a request is sent when its turn comes. */
export type Admission = {
  operation: Operation;
  isWanted: () => boolean;
  /** Whether it may be sent although the run is to stop. */
  isAllowedAfterStop: () => boolean;
};

type QueuedRequest<T> = Admission & { priority: number; run: (pass: Pass) => Promise<T> };

type QueueOptions = {
  concurrency: () => number;
  pacer: Pacer;
  breaker: CircuitBreaker;
  stop: Stop;
  contact: Contact;
  files: FileLimit;
};

/**
 * The queue in front of the pacer: decides the order of requests, and how many are in flight. It consists of two
 * queues. In `admission` one request at a time waits for the pacer, so that a retry overtakes every fresh row that
 * still waits. `inFlight` limits the requests that have been sent. A row in a backoff waits outside of both.
 */
export function createRequestQueue({ concurrency, pacer, breaker, stop, contact, files }: QueueOptions) {
  const admission = new PQueue({ concurrency: 1 });
  const inFlight = new PQueue({ concurrency: concurrency() });

  async function untilRoom(): Promise<void> {
    const room = () => Math.min(files.room(), contact.isDoubtful() ? DOUBTFUL_CONCURRENCY : concurrency());
    while (inFlight.pending >= room()) {
      await new Promise<void>((resolve) => inFlight.once('next', () => resolve()));
    }
  }

  return {
    inFlight: () => inFlight.pending,
    /** The concurrency may have changed. */
    onConcurrency(): void {
      if (inFlight.concurrency === concurrency()) return;
      inFlight.concurrency = concurrency();
      // Wakes what waits for room.
      inFlight.emit('next');
    },
    /** Waits for its turn, then runs the request. Null if it was not sent: the run is to stop, or it is not wanted. */
    async send<T>({ operation, priority, isWanted, isAllowedAfterStop, run }: QueuedRequest<T>): Promise<T | null> {
      const mayGo = () => stop.asked() === null || isAllowedAfterStop();
      const sent = await admission.add(
        async () => {
          await untilRoom();
          const entered = await breaker.enter(operation, mayGo);
          const pass =
            entered !== null && isWanted() ? await pacer.admit(undefined, () => mayGo() && isWanted()) : null;
          if (pass === null) return null;
          const answer = inFlight.add(() => run(pass));
          // While the API is down, the next request waits for what this one shows.
          if (entered === 'probe') {
            await answer.catch(() => undefined);
            breaker.onProbeEnd(operation);
          }
          // In an object: returning the promise itself would hold the turn until the answer.
          return { answer };
        },
        { priority },
      );
      return sent === null ? null : sent.answer;
    },
  };
}
