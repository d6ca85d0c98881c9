import PQueue from 'p-queue';
import type { Pacer, Pass } from './pacer.ts';

/** A row that has been tried goes before a row that has not. */
export const PRIORITY = { fresh: 0, again: 1 } as const;

/** The queue in front of the pacer: order, and how many requests are in flight. */
export type Lanes = {
  /** Waits for a turn and a place, then runs the request. Null when the run is to stop before it could leave. */
  send: <T>(priority: number, request: (pass: Pass) => Promise<T>) => Promise<T | null>;
};

/**
 * Two queues: `turns` lets one request at a time wait for its place, so that a retry overtakes every new row that is
 * still waiting, and `flights` bounds what is in flight. A backoff is waited for outside of both.
 */
export function createLanes(concurrency: number, pacer: Pacer): Lanes {
  const turns = new PQueue({ concurrency: 1 });
  const flights = new PQueue({ concurrency });

  async function untilRoom(): Promise<void> {
    while (flights.pending >= concurrency) await new Promise<void>((resolve) => flights.once('next', () => resolve()));
  }

  return {
    async send(priority, request) {
      const flight = await turns.add(
        async () => {
          await untilRoom();
          const pass = await pacer.admit();
          // In an object: a promise that is returned as it is would keep the turn until the answer.
          return pass === null ? null : { answer: flights.add(() => request(pass)) };
        },
        { priority },
      );
      return flight === null ? null : flight.answer;
    },
  };
}
