import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Settings } from '../../../src/core/settings/schema.ts';
import { createPacer } from '../../../src/engine/pacing/pacer.ts';
import { createControl, steerControl } from '../../../src/engine/sending/pipeline.ts';
import { createSteering } from '../../../src/engine/steering.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';

type Rate = Settings['rate'];
/** A command `after` ms after the one before: a rate, or a pause that begins or ends. */
type Command = { after: number; what: Rate | 'pause' | 'resume' };
/** How long a request takes to leave, to arrive, and to be answered. */
type Trip = { leaves: number; arrives: number; answers: number };

const UNTIL_MS = 20_000;
/** No request of these tests takes longer from its slot to its arrival. */
const MAX_TRIP_MS = 8;

/** Sends as fast as a pacer admits, while an operator gives commands. Returns arrivals, and the rate since when. */
async function steered(first: Rate, commands: readonly Command[], trips: readonly Trip[]) {
  const clock = virtualClock();
  const steering = createSteering({ rate: first, concurrency: null, max_failures: { value: 1, percent: true } });
  const control = createControl({ rate: first, reserve: 20 });
  steerControl(control, steering, { reserve: 20 });
  const stop = createStop();
  const pacer = createPacer({ rate: first, steering, control, clock, stop });
  const rates: { from: number; rate: Rate }[] = [{ from: Number.NEGATIVE_INFINITY, rate: first }];
  const pauses: { from: number; until: number }[] = [];
  let at = 0;
  for (const { after, what } of commands) {
    at += after;
    clock.at(at, () => {
      if (what === 'pause') steering.pause({ by: 'alice', at: '' });
      else if (what === 'resume') steering.pause(null);
      else {
        steering.change({ rate: what });
        rates.push({ from: clock.now(), rate: what });
      }
      const last = pauses.at(-1);
      if (what === 'pause' && last?.until !== Number.POSITIVE_INFINITY)
        pauses.push({ from: clock.now(), until: Number.POSITIVE_INFINITY });
      if (what === 'resume' && last !== undefined) last.until = Math.min(last.until, clock.now());
    });
  }
  clock.at(UNTIL_MS, () => stop.ask('signal', 'SIGTERM'));
  const admitted: number[] = [];
  const arrived: number[] = [];
  const flights: Promise<void>[] = [];
  const fly = async (pass: NonNullable<Awaited<ReturnType<typeof pacer.admit>>>, trip: Trip) => {
    await clock.sleep(trip.leaves).done;
    pass.markSent();
    await clock.sleep(trip.arrives).done;
    arrived.push(clock.now());
    await clock.sleep(trip.answers).done;
    pass.release();
  };
  const sending = (async () => {
    for (;;) {
      const pass = await pacer.admit();
      if (pass === null) break;
      admitted.push(clock.now());
      flights.push(fly(pass, trips[admitted.length % trips.length] as Trip));
    }
    await Promise.all(flights);
  })();
  await clock.until(sending);
  return { admitted, arrived: arrived.sort((a, b) => a - b), rates, pauses };
}

/** The greatest rate that was set at any time from `from` to `to`, in whole requests. */
function mostAllowed(rates: readonly { from: number; rate: Rate }[], from: number, to: number): number {
  const inForce = rates.filter((one, at) => one.from <= to && (rates[at + 1]?.from ?? Number.POSITIVE_INFINITY) > from);
  return Math.max(
    ...inForce.map(({ rate }) => (typeof rate === 'number' ? Math.ceil(rate) : Number.POSITIVE_INFINITY)),
  );
}

const anyRate = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 60 }) },
  { weight: 2, arbitrary: fc.constantFrom(0.5, 1.5, 2.5, 7.3) },
  { weight: 1, arbitrary: fc.constant('auto' as const) },
);
const anyCommand: fc.Arbitrary<Command> = fc.record({
  after: fc.integer({ min: 0, max: 4000 }),
  what: fc.oneof({ weight: 5, arbitrary: anyRate }, { weight: 1, arbitrary: fc.constantFrom('pause', 'resume') }),
});
const anyTrip: fc.Arbitrary<Trip> = fc.record({
  leaves: fc.integer({ min: 0, max: MAX_TRIP_MS - 3 }),
  arrives: fc.integer({ min: 0, max: 3 }),
  answers: fc.integer({ min: 0, max: 300 }),
});

describe('pacing that an operator steers', () => {
  it('lets no sliding second exceed the greatest rate of that second, whatever the commands are', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRate,
        fc.array(anyCommand, { maxLength: 12 }),
        fc.array(anyTrip, { minLength: 1, maxLength: 7 }),
        async (first, commands, trips) => {
          const { admitted, arrived, rates, pauses } = await steered(first, commands, trips);
          let from = 0;
          for (const [at, time] of arrived.entries()) {
            while ((arrived[from] as number) <= time - 1000) from += 1;
            const allowed = mostAllowed(rates, time - 1000 - MAX_TRIP_MS, time);
            if (at - from + 1 > allowed) throw new Error(`${at - from + 1} in the second before ${time}: ${allowed}`);
          }
          for (const pause of pauses) {
            if (admitted.some((time) => time > pause.from && time < pause.until)) throw new Error('sent while paused');
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('uses the rate that was set last, up and down', async () => {
    const commands = [
      { after: 4000, what: 40 },
      { after: 4000, what: 5 },
      { after: 4000, what: 2.5 },
    ] as const;
    const { arrived } = await steered(10, commands, [{ leaves: 0, arrives: 1, answers: 20 }]);
    const between = (from: number, to: number) => arrived.filter((at) => at >= from && at < to).length;
    expect(between(1000, 4000)).toBeGreaterThanOrEqual(29);
    expect(between(5000, 8000)).toBeGreaterThanOrEqual(117);
    expect(between(9000, 12_000)).toBeGreaterThanOrEqual(14);
    expect(between(14_000, 20_000)).toBeGreaterThanOrEqual(14);
  });
});
