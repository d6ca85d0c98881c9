import { describe, expect, it } from 'vitest';
import { createStop, sleepOrStop, waitOrStop } from '../../src/engine/stop.ts';
import { virtualClock } from '../support/engine/virtual-clock.ts';

describe('a stop', () => {
  it('keeps its first reason', () => {
    const stop = createStop();
    expect(stop.asked()).toBeNull();
    stop.ask('signal', 'SIGINT');
    stop.ask('outage', 'later');
    expect(stop.asked()).toEqual({ reason: 'signal', detail: 'SIGINT' });
  });

  it.each(['write_not_kept', 'order_mismatch'] as const)(
    'is about %s rather than about a limit of the run',
    (reason) => {
      const stop = createStop();
      stop.ask('finish_by', '02:00');
      stop.ask(reason, 'row 1');
      stop.ask('write_not_kept', 'row 2');
      expect(stop.asked()).toEqual({ reason, detail: 'row 1' });
      const interrupted = createStop();
      interrupted.ask('signal', 'SIGINT');
      interrupted.ask(reason, 'row 1');
      expect(interrupted.asked()?.reason).toBe('signal');
    },
  );

  it('calls each callback once, at once if it has been asked for, and not if it was removed', () => {
    const stop = createStop();
    const calls: string[] = [];
    stop.onAsked(() => calls.push('first'));
    stop.onAsked(() => calls.push('removed'))();
    stop.ask('signal', 'SIGINT');
    stop.ask('signal', 'SIGINT');
    stop.onAsked(() => calls.push('late'));
    expect(calls).toEqual(['first', 'late']);
  });
});

describe('sleepOrStop', () => {
  it('waits to the end, or until a stop is asked for', async () => {
    const clock = virtualClock();
    const stop = createStop();
    await clock.until(sleepOrStop(clock, stop, 300));
    expect(clock.now()).toBe(300);
    clock.at(500, () => stop.ask('signal', 'SIGINT'));
    await clock.until(sleepOrStop(clock, stop, 3_600_000));
    expect(clock.now()).toBe(500);
    await clock.until(sleepOrStop(clock, stop, 3_600_000));
    expect(clock.now()).toBe(500);
    expect(clock.pending()).toBe(0);
  });
});

describe('waitOrStop', () => {
  it('waits for a promise, or until a stop is asked for', async () => {
    const clock = virtualClock();
    const stop = createStop();
    const never = new Promise<void>(() => undefined);
    await clock.until(waitOrStop(stop, clock.sleep(300).done));
    expect(clock.now()).toBe(300);
    clock.at(500, () => stop.ask('signal', 'SIGINT'));
    await clock.until(waitOrStop(stop, never));
    expect(clock.now()).toBe(500);
    await clock.until(waitOrStop(stop, never));
    expect(clock.now()).toBe(500);
  });
});
