import { describe, expect, it } from 'vitest';
import { network, ok, toWrites, world } from '../../support/engine/fake-world.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';

const REFUSED = network('ERR_LEASE', false);

describe('a lease that ends too soon', () => {
  it('lets no request take a slot, and delays nothing else', async () => {
    const w = world(() => ok());
    const isShort = () => w.clock.now() >= 1000 && w.clock.now() < 4000;
    const untilMayLeave = async () => {
      while (isShort()) await w.clock.sleep(100).done;
    };
    const { stop, requests } = await w.run(40, { rate: 20, untilMayLeave });
    expect(stop).toBeNull();
    expect(w.outcomes().size).toBe(40);
    const times = w.sent.map(({ at }) => at);
    expect(times.filter((at) => at >= 1000 && at < 4000)).toEqual([]);
    expect(mostInWindow(times, 1000)).toBeLessThanOrEqual(20);
    expect(requests.total).toBe(40);
  });

  it('keeps the rate if an intent needs a third of a second to Redis', async () => {
    const w = world(
      () => ok(),
      async () => w.clock.sleep(300).done,
    );
    await w.run(60, { rate: 20, untilMayLeave: async () => undefined });
    expect(w.sent).toHaveLength(60);
    expect(w.sent.at(-1)?.at).toBeLessThan(3800);
  });

  it('costs no attempt, is no outage, and needs no read', async () => {
    const w = world(toWrites((_row, before) => (before < 3 ? REFUSED : ok())));
    const { stop, requests } = await w.run(30, { rate: 'off', max_attempts: 1 });
    expect(stop).toBeNull();
    const outcomes = [...w.outcomes().values()];
    expect(outcomes).toHaveLength(30);
    expect(requests).toMatchObject({ total: 30, writes: 30 });
    expect(outcomes.every(({ status, attempts }) => status === 'updated' && attempts === 1)).toBe(true);
    expect(w.sent.some(({ operation }) => operation === 'read')).toBe(false);
    expect(w.events.some(({ event }) => event === 'run.paused')).toBe(false);
  });

  it('does not keep a run from ending that is to stop', async () => {
    const w = world(() => ok());
    w.clock.at(500, () => w.stop.ask('lease_lost', 'why'));
    const untilMayLeave = () => (w.clock.now() < 200 ? Promise.resolve() : new Promise<void>(() => undefined));
    const { stop } = await w.run(40, { rate: 20, untilMayLeave });
    expect(stop).toEqual({ reason: 'lease_lost', detail: 'why' });
    expect(w.clock.now()).toBeLessThan(600);
    const waiting = w.ledger.flatMap((line) => (line.type === 'put_back' ? [line] : []));
    expect(waiting.length).toBeGreaterThan(0);
    expect(waiting.every(({ ambiguous, attempts }) => !ambiguous && attempts === 0)).toBe(true);
  });

  it('puts a row back to be read, if its write may have happened and the read may not leave', async () => {
    const w = world((_row, _before, _now, operation) => {
      if (operation === 'read') return REFUSED;
      w.stop.ask('max_failures', 'a reason that lets reads end');
      return network('ECONNRESET', true);
    });
    await w.run(1, { rate: 20 });
    expect(w.linesOf(1)).toEqual(['intent', 'put_back ambiguous 1']);
  });
});
