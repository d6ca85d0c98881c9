import PQueue from 'p-queue';
import type { Pacer, Pass } from '../pacing/pacer.ts';
import type { Stop } from '../stop.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';

/** A row that has been tried goes before a row that has not. */
export const PRIORITY = { fresh: 0, again: 1 } as const;

/** The queue in front of the pacer: order, and how many requests are in flight. */
export type RequestQueue = {
  /**
   * Waits for a turn and a place, then runs the request. Null when the run is to stop before it could leave, or when
   * the row is not wanted any longer at its turn. `evenStopped`: whether it may leave although the run is to stop.
   */
  send: <T>(
    ask: 'read' | 'write',
    priority: number,
    request: (pass: Pass) => Promise<T>,
    isWanted: () => boolean,
    evenStopped: () => boolean,
  ) => Promise<T | null>;
};

/**
 * Two queues: `turns` lets one request at a time wait for its place, so that a retry overtakes every new row that is
 * still waiting, and `flights` bounds what is in flight. A backoff is waited for outside of both.
 */
export function createRequestQueue(
  concurrency: number,
  pacer: Pacer,
  breaker: CircuitBreaker,
  stop: Stop,
): RequestQueue {
  const turns = new PQueue({ concurrency: 1 });
  const flights = new PQueue({ concurrency });

  async function untilRoom(): Promise<void> {
    while (flights.pending >= concurrency) await new Promise<void>((resolve) => flights.once('next', () => resolve()));
  }

  return {
    async send(ask, priority, request, isWanted, evenStopped) {
      const mayGo = () => stop.asked() === null || evenStopped();
      const flight = await turns.add(
        async () => {
          await untilRoom();
          const entered = await breaker.enter(ask, mayGo);
          const pass = entered !== null && isWanted() ? await pacer.admit(undefined, mayGo) : null;
          if (entered === null || pass === null) return null;
          const answer = flights.add(() => request(pass)).finally(entered.leave);
          // While the API is down the next one waits for what this one has found.
          if (entered.probe) await answer.catch(() => undefined);
          // In an object: a promise that is returned as it is would keep the turn until the answer.
          return { answer };
        },
        { priority },
      );
      return flight === null ? null : flight.answer;
    },
  };
}
