import type { Answer } from '../../core/api/response.ts';
import type { Pacer } from '../pacing/pacer.ts';
import type { Pass } from '../pacing/window-limit.ts';
import type { Clock } from '../ports.ts';
import { type Stop, sleepOrStop } from '../stop.ts';

/** Contract: a 401 is confirmed by one more request, because the login service of an API may fail for a moment. */
const CONFIRM_AFTER_MS = 2000;

export type KeyCheck = ReturnType<typeof createKeyCheck>;

type Request<T> = (pass: Pass) => Promise<T>;

/** Confirms a 401 before it stops a run. */
export function createKeyCheck(clock: Clock, pacer: Pacer, stop: Stop) {
  let checking: Promise<unknown> | null = null;

  async function check<T extends { answer: Answer }>(request: Request<T>): Promise<T | null> {
    const holder = Symbol('key check');
    pacer.hold(holder);
    try {
      await sleepOrStop(clock, stop, CONFIRM_AFTER_MS);
      const pass = await pacer.admit(holder);
      if (pass === null) return null;
      const answered = await request(pass);
      const { answer } = answered;
      if (answer.kind === 'http' && answer.status === 401) {
        stop.ask('key_refused', 'HTTP 401, twice within some seconds: the API does not accept this key');
        return null;
      }
      return answered;
    } finally {
      pacer.hold(null);
      checking = null;
    }
  }

  return {
    /**
     * Sends the request of the first row that saw a 401 once more, while all others wait. Returns its answer; `retry`
     * if another row has found meanwhile that the key is good; null if the run is to stop.
     */
    async confirm<T extends { answer: Answer }>(request: Request<T>): Promise<T | 'retry' | null> {
      if (checking !== null) {
        await checking.catch(() => undefined);
        return stop.asked() === null ? 'retry' : null;
      }
      const running = check(request);
      checking = running;
      return running;
    },
  };
}
