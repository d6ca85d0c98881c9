import { describe, expect, it } from 'vitest';
import { createSteering, type SteeredLimits } from '../../../src/engine/steering.ts';
import {
  entry,
  http,
  landed,
  network,
  ok,
  PROFILE,
  rows,
  toWrites,
  UNGUARDED,
  world,
} from '../../support/engine/fake-world.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';

const OTHER = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';
const BY = { by: 'alice', at: '2026-11-23T02:00:00.000Z' };

const steeringOf = (limits: Partial<SteeredLimits> = {}, held: string[] = []) =>
  createSteering(
    { rate: 10, concurrency: null, max_failures: UNGUARDED.max_failures, ...limits },
    held.map((profile) => [profile, BY] as const),
  );

/** An API that answers every write with its target. */
const accepting = () => world((row) => ok({ profile: row % 2 === 0 ? OTHER : PROFILE, product: 'A2P' }));
/** Rows to two profiles in turn: even ones to OTHER. */
const mixed = (count: number) => rows(count, (row) => entry(row, { profileTarget: row % 2 === 0 ? OTHER : PROFILE }));

const between = (times: readonly { at: number }[], from: number, to: number) =>
  times.filter(({ at }) => at >= from && at < to).length;

describe('a run that is paused by an operator', () => {
  it('sends nothing more until it is resumed, and then goes on without a burst', async () => {
    const w = accepting();
    const steering = steeringOf();
    w.clock.at(1000, () => steering.pause(BY));
    w.clock.at(61_000, () => steering.pause(null));
    const { stop, rate } = await w.run(mixed(40), { steering });
    expect(stop).toBeNull();
    expect(w.outcomes().size).toBe(40);
    expect(between(w.sent, 1001, 61_000)).toBe(0);
    expect(
      mostInWindow(
        w.sent.map(({ at }) => at),
        1000,
      ),
    ).toBeLessThanOrEqual(10);
    expect(rate.paused_ms).toBe(60_000);
    // What could have been sent meanwhile was not allowed.
    expect(rate.allowed).toBeLessThan(45);
  });

  it('can be paused before its first request', async () => {
    const w = accepting();
    const steering = steeringOf();
    steering.pause(BY);
    w.clock.at(5000, () => steering.pause(null));
    expect((await w.run(mixed(3), { steering })).rate.paused_ms).toBe(5000);
    expect(w.sent[0]?.at).toBe(5000);
  });

  it.each(['drained', 'finish_by', 'signal'] as const)('ends at once if it is to stop: %s', async (reason) => {
    const w = accepting();
    const steering = steeringOf();
    w.clock.at(1000, () => steering.pause(BY));
    w.clock.at(2000, () => w.stop.ask(reason, 'test'));
    const { stop } = await w.run(mixed(40), { steering });
    expect(stop?.reason).toBe(reason);
    expect(w.clock.now()).toBe(2000);
  });

  it('reads back what may have been written although it stops while it is paused', async () => {
    const w = world(toWrites((row) => (row === 3 ? landed(network('ECONNRESET', true)) : ok())));
    const steering = steeringOf();
    w.clock.at(400, () => steering.pause(BY));
    w.clock.at(60_000, () => w.stop.ask('finish_by', 'test'));
    await w.run(20, { steering });
    expect(w.outcomes().get(3)?.reason).toBe('confirmed_by_read');
  });

  it('loses no patience with an API that is down, that throttles, or with a machine without files', async () => {
    for (const answer of [http(503), http(429), network('EMFILE', false)]) {
      const w = world((_row, _before, now) =>
        now > 100 && now < 3_605_000 ? answer : ok({ profile: PROFILE, product: 'A2P' }),
      );
      const steering = steeringOf({ rate: 50 });
      w.clock.at(3000, () => steering.pause(BY));
      w.clock.at(3_603_000, () => steering.pause(null));
      const { stop } = await w.run(100, { steering, rate: 50, outage_patience: 60_000, max_server_wait: 60_000 });
      expect(stop).toBeNull();
      expect(w.outcomes().size).toBe(100);
    }
  });
});

describe('the rate of a run at work', () => {
  it('falls and rises at once, and concurrency follows it', async () => {
    const w = accepting();
    const steering = steeringOf({ rate: 50 });
    w.clock.at(2000, () => steering.change({ rate: 5 }));
    w.clock.at(12_000, () => steering.change({ rate: 100 }));
    const { rate } = await w.run(mixed(1000), { steering });
    expect(w.outcomes().size).toBe(1000);
    expect(between(w.sent, 0, 2000)).toBeGreaterThan(95);
    expect(between(w.sent, 3000, 12_000)).toBeGreaterThan(40);
    expect(between(w.sent, 3000, 12_000)).toBeLessThanOrEqual(46);
    for (let from = 3000; from <= 11_000; from += 100)
      expect(between(w.sent, from, from + 1000)).toBeLessThanOrEqual(5);
    expect(between(w.sent, 12_000, 14_000)).toBeGreaterThan(190);
    expect(rate.max_in_1s).toBeLessThanOrEqual(100);
    expect(rate.mean_per_s).toBeGreaterThan(40);
  });

  it('can be handed over to the server, and back', async () => {
    const w = accepting();
    const steering = steeringOf({ rate: 2 });
    w.clock.at(2000, () => steering.change({ rate: 'auto' }));
    w.clock.at(20_000, () => steering.change({ rate: 4 }));
    const { stop } = await w.run(mixed(200), { steering });
    expect(stop).toBeNull();
    expect(between(w.sent, 10_000, 20_000)).toBeGreaterThan(40);
    for (let from = 21_000; from <= 23_000; from += 50)
      expect(between(w.sent, from, from + 1000)).toBeLessThanOrEqual(4);
  });

  it('can be freed of every limit, and limited again', async () => {
    const w = accepting();
    const steering = steeringOf({ rate: 2 });
    w.clock.at(2000, () => steering.change({ rate: 'off' }));
    w.clock.at(2050, () => steering.change({ rate: 2 }));
    const { rate } = await w.run(mixed(400), { steering });
    expect(between(w.sent, 2000, 2050)).toBeGreaterThan(100);
    for (let from = 3051; from <= 9000; from += 50) expect(between(w.sent, from, from + 1000)).toBeLessThanOrEqual(2);
    expect(rate.allowed).toBeNull();
  });

  it('keeps what 429s have shown of the limit of the server', async () => {
    // A server that accepts 20 a second.
    const times: number[] = [];
    const w = world((_row, _before, now) => {
      if (times.filter((at) => at > now - 1000).length >= 20) return http(429);
      times.push(now);
      return ok();
    });
    const steering = steeringOf({ rate: 40 });
    w.clock.at(60_000, () => steering.change({ rate: 80 }));
    const { requests } = await w.run(2400, { steering });
    expect(w.outcomes().size).toBe(2400);
    expect(requests.rate_limited).toBeLessThan(60);
  });
});

describe('the concurrency of a run at work', () => {
  it('rises without waiting for an answer, and falls as requests end', async () => {
    let inFlight = 0;
    const seen: [at: number, inFlight: number][] = [];
    const w = world(async (_row, _before, now) => {
      inFlight += 1;
      seen.push([now, inFlight]);
      await w.clock.sleep(10_000).done;
      inFlight -= 1;
      return ok();
    });
    const steering = steeringOf({ rate: 50, concurrency: 1 });
    w.clock.at(1000, () => steering.change({ concurrency: 30 }));
    w.clock.at(15_000, () => steering.change({ concurrency: 2 }));
    await w.run(100, { steering });
    const most = (from: number, to: number) =>
      Math.max(...seen.filter(([at]) => at >= from && at < to).map(([, count]) => count));
    expect(most(0, 1000)).toBe(1);
    expect(most(1000, 3000)).toBe(30);
    expect(most(22_000, 300_000)).toBe(2);
    expect(w.outcomes().size).toBe(100);
  });
});

describe('--max-failures of a run at work', () => {
  const failing = () => world((row) => (row <= 30 ? http(422, '10015') : ok()));

  it('stops the run at once if more rows have failed already', async () => {
    const w = failing();
    const steering = steeringOf();
    w.clock.at(5000, () => steering.change({ max_failures: { value: 10, percent: false } }));
    const { stop } = await w.run(100, { steering });
    expect(stop?.reason).toBe('max_failures');
    expect(stop?.detail).toMatch(/^30 of \d+ rows sent failed for good \(--max-failures 10\); e\.g\. row 30 /);
    expect(w.clock.now()).toBeLessThan(5200);
  });

  it('stops the run for what earlier sessions have counted, and for no other command', async () => {
    const w = accepting();
    const steering = steeringOf({ max_failures: { value: 1, percent: false } });
    w.clock.at(1000, () => steering.change({ rate: 20 }));
    w.clock.at(2000, () => steering.change({ max_failures: { value: 2, percent: false } }));
    const { stop } = await w.run(mixed(100), { steering }, { ended: 50, permanent: 3 });
    expect(stop?.detail).toMatch(/^3 of \d+ rows sent failed for good \(--max-failures 2\)$/);
    expect(w.sent.at(-1)?.at).toBeGreaterThan(1500);
  });

  it('lets more rows fail once it is raised', async () => {
    const w = failing();
    const steering = steeringOf({ max_failures: { value: 10, percent: false } });
    w.clock.at(500, () => steering.change({ max_failures: { value: 50, percent: false } }));
    expect((await w.run(100, { steering })).stop).toBeNull();
  });
});

describe('a profile that an operator holds', () => {
  it('is sent no more rows, and the session sends them when it is released', async () => {
    const w = accepting();
    const steering = steeringOf();
    w.clock.at(1000, () => steering.hold(OTHER, BY));
    w.clock.at(4000, () => steering.release(OTHER));
    const { stop } = await w.run(mixed(100), { steering });
    expect(stop).toBeNull();
    expect(w.outcomes().size).toBe(100);
    expect(w.sent.filter(({ row, at }) => row % 2 === 0 && at > 1000 && at < 4000)).toEqual([]);
    // None was sent twice.
    expect(w.sent.length).toBe(100);
    expect(between(w.sent, 1000, 4000)).toBeGreaterThan(25);
  });

  it('ends without its rows if it is not released, and is no reason to stop', async () => {
    const w = accepting();
    const steering = steeringOf({}, [OTHER]);
    const { stop } = await w.run(mixed(20), { steering });
    expect(stop).toBeNull();
    expect([...w.outcomes().keys()].every((row) => row % 2 === 1)).toBe(true);
    expect(w.outcomes().size).toBe(10);
    expect(steering.isEnding()).toBe(true);
  });

  it('is waited for while the run is paused', async () => {
    const w = accepting();
    const steering = steeringOf({}, [OTHER]);
    steering.pause(BY);
    w.clock.at(10_000, () => steering.release(OTHER));
    w.clock.at(20_000, () => steering.pause(null));
    expect(
      (
        await w.run(
          mixed(20).filter(({ row }) => row % 2 === 0),
          { steering },
        )
      ).stop,
    ).toBeNull();
    expect(w.outcomes().size).toBe(10);
  });

  it('holds a row that waits for its slot, and finishes one that was written', async () => {
    const w = world((row, before) =>
      row === 2 && before === 0 ? http(503) : ok({ profile: row % 2 === 0 ? OTHER : PROFILE, product: 'A2P' }),
    );
    const steering = steeringOf({ rate: 2 });
    w.clock.at(600, () => steering.hold(OTHER, BY));
    await w.run(mixed(6), { steering });
    expect(w.outcomes().get(2)?.status).toBe('updated');
    expect([...w.outcomes().keys()].sort()).toEqual([1, 2, 3, 5]);
    expect(w.linesOf(4).slice(0, 2)).toEqual(['intent', 'put_back clear 0']);
  });

  it('leaves its rows to a resume if the run stops before they had their turn', async () => {
    const w = accepting();
    const steering = steeringOf({}, [OTHER]);
    w.clock.at(900, () => {
      steering.release(OTHER);
      w.stop.ask('drained', 'alice');
    });
    const { stop } = await w.run(mixed(20), { steering });
    expect(stop?.reason).toBe('drained');
  });

  it('counts rows for --stop-after when they are sent', async () => {
    const w = accepting();
    const steering = steeringOf();
    w.clock.at(250, () => steering.hold(OTHER, BY));
    w.clock.at(900, () => steering.release(OTHER));
    const { stop } = await w.run(mixed(20), { steering, stop_after: 15 });
    expect(stop?.reason).toBe('stop_after');
    expect(w.outcomes().size).toBe(15);
  });
});
