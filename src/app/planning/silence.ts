import type { realClock } from '../../io/clock.ts';

/** An input that sends nothing for this long is announced: nothing else would show what the command waits for. */
const NOTICE_MS = 10_000;
/** An input that sends nothing for this long never will. */
export const MAX_SILENCE_MS = 15 * 60_000;

type Clock = Pick<typeof realClock, 'now' | 'sleep'>;

/**
 * Watches an input that may never send anything, such as a pipe. Call `received` for everything that comes, and `end`
 * at the end. `onNotice` and `onGiveUp` are called once each.
 */
export function watchSilence(clock: Clock, { onNotice, onGiveUp }: { onNotice: () => void; onGiveUp: () => void }) {
  let last = clock.now();
  let isOver = false;
  let sleep = clock.sleep(0);
  const untilSilent = async (ms: number) => {
    for (let left = ms; left > 0 && !isOver; left = last + ms - clock.now()) {
      sleep = clock.sleep(left);
      await sleep.done;
    }
    return !isOver;
  };
  void (async () => {
    if (await untilSilent(NOTICE_MS)) onNotice();
    if (!isOver && (await untilSilent(MAX_SILENCE_MS))) onGiveUp();
  })();
  return {
    received() {
      last = clock.now();
    },
    end() {
      isOver = true;
      sleep.cancel();
    },
  };
}
