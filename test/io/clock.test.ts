import { describe, expect, it } from 'vitest';
import { realClock } from '../../src/io/clock.ts';

describe('the clock', () => {
  it('sleeps at least the given time', async () => {
    const began = realClock.now();
    await realClock.sleep(20).done;
    // Timers count whole milliseconds.
    expect(realClock.now() - began).toBeGreaterThan(18);
  });

  it('resolves at once when it is cancelled, and may be cancelled again and after its end', async () => {
    const sleep = realClock.sleep(3_600_000);
    sleep.cancel();
    await sleep.done;
    sleep.cancel();
    const over = realClock.sleep(0);
    await over.done;
    over.cancel();
  });

  it('accepts any wait: zero, negative, and longer than a timer can be', async () => {
    await realClock.sleep(0).done;
    await realClock.sleep(-5).done;
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    for (const ms of [2 ** 31, 1e15, Number.POSITIVE_INFINITY]) {
      const sleep = realClock.sleep(ms);
      const first = await Promise.race([sleep.done.then(() => 'over'), realClock.sleep(5).done.then(() => 'asleep')]);
      expect(first).toBe('asleep');
      sleep.cancel();
      await sleep.done;
    }
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });

  it('returns the time of day, a time that only grows, and random numbers', () => {
    expect(Math.abs(realClock.wallNow() - Date.now())).toBeLessThan(1000);
    const first = realClock.now();
    expect(realClock.now()).toBeGreaterThanOrEqual(first);
    for (let n = 0; n < 100; n++) {
      const chance = realClock.random();
      expect(chance >= 0 && chance < 1).toBe(true);
    }
  });
});
