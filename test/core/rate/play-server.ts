import type { BucketSample } from '../../../src/core/rate/bucket-estimate.ts';
import { createSendHistory } from '../../../src/core/rate/send-history.ts';
import { createLimiter } from './limiters.ts';

export const PLAY_LIMIT = 100;
export const PLAY_WINDOW_MS = 60_000;

/** A server of 100 a minute that is sent to as is said, and what each answer tells; others may take of it as well. */
export function playServer(kind: 'aligned' | 'sliding' | 'bucket', heard: (at: number, sample: BucketSample) => void) {
  const limiter = createLimiter({ kind, limit: PLAY_LIMIT, windowMs: PLAY_WINDOW_MS, reset: 'full', phaseMs: 0 });
  const history = createSendHistory();
  let at = 0;
  let due = 0;
  let theirs = 0;

  function answer(remaining: number): void {
    const used = PLAY_LIMIT - remaining;
    const sent = history.until(at);
    const oldest = Math.max(0, Math.min(sent - 1, sent - used));
    const now = at;
    heard(at, {
      limit: PLAY_LIMIT,
      used,
      sent,
      resetMs: null,
      resetBlurMs: 0,
      sentWithin: (ms) => sent - history.until(now - ms),
      ageMs: at - history.timeOf(oldest),
      blurMs: history.timeOf(oldest) - history.timeOf(Math.max(0, oldest - 2)),
      noise: 0,
    });
  }

  return {
    /** So many a second for so long, in ms, beside others who send so many a second. */
    send(perSecond: number, forMs: number, others = 0): void {
      due = Math.max(due, at);
      for (const end = at + forMs; at < end; at += 10) {
        theirs += others / 100;
        for (; theirs >= 1; theirs -= 1) limiter.take(at);
        if (at < due) continue;
        due += 1000 / perSecond;
        const told = limiter.take(at);
        if (!told.allowed) continue;
        history.add(at);
        answer(told.remaining);
      }
    },
  };
}
