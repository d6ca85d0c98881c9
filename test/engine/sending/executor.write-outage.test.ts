import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import { http, landed, network, ok, rows, task, toWrites, type World, world } from '../../support/engine/fake-world.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';

const DOWN_FROM = 20_000;
const DOWN_TO = 140_000;

/** Writes fail while they are down; reads are answered all the time. */
function writesDown(answer: () => Answer, from = DOWN_FROM, to = DOWN_TO): World {
  return world(toWrites((_row, _before, now) => (now - 5 >= from && now - 5 < to ? answer() : ok())));
}

const countOf = (w: World, event: string) => w.events.filter((one) => one.event === event).length;
const writesIn = (w: World, from: number, to: number) =>
  w.sent.filter(({ operation, at }) => operation === 'write' && at >= from && at < to).map(({ at }) => at);

function unscathed(w: World, count: number): void {
  const all = [...w.outcomes().values()];
  expect(all).toHaveLength(count);
  expect(all.filter(({ status, attempts }) => status !== 'updated' || attempts !== 1)).toEqual([]);
}

describe('an outage of writes alone, while reads are answered,', () => {
  describe.each([
    ['a 503', () => http(503)],
    ['a reset', () => network('ECONNRESET', true)],
    ['no connection', () => network('ECONNREFUSED', false)],
  ])('with %s', (_, answer) => {
    it.each([1, 2, 5].flatMap((attempts) => [10, 50, 200].map((concurrency) => [attempts, concurrency] as const)))(
      'costs no row an attempt (--max-attempts %i, --concurrency %i)',
      async (max_attempts, concurrency) => {
        const w = writesDown(answer);
        const execution = await w.run(3000, { rate: 50, concurrency, max_attempts });
        expect(execution.stop).toBeNull();
        unscathed(w, 3000);
        expect(countOf(w, 'run.resumed')).toBe(1);
        expect(
          mostInWindow(
            w.sent.map(({ at }) => at),
            1000,
          ),
        ).toBeLessThanOrEqual(50);
      },
    );
  });

  it('is probed with one write at a time, at growing intervals, although reads are answered', async () => {
    const w = writesDown(() => http(503));
    await w.run(600, { rate: 10, concurrency: 10 });
    const writes = writesIn(w, DOWN_FROM, DOWN_TO + 60_000);
    const gaps = writes.slice(1).map((at, n) => Math.round((at - (writes[n] as number)) / 1000));
    const first = gaps.indexOf(2);
    expect(gaps.slice(first - 1, first + 7)).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
    // Read-backs continue meanwhile.
    const stopped = writes[first] as number;
    const readsThen = w.sent.filter(
      ({ operation, at }) => operation === 'read' && at > stopped && at < stopped + 20_000,
    );
    expect(readsThen.length).toBeGreaterThan(0);
  });

  it('stops the run if it outlasts the patience, and reads back before the run ends', async () => {
    const w = writesDown(() => http(503), DOWN_FROM, Number.POSITIVE_INFINITY);
    const execution = await w.run(2000, { rate: 20, max_attempts: 1, outage_patience: 60_000 });
    expect(execution.stop?.reason).toBe('outage');
    expect(w.clock.now()).toBeLessThan(DOWN_FROM + 100_000);
    expect(Math.round(execution.rate.paused_ms / 5000)).toBe(12);
    expect(execution.rate.throttled_ms).toBe(0);
    expect([...w.outcomes().values()].filter(({ status }) => status !== 'updated')).toEqual([]);
    const back = w.ledger.filter((line) => line.type === 'put_back');
    expect(back.length).toBeGreaterThan(0);
    expect(back.filter(({ attempts }) => attempts !== 0)).toEqual([]);
    // Reads are answered, so no row is left ambiguous.
    expect(back.filter(({ ambiguous }) => ambiguous)).toEqual([]);
  });

  it('is distinguished from a few numbers that always fail: these are given up', async () => {
    for (const bad of [1, 3, 9]) {
      const w = world(toWrites((row) => (row > 100 - bad ? http(503) : ok())));
      const execution = await w.run(100, { rate: 50, max_attempts: 5 });
      expect(execution.stop).toBeNull();
      expect(countOf(w, 'run.paused')).toBe(0);
      for (let row = 101 - bad; row <= 100; row++) {
        expect(w.outcomes().get(row)).toMatchObject({ status: 'failed', reason: 'attempts_exhausted', attempts: 5 });
      }
    }
  });

  it('is distinguished from many numbers that always fail among others: these are given up after all attempts', async () => {
    for (const [rate, concurrency, way] of [
      [20, 10, 300],
      [20, null, 800],
      ['off', null, 5],
    ] as const) {
      const w: World = world(async (row, _before, _now, operation) => {
        await w.clock.sleep(way).done;
        return operation === 'write' && row % 5 === 0 ? http(503) : ok();
      });
      const execution = await w.run(200, { rate, concurrency, outage_patience: 6000 });
      expect(execution.stop).toBeNull();
      for (let row = 1; row <= 200; row++) {
        const wanted =
          row % 5 === 0 ? { status: 'failed', reason: 'attempts_exhausted', attempts: 5 } : { status: 'updated' };
        expect(w.outcomes().get(row)).toMatchObject(wanted);
      }
      for (let row = 5; row <= 200; row += 5) {
        expect(w.sent.filter((one) => one.row === row && one.operation === 'write').length).toBe(5);
      }
    }
  });

  it('is not suspected because of a number that always fails while others are only read', async () => {
    const w = world(
      toWrites((row) => (row === 1 ? http(503) : ok())),
      undefined,
      (row) => (row === 1 ? null : ok()),
    );
    const tasks = [task(1), ...rows(200, (row) => task(row + 1, { first: 'read', attempts: 1 }))];
    const execution = await w.run(tasks, { max_attempts: 3 });
    expect(execution.stop).toBeNull();
    expect(w.outcomes().get(1)).toMatchObject({ status: 'failed', attempts: 3 });
    expect(w.outcomes().size).toBe(201);
  });

  it('that begins as an outage of everything is over only when writes are accepted', async () => {
    // All is down for a minute, and writes for another one.
    const w = world((_row, _before, now, operation) =>
      now > DOWN_FROM && now < DOWN_FROM + (operation === 'read' ? 60_000 : 120_000) ? http(503) : ok(),
    );
    const execution = await w.run(600, { rate: 10, max_attempts: 1 });
    expect(execution.stop).toBeNull();
    unscathed(w, 600);
    expect(countOf(w, 'run.resumed')).toBe(1);
  });
});

describe('writes that are carried out and never answered', () => {
  it.each([
    ['a 500', http(500)],
    ['a reset', network('ECONNRESET', true)],
  ])('(%s) are confirmed by reads at the full rate, and are no outage', async (_, answer) => {
    for (const max_attempts of [1, 5]) {
      const w = world(toWrites(() => landed(answer)));
      const execution = await w.run(300, { rate: 20, max_attempts });
      expect(execution.stop).toBeNull();
      const all = [...w.outcomes().values()];
      expect(all).toHaveLength(300);
      expect(all.filter(({ reason, attempts }) => reason !== 'confirmed_by_read' || attempts !== 1)).toEqual([]);
      expect(execution.requests).toMatchObject({ writes: 300, reads: 300 });
      // 600 requests at 20 a second, and a pause or two until a read is answered.
      expect(w.clock.now()).toBeLessThan(40_000);
    }
  });

  it('in an outage of two minutes are confirmed after it, and count as one attempt', async () => {
    const w = world((_row, _before, now, operation) => {
      if (now < DOWN_FROM || now >= DOWN_TO) return ok();
      return operation === 'write' ? landed(http(503)) : http(503);
    });
    const execution = await w.run(600, { rate: 10, max_attempts: 2 });
    expect(execution.stop).toBeNull();
    unscathed(w, 600);
    expect([...w.outcomes().values()].some(({ reason }) => reason === 'confirmed_by_read')).toBe(true);
  });
});

describe('an outage of half a minute or more', () => {
  const outage = fc.record({
    /** The fraction of the run after which it begins. */
    from: fc.double({ min: 0, max: 0.3, noNaN: true }),
    ms: fc.integer({ min: 30_000, max: 200_000 }),
    kind: fc.constantFrom('503', 'refused', 'hang', 'now this, now that'),
    who: fc.constantFrom('all', 'writes', 'all, then writes'),
  });

  it('of any kind, at any rate, costs no row an attempt', async () => {
    await fc.assert(
      fc.asyncProperty(
        outage,
        fc.constantFrom(5, 20, 50),
        fc.constantFrom(null, 10, 30, 100),
        fc.constantFrom(1, 2, 5),
        fc.integer({ min: 1, max: 300 }),
        async ({ from, ms, kind, who }, rate, concurrency, max_attempts, way) => {
          const count = 700;
          const begin = from * (count / rate) * 1000;
          let n = 0;
          const w: World = world(async (_row, _before, now, operation) => {
            const spent = now - 5 - begin;
            const isAll = who === 'all' || (who !== 'writes' && spent < ms / 2);
            if (spent < 0 || spent >= ms || (operation === 'read' && !isAll)) {
              await w.clock.sleep(way).done;
              return ok();
            }
            if (kind === '503') return http(503);
            if (kind === 'refused') return network('ECONNREFUSED', false);
            n += 1;
            if (kind !== 'hang' && n % 2 === 0) return http(502);
            await w.clock.sleep(9_995).done;
            return network('ETIMEDOUT', true);
          });
          const execution = await w.run(count, { rate, concurrency, max_attempts, outage_patience: 3_600_000 });
          expect(execution.stop).toBeNull();
          expect(w.outcomes().size).toBe(count);
          expect([...w.outcomes().values()].filter(({ status }) => status !== 'updated')).toEqual([]);
          const at = w.sent.map((one) => one.at);
          expect(mostInWindow(at, 1000)).toBeLessThanOrEqual(rate);
          // Few requests are sent into it.
          expect(at.length).toBeLessThan(count * 3 + 1000);
          expect(w.ledger.filter(({ type }) => type === 'outcome')).toHaveLength(count);
        },
      ),
      {
        numRuns: 100,
        // Reads sent in the outage that fail after it, when only writes had failed before.
        examples: [[{ from: 0, ms: 30_000, kind: 'hang', who: 'all, then writes' }, 5, 100, 1, 1]],
      },
    );
  });
});
