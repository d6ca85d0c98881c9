import { count } from '../../core/text/text.ts';
import type { Clock } from '../../engine/ports.ts';
import type { Message, Posted } from '../../io/watching/post.ts';

const TRIES = 3;
const TRY_MS = 10_000;
/** Before the second try; before the third one, twice as long. */
const PAUSE_MS = 2000;
/** The end of a command waits no longer than this for its messages. */
const LAST_MS = 30_000;

export type DeliveryOptions = {
  /** The setting that names the URL, for the warning. */
  setting: string;
  post: (message: Message, signal: AbortSignal) => Promise<Posted>;
  clock: Pick<Clock, 'sleep'>;
};

/** Sends messages one after another, in the background: nothing waits for them before the end. */
export function createDelivery({ setting, post, clock }: DeliveryOptions) {
  let chain = Promise.resolve();
  let isEnding = false;
  /** Messages that were added and have not had their tries. */
  let waiting = 0;
  /** Ends the wait between two tries. */
  let wake: () => void = () => undefined;
  const cutter = new AbortController();
  let sent = 0;
  let lost = 0;
  let why = '';

  function cut(): void {
    cutter.abort();
    wake();
  }

  async function tryOnce(message: Message): Promise<Posted> {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const limit = clock.sleep(TRY_MS);
    void limit.done.then(abort);
    cutter.signal.addEventListener('abort', abort);
    if (cutter.signal.aborted) abort();
    const posted = await post(message, controller.signal);
    cutter.signal.removeEventListener('abort', abort);
    limit.cancel();
    return posted;
  }

  /** `mayGoOn`: whether another try may follow. */
  async function deliver(message: Message, mayGoOn: () => boolean): Promise<void> {
    for (let tries = 1; tries <= TRIES; tries++) {
      const posted = await tryOnce(message);
      if (posted.ok) {
        sent += 1;
        return;
      }
      ({ why } = posted);
      if (!posted.again || tries === TRIES || !mayGoOn()) break;
      const pause = clock.sleep(tries * PAUSE_MS);
      wake = pause.cancel;
      await pause.done;
      if (!mayGoOn()) break;
    }
    lost += 1;
  }

  return {
    /** Sends a message as soon as those before it have had their tries. */
    add(message: Message): void {
      const mayGoOn = () => !isEnding;
      const inTurn = () => (isEnding ? undefined : deliver(message, mayGoOn));
      // At once if none is before it: the end of a short run may follow immediately, and drops what waits.
      const turn = waiting === 0 ? deliver(message, mayGoOn) : chain.then(inTurn);
      waiting += 1;
      chain = turn.finally(() => {
        waiting -= 1;
      });
    },
    /**
     * Sends the last message, if there is one. What is under way gets no other try, and what waits is dropped. Returns
     * the warning, or null.
     */
    async end(message: Message | null): Promise<string | null> {
      const limit = clock.sleep(LAST_MS);
      void limit.done.then(cut);
      isEnding = true;
      wake();
      await chain;
      if (message !== null) await deliver(message, () => !cutter.signal.aborted);
      limit.cancel();
      if (lost === 0) return null;
      return `${setting}: ${lost} of ${count(sent + lost, 'message')} could not be delivered: ${why}`;
    },
    /** Gives up what is not delivered yet. */
    cut,
  };
}
