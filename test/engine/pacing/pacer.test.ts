import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RateControl } from '../../../src/core/rate/rate-control.ts';
import { createPaceMemory } from '../../../src/engine/pacing/pace-memory.ts';
import { createPacer, type Pacer } from '../../../src/engine/pacing/pacer.ts';
import { createControl } from '../../../src/engine/sending/pipeline.ts';
import { createStop, type Stop } from '../../../src/engine/stop.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';
import { type VirtualClock, virtualClock } from '../../support/engine/virtual-clock.ts';

type Trip = { leavesAfter: number; answersAfter: number };

/** A pacer whose server never names a limit or refuses. */
function paced(rate: number | 'off', clock: VirtualClock, stop: Stop): Pacer {
  return createPacer({ rate, control: createControl({ rate, reserve: 20 }), clock, stop });
}

/** Sends `count` requests as fast as a pacer admits them. `left`: when each of them was sent. */
async function send(rate: number | 'off', count: number, trip: (n: number) => Trip, pauses: [number, number][] = []) {
  const clock = virtualClock();
  const stop = createStop();
  const pacer = paced(rate, clock, stop);
  const left: number[] = [];
  const admitted: number[] = [];
  for (const [at, ms] of pauses) clock.at(at, () => pacer.pause(ms, false));
  const flights: Promise<void>[] = [];
  const sending = (async () => {
    for (let n = 0; n < count; n++) {
      const pass = await pacer.admit();
      if (pass === null) return;
      admitted.push(clock.now());
      const { leavesAfter, answersAfter } = trip(n);
      flights.push(
        (async () => {
          await clock.sleep(leavesAfter).done;
          pass.markSent();
          left.push(clock.now());
          await clock.sleep(answersAfter).done;
          pass.release();
        })(),
      );
    }
    await Promise.all(flights);
  })();
  await clock.until(sending);
  return { left, admitted, pacer, clock };
}

const quick = () => ({ leavesAfter: 0, answersAfter: 1 });

describe('pacing', () => {
  it.each([10, 50, 200, 1000])('never sends more than %i a second, and uses 99 %% of that', async (rate) => {
    const { left } = await send(rate, rate * 5, quick);
    expect(mostInWindow(left, 1000)).toBeLessThanOrEqual(rate);
    const span = ((left.at(-1) as number) - (left[0] as number)) / 1000;
    expect((left.length - 1) / span / rate).toBeGreaterThan(0.99);
  });

  it('uses 99 % behind a slow server too', async () => {
    const { left } = await send(50, 1000, (n) => ({ leavesAfter: 0.5, answersAfter: 100 + (n % 7) * 40 }));
    expect(mostInWindow(left, 1000)).toBeLessThanOrEqual(50);
    const span = ((left.at(-1) as number) - (left[0] as number)) / 1000;
    expect((left.length - 1) / span / 50).toBeGreaterThan(0.99);
  });

  it('keeps the limit whatever the delays between admission, sending and answer', async () => {
    const trips = fc.array(
      fc.record({ leavesAfter: fc.integer({ min: 0, max: 300 }), answersAfter: fc.integer({ min: 0, max: 500 }) }),
      { minLength: 20, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), trips, async (rate, given) => {
        const { left } = await send(rate, given.length, (n) => given[n] as Trip);
        expect(left).toHaveLength(given.length);
        expect(mostInWindow(left, 1000)).toBeLessThanOrEqual(rate);
      }),
      { numRuns: 40 },
    );
  });

  it('spaces a rate of less than one a second', async () => {
    const { left } = await send(0.5, 5, quick);
    const gaps = left.slice(1).map((at, n) => at - (left[n] as number));
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(2000);
  });

  it('keeps a rate with a fraction', async () => {
    const { left } = await send(2.5, 26, quick);
    const span = ((left.at(-1) as number) - (left[0] as number)) / 1000;
    expect(25 / span).toBeLessThanOrEqual(2.5);
    expect(25 / span).toBeGreaterThan(2.45);
  });

  it('never sends more a second than the next whole number, if the rate has a fraction and answers are late', async () => {
    const clock = virtualClock();
    const pacer = paced(2.5, clock, createStop());
    const left: number[] = [];
    const sending = (async () => {
      // One at a time, and every second one takes longer than its interval.
      for (let n = 0; n < 30; n++) {
        const pass = await pacer.admit();
        pass?.markSent();
        left.push(clock.now());
        await clock.sleep(n % 2 === 0 ? 622 : 1).done;
        pass?.release();
      }
    })();
    await clock.until(sending);
    expect(mostInWindow(left, 1000)).toBe(3);
  });

  it('spaces the first requests like the others', async () => {
    const { left } = await send(10, 10, quick);
    expect(mostInWindow(left, 95)).toBe(1);
  });

  it('does not burst after a pause', async () => {
    const { left } = await send(10, 40, quick, [[1500, 4000]]);
    const after = left.filter((at) => at >= 5500);
    expect(left.filter((at) => at > 1500 && at < 5500)).toEqual([]);
    expect(after[0]).toBeGreaterThanOrEqual(5500);
    expect(mostInWindow(after, 95)).toBe(1);
    expect(mostInWindow(left, 1000)).toBeLessThanOrEqual(10);
  });

  it('keeps the pause that ends last, and counts overlapping pauses once', async () => {
    const { left, pacer } = await send(10, 20, quick, [
      [500, 3000],
      [600, 1000],
      [700, 5000],
    ]);
    expect(left.filter((at) => at > 500 && at < 5700)).toEqual([]);
    expect(pacer.measured().paused_ms).toBeCloseTo(5200, 0);
  });

  it('counts a request that never left as one that left at its end', async () => {
    const clock = virtualClock();
    const pacer = paced(1, clock, createStop());
    const first = await clock.until(pacer.admit());
    const second = pacer.admit();
    clock.at(700, () => first?.release());
    await clock.until(second);
    expect(clock.now()).toBeGreaterThanOrEqual(1700);
  });

  it('admits nothing after a stop, not even a request that waits', async () => {
    const clock = virtualClock();
    const stop = createStop();
    const pacer = paced(1, clock, stop);
    const first = await clock.until(pacer.admit());
    first?.markSent();
    first?.release();
    pacer.pause(3_600_000, false);
    const waiting = pacer.admit();
    clock.at(10, () => stop.ask('signal', 'SIGINT'));
    expect(await clock.until(waiting)).toBeNull();
    expect(clock.now()).toBe(10);
    expect(await clock.until(pacer.admit())).toBeNull();
    expect(pacer.measured().paused_ms).toBeLessThanOrEqual(10);
  });

  it('admits only the holder while it is held', async () => {
    const clock = virtualClock();
    const pacer = paced(100, clock, createStop());
    const holder = Symbol('holder');
    pacer.hold(holder);
    let others = 0;
    const other = pacer.admit().then((pass) => {
      others += 1;
      pass?.release();
    });
    const mine = await clock.until(pacer.admit(holder));
    mine?.release();
    expect(others).toBe(0);
    pacer.hold(null);
    await clock.until(other);
    expect(others).toBe(1);
  });

  it('does not space requests at --rate off, but pauses them', async () => {
    const { left } = await send('off', 1000, quick, [[0, 0]]);
    expect(left.at(-1)).toBe(0);
    const paused = await send('off', 1, quick, []);
    expect(paused.left).toEqual([0]);
    const clock = virtualClock();
    const pacer = paced('off', clock, createStop());
    pacer.pause(250, false);
    await clock.until(pacer.admit());
    expect(clock.now()).toBe(250);
  });

  it('reports what it has measured', async () => {
    const { pacer } = await send(10, 31, quick);
    const measured = pacer.measured();
    expect(measured.max_in_1s).toBe(10);
    expect(measured.max_in_60s).toBe(31);
    expect(measured.mean_per_s).toBeGreaterThan(9.9);
    expect(measured.mean_per_s).toBeLessThanOrEqual(10);
  });
});

/** A control whose rate (requests a second) the test sets. */
function fixedControl(perSecond: number): RateControl & { perSecond: number } {
  const control = {
    perSecond,
    onSent: () => undefined,
    onResponse: () => undefined,
    rate: () => control.perSecond,
    restrict: () => undefined,
    serverLimit: () => ({ limit: 100, windowMs: 60_000.4 }),
  };
  return control;
}

describe('a rate that changes', () => {
  it('is followed: a faster one at once, a slower one from the next request on', async () => {
    const clock = virtualClock();
    const control = fixedControl(0.1);
    const pacer = createPacer({ rate: 'auto', control, clock, stop: createStop() });
    const admitted: number[] = [];
    clock.at(1000, () => {
      control.perSecond = 10;
      pacer.onRateChange();
    });
    clock.at(2000, () => {
      control.perSecond = 1;
      pacer.onRateChange();
    });
    const sending = (async () => {
      while (admitted.length < 20) {
        (await pacer.admit())?.release();
        admitted.push(clock.now());
      }
    })();
    await clock.until(sending);
    // Without the change the second one would be admitted after ten seconds.
    expect(admitted[1]).toBe(1000);
    const between = (from: number, to: number) => admitted.filter((at) => at >= from && at < to).length;
    // One slot of the idle time is used.
    expect(between(1000, 2000)).toBeGreaterThanOrEqual(10);
    expect(between(1000, 2000)).toBeLessThanOrEqual(12);
    expect(between(2200, 7200)).toBeGreaterThanOrEqual(4);
    expect(between(2200, 7200)).toBeLessThanOrEqual(5);
  });

  it('does not wake waiting requests if it grows little', async () => {
    const clock = virtualClock();
    const control = fixedControl(2);
    const pacer = createPacer({ rate: 'auto', control, clock, stop: createStop() });
    await clock.until(pacer.admit());
    clock.at(250, () => {
      control.perSecond = 2.08;
      pacer.onRateChange();
    });
    await clock.until(pacer.admit());
    expect(clock.now()).toBeCloseTo(502.5, 1);
  });

  it('is read again every second, because it may grow without an answer', async () => {
    const clock = virtualClock();
    const control = fixedControl(0.01);
    const pacer = createPacer({ rate: 'auto', control, clock, stop: createStop() });
    await clock.until(pacer.admit());
    clock.at(1500, () => {
      control.perSecond = 1;
    });
    await clock.until(pacer.admit());
    expect(clock.now()).toBe(2000);
  });

  it('is followed below a fixed rate, and not above it', async () => {
    const slow = virtualClock();
    const pacer = createPacer({ rate: 10, control: fixedControl(2), clock: slow, stop: createStop() });
    for (let n = 0; n < 5; n++) (await slow.until(pacer.admit()))?.release();
    expect(slow.now()).toBeCloseTo(2010, 0);
    const fast = virtualClock();
    const bounded = createPacer({ rate: 2, control: fixedControl(1000), clock: fast, stop: createStop() });
    for (let n = 0; n < 7; n++) (await fast.until(bounded.admit()))?.release();
    expect(fast.now()).toBeGreaterThanOrEqual(3000);
  });

  it('is summed up as the requests that were allowed, without pauses', async () => {
    const clock = virtualClock();
    const control = fixedControl(10);
    const pacer = createPacer({ rate: 'auto', control, clock, stop: createStop() });
    const admit = async () => (await clock.until(pacer.admit()))?.release();
    await admit();
    await clock.until(clock.sleep(1000).done);
    // Ten requests were allowed, and none was sent.
    pacer.pause(5000, false);
    pacer.pause(7000, true);
    await clock.until(clock.sleep(7500).done);
    control.perSecond = 2;
    pacer.onRateChange();
    await clock.until(clock.sleep(1000).done);
    await admit();
    const measured = pacer.measured();
    expect(measured).toMatchObject({ paused_ms: 7000, throttled_ms: 2000 });
    expect(measured.allowed).toBeCloseTo(1 + 10 + 5 + 2, 5);
    expect(measured.server_limit).toEqual({ requests: 100, window_ms: 60_000 });
    const unknown = { ...control, serverLimit: () => ({ limit: 7, windowMs: null }) };
    const limit = createPacer({ rate: 'auto', control: unknown, clock, stop: createStop() }).measured().server_limit;
    expect(limit).toEqual({ requests: 7, window_ms: null });
    expect(createPacer({ rate: 'off', control, clock, stop: createStop() }).measured().allowed).toBeNull();
    expect(createPacer({ rate: 'auto', control, clock, stop: createStop() }).measured()).toMatchObject({
      allowed: 0,
      mean_per_s: 0,
    });
  });

  it('is measured over all phases of a command, with a mean that is never above a fixed rate', async () => {
    const clock = virtualClock();
    const memory = createPaceMemory();
    const control = createControl({ rate: 4, reserve: 0 });
    for (const phase of [1, 2]) {
      const pacer = createPacer({ rate: 4, control, clock, stop: createStop(), memory });
      for (let n = 0; n < 3; n++) (await clock.until(pacer.admit()))?.release();
      expect(pacer.measured().max_in_60s).toBe(3 * phase);
      expect(pacer.measured().mean_per_s).toBeGreaterThan(3.8);
      expect(pacer.measured().mean_per_s).toBeLessThanOrEqual(4);
    }
  });

  it('is the mean of the requests at --rate off, and 1 for a single one', async () => {
    const clock = virtualClock();
    const pacer = createPacer({
      rate: 'off',
      control: createControl({ rate: 'off', reserve: 0 }),
      clock,
      stop: createStop(),
    });
    const admit = async () => (await clock.until(pacer.admit()))?.release();
    await admit();
    expect(pacer.measured().mean_per_s).toBe(1);
    for (let n = 0; n < 4; n++) {
      await clock.until(clock.sleep(5).done);
      await admit();
    }
    expect(pacer.measured()).toMatchObject({ mean_per_s: 200, max_in_1s: 5 });
  });
});
