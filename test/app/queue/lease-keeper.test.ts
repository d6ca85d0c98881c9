import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepLease } from '../../../src/app/queue/lease-keeper.ts';
import { type VirtualClock, virtualClock } from '../../support/engine/virtual-clock.ts';

const TTL = 1000;

/** How a renewal goes: ms until it is there and until its answer is back; lost on the way there, or back. */
type Trip = { there: number; back: number; lost: 'no' | 'there' | 'back' };

const pass = (clock: VirtualClock, ms: number) => clock.until(clock.sleep(ms).done);

/** A lease in a Redis of the test, which another takes as soon as it is free. */
function leaseWorld(trips: readonly Trip[]) {
  const clock = virtualClock();
  const lease = { token: 'ours', until: TTL };
  let next = 0;
  const takeIfFree = () => {
    if (clock.now() >= lease.until) lease.token = 'theirs';
  };
  const renew = async (): Promise<boolean> => {
    const { there, back, lost } = trips[next++ % trips.length] as Trip;
    await clock.sleep(there).done;
    takeIfFree();
    if (lost === 'there') throw new Error('lost');
    const isOurs = lease.token === 'ours';
    if (isOurs) lease.until = clock.now() + TTL;
    await clock.sleep(back).done;
    if (lost === 'back') throw new Error('lost');
    return isOurs;
  };
  const keeper = keepLease({ renew, sentAt: { now: 0, wallNow: clock.wallNow() }, ttlMs: TTL, clock });
  const isOursFor = (ms: number) => {
    takeIfFree();
    return lease.token === 'ours' && clock.now() + ms <= lease.until;
  };
  return { clock, keeper, isOursFor };
}

const FAST: Trip = { there: 1, back: 1, lost: 'no' };
const NEVER: Trip = { there: 1, back: 1, lost: 'there' };

describe('a lease that is kept', () => {
  it('lets nothing leave that could end after the lease, however renewals are delayed and lost', async () => {
    const delay = fc.oneof(fc.nat(20), fc.nat(3 * TTL));
    const trip = fc.record({ there: delay, back: delay, lost: fc.constantFrom('no', 'no', 'there', 'back') });
    const steps = fc.array(
      fc.record({ ms: fc.nat(TTL), timeout: fc.nat(TTL), wall: fc.integer({ min: -TTL, max: TTL }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(trip as fc.Arbitrary<Trip>, { minLength: 1 }), steps, async (trips, moments) => {
        const { clock, keeper, isOursFor } = leaseWorld(trips);
        for (const { ms, timeout, wall } of moments) {
          await pass(clock, ms);
          if (wall % 7 === 0) clock.stepWall(wall);
          if (keeper.mayLeave(timeout)) expect(isOursFor(timeout)).toBe(true);
          if (keeper.isLost()) expect(keeper.mayLeave(0)).toBe(false);
        }
        keeper.stop();
      }),
    );
  });

  it('is renewed at once when asked, and again if it was being renewed', async () => {
    const clock = virtualClock();
    const askedAt: number[] = [];
    const renew = async () => {
      askedAt.push(clock.now());
      await clock.sleep(10).done;
      return true;
    };
    const keeper = keepLease({ renew, sentAt: { now: 0, wallNow: clock.wallNow() }, ttlMs: TTL, clock });
    await pass(clock, 50);
    keeper.renewNow();
    await pass(clock, 5);
    keeper.renewNow();
    keeper.renewNow();
    await pass(clock, 100);
    keeper.stop();
    expect(askedAt).toEqual([50, 60]);
  });

  it('is always long enough while Redis answers', async () => {
    const { clock, keeper } = leaseWorld([FAST]);
    for (let at = 0; at < 50; at++) {
      expect(keeper.mayLeave(TTL / 2)).toBe(true);
      await pass(clock, 97);
    }
    expect(keeper.isLost()).toBe(false);
    keeper.stop();
  });

  it('is not held any more by a machine that slept, although its clock stood still', async () => {
    const { clock, keeper } = leaseWorld([NEVER]);
    expect(keeper.mayLeave(TTL)).toBe(true);
    clock.stepWall(1);
    expect(keeper.mayLeave(TTL)).toBe(false);
    expect(keeper.mayLeave(TTL - 1)).toBe(true);
    keeper.stop();
  });

  it('delays what must not leave until the next renewal', async () => {
    const { clock, keeper } = leaseWorld([NEVER, NEVER, NEVER, FAST]);
    await pass(clock, 500);
    expect(keeper.mayLeave(TTL / 2)).toBe(true);
    await pass(clock, 1);
    const waiting = keeper.untilMayLeave(TTL / 2);
    await clock.until(waiting);
    // The fourth renewal is sent after four fifths of the lease.
    expect(clock.now()).toBe(802);
    await clock.until(keeper.untilMayLeave(TTL / 2));
    expect(clock.now()).toBe(802);
    keeper.stop();
  });
});

describe('a lease that is lost', () => {
  it('is so when another has it: what waits goes on, and is refused', async () => {
    const { clock, keeper, isOursFor } = leaseWorld([{ there: 1100, back: 1, lost: 'no' }]);
    let calls = 0;
    keeper.onLost(() => {
      calls += 1;
    });
    keeper.onLost(() => expect.fail('it was removed'))();
    await pass(clock, 900);
    await clock.until(keeper.untilMayLeave(500));
    expect(isOursFor(0)).toBe(false);
    expect({ calls, lost: keeper.isLost(), may: keeper.mayLeave(0) }).toEqual({ calls: 1, lost: true, may: false });
    expect(keeper.lostWhy()).toContain('another owner');
    keeper.lose('again');
    keeper.onLost(() => {
      calls += 1;
    });
    expect(calls).toBe(2);
    expect(clock.pending()).toBe(0);
  });

  it('is so two leases after the last renewal, if Redis cannot be asked', async () => {
    const { clock, keeper } = leaseWorld([NEVER]);
    await pass(clock, 2 * TTL);
    expect(keeper.isLost()).toBe(false);
    await pass(clock, 1);
    expect(keeper.isLost()).toBe(true);
    expect(keeper.lostWhy()).toContain('could not be asked');
    expect(keeper.isInTime()).toBe(false);
  });

  it('is so at once if the server began again', () => {
    const { keeper } = leaseWorld([FAST]);
    keeper.lose('the Redis server started again');
    expect(keeper.isLost()).toBe(true);
    expect({ may: keeper.mayLeave(0), inTime: keeper.isInTime() }).toEqual({ may: false, inTime: true });
  });
});

it('asks no more when it is returned, and is not lost', async () => {
  const { clock, keeper } = leaseWorld([NEVER]);
  keeper.onLost(() => expect.fail('it was returned'));
  await pass(clock, 990);
  const waiting = keeper.untilMayLeave(500);
  keeper.stop();
  await clock.until(waiting);
  expect(keeper.mayLeave(0)).toBe(false);
  keeper.lose('too late');
  await pass(clock, 5 * TTL);
  expect(keeper.isLost()).toBe(false);
  expect(clock.pending()).toBe(0);
});
