import { describe, expect, it } from 'vitest';
import { createWindowLimit } from '../../../src/engine/pacing/window-limit.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';

describe('the window limit', () => {
  it('has room for as many requests as the rate allows in a second', () => {
    const clock = virtualClock();
    let calls = 0;
    const limit = createWindowLimit(2, clock, () => {
      calls += 1;
    });
    const first = limit.take();
    expect(limit.roomIn(0)).toBe(0);
    const second = limit.take();
    // It is not known when requests that have not left will leave the window.
    expect(limit.roomIn(0)).toBe(Number.POSITIVE_INFINITY);
    first.markSent();
    first.markSent();
    expect(calls).toBe(1);
    const roomIn = limit.roomIn(0);
    expect(roomIn).toBeGreaterThan(1000);
    expect(roomIn).toBeLessThan(1020);
    second.release();
    first.release();
    expect(calls).toBe(2);
    expect(limit.roomIn(1020)).toBe(0);
  });

  it('counts a request that never left at its end', async () => {
    const clock = virtualClock();
    const limit = createWindowLimit(1, clock, () => undefined);
    const pass = limit.take();
    await clock.until(clock.sleep(700).done);
    pass.release();
    expect(limit.roomIn(700)).toBeGreaterThan(1000);
  });

  it('expects later arrivals of the first requests, and again after an idle time', async () => {
    const clock = virtualClock();
    const limit = createWindowLimit(2, clock, () => undefined);
    const roomAfterTwo = () => {
      for (let n = 0; n < 2; n++) limit.take().markSent();
      return limit.roomIn(clock.now());
    };
    const cold = roomAfterTwo();
    await clock.until(clock.sleep(1100).done);
    const warm = roomAfterTwo();
    await clock.until(clock.sleep(2100).done);
    expect(warm).toBe(cold - 8);
    expect(roomAfterTwo()).toBe(cold);
  });

  it('counts the requests of two windows under a lease when they are answered, however late they arrive', async () => {
    const clock = virtualClock();
    const limit = createWindowLimit(3, clock, () => undefined, true);
    const roomAfterWindow = async () => {
      const passes = [limit.take(), limit.take(), limit.take()];
      for (const pass of passes) pass.markSent();
      await clock.until(clock.sleep(100).done);
      for (const pass of passes) pass.release();
      const room = limit.roomIn(clock.now());
      await clock.until(clock.sleep(room).done);
      return room;
    };
    expect(await roomAfterWindow()).toBe(1015);
    expect(await roomAfterWindow()).toBe(1015);
    expect(await roomAfterWindow()).toBeLessThan(1000);
  });

  it.each(['auto', 'off'] as const)('does not limit at --rate %s', (rate) => {
    const limit = createWindowLimit(rate, virtualClock(), () => undefined);
    for (let n = 0; n < 1000; n++) limit.take().markSent();
    expect(limit.roomIn(0)).toBe(0);
  });
});
