import { describe, expect, it } from 'vitest';
import { createBucketFlow } from '../../src/core/bucket-flow.ts';
import { createSendHistory } from '../../src/core/send-history.ts';
import { createLimiter } from './limiters.ts';

const LIMIT = 100;
const WINDOW_MS = 60_000;

/** A server that is sent to as is said, and what is taken of it for; others may take as well. */
function server(kind: 'sliding' | 'bucket', noise = 0) {
  const limiter = createLimiter({ kind, limit: LIMIT, windowMs: WINDOW_MS, reset: 'none', phaseMs: 0 });
  const flow = createBucketFlow();
  const history = createSendHistory();
  let at = 0;
  let due = 0;
  let theirs = 0;
  return {
    flow,
    send(perSecond: number, forMs: number, { others = 0 } = {}): void {
      due = Math.max(due, at);
      for (const end = at + forMs; at < end; at += 10) {
        theirs += others / 100;
        for (; theirs >= 1; theirs -= 1) limiter.take(at);
        if (at < due) continue;
        due += 1000 / perSecond;
        const told = limiter.take(at);
        if (!told.allowed) continue;
        history.add(at);
        const used = LIMIT - told.remaining;
        const sent = history.until(at);
        const oldest = Math.max(0, Math.min(sent - 1, sent - used));
        flow.heard(at, {
          limit: LIMIT,
          used,
          sent,
          sentWithin: (ms: number) => sent - history.until(at - ms),
          ageMs: at - history.timeOf(oldest),
          blurMs: history.timeOf(oldest) - history.timeOf(Math.max(0, oldest - 2)),
          noise,
        });
      }
    },
  };
}

describe('what comes back like the tokens of a bucket', () => {
  it('is known within seconds from the start', () => {
    const { flow, send } = server('bucket');
    send(5, 3000);
    expect(flow.isSure()).toBe(false);
    send(5, 9000);
    expect(flow.isSure()).toBe(true);
  });

  it('is not what comes back to a window at any pace, nor where others take of it from the start', () => {
    for (const others of [0, 0.5]) {
      const { flow, send } = server('sliding');
      send(5, 10_000, { others });
      for (let minute = 0; minute < 15; minute++) {
        send(minute % 2 === 0 || others > 0 ? 0.7 : 0.3, 60_000, { others });
        expect(flow.isSure()).toBe(false);
      }
    }
  });

  it('is not known from the start where only what was sent out of its time seems to come back', () => {
    const sure = [0, 20].map((noise) => {
      const { flow, send } = server('bucket', noise);
      send(5, 3000);
      send(1.6, 20_000);
      return flow.isSure();
    });
    expect(sure).toEqual([true, false]);
  });

  it('is known later as well: more is taken than comes back, time and again', () => {
    const { flow, send } = server('bucket', 200);
    send(1.3, 200_000);
    expect(flow.isSure()).toBe(false);
    send(4, 8000);
    expect(flow.isSure()).toBe(false);
    send(4, 12_000);
    expect(flow.isSure()).toBe(true);
  });

  it('stays so beside others, and at any pace of ours', () => {
    const { flow, send } = server('bucket');
    send(5, 12_000);
    for (let minute = 0; minute < 30; minute++) {
      send(minute % 2 === 0 ? 1.3 : 0.2, 60_000, { others: minute > 5 ? 0.8 : 0 });
      expect(flow.isSure()).toBe(true);
    }
  });

  it('must be seen twice in a row: once may be others who come', () => {
    const { flow, send } = server('sliding', 200);
    send(1.3, 200_000);
    send(1, 20_000, { others: 1 });
    send(0.2, 100_000);
    send(3, 10_000);
    send(0.2, 100_000);
    expect(flow.isSure()).toBe(false);
  });

  it('is so no more when all has come back at once', () => {
    const { flow, send } = server('bucket');
    send(5, 12_000);
    expect(flow.isSure()).toBe(true);
    flow.ended();
    expect(flow.isSure()).toBe(false);
  });
});
