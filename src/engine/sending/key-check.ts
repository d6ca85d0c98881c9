import type { Answer } from '../../core/api/response.ts';
import type { Pacer, Pass } from '../pacing/pacer.ts';
import type { Ports } from '../ports.ts';
import { type Stop, sleepOrStop } from '../stop.ts';

/** Contract: a 401 is confirmed by one more request two seconds later, as an API's login service may stumble. */
const CONFIRM_AFTER_MS = 2000;

/** Confirms a 401 before it stops a run. */
export type KeyCheck = {
  /**
   * The first row that saw a 401 sends its request once more, while nobody else sends. Gives that answer; `again`
   * where another row has confirmed meanwhile that the key is good; null when the run is to stop.
   */
  confirm: <T extends { answer: Answer }>(request: (pass: Pass) => Promise<T>) => Promise<T | 'again' | null>;
};

export function createKeyCheck(ports: Pick<Ports, 'clock'>, pacer: Pacer, stop: Stop): KeyCheck {
  let checking: Promise<unknown> | null = null;

  async function check<T extends { answer: Answer }>(request: (pass: Pass) => Promise<T>): Promise<T | null> {
    const holder = Symbol('key check');
    pacer.hold(holder);
    try {
      await sleepOrStop(ports.clock, stop, CONFIRM_AFTER_MS);
      const pass = await pacer.admit(holder);
      if (pass === null) return null;
      const told = await request(pass);
      const { answer } = told;
      if (answer.kind === 'http' && answer.status === 401) {
        stop.ask('key_refused', 'HTTP 401, twice within some seconds: the API does not accept this key');
        return null;
      }
      return told;
    } finally {
      pacer.hold(null);
      checking = null;
    }
  }

  return {
    async confirm(request) {
      if (checking !== null) {
        await checking.catch(() => undefined);
        return stop.asked() === null ? 'again' : null;
      }
      const running = check(request);
      checking = running;
      return running;
    },
  };
}
