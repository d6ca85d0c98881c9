import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import type { ExecutorEvent, Operation } from '../../../src/engine/ports.ts';
import { createCircuitBreaker } from '../../../src/engine/sending/circuit-breaker.ts';
import { createOutageWatch } from '../../../src/engine/sending/outage-watch.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { http, network, ok } from '../../support/engine/fake-world.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';

/** A breaker, and the watch that opens and closes it. `hear` sends a request that ends with this answer; `world.others` is whether other rows are at work. */
function make({ patienceMs = 300_000 } = {}) {
  const clock = virtualClock();
  const stop = createStop();
  const events: ExecutorEvent[] = [];
  const refunded: number[] = [];
  const world = { others: true, askedFor: [] as number[] };
  const othersAtWork = (waiting: number) => {
    world.askedFor.push(waiting);
    return world.others;
  };
  const onEvent = (event: ExecutorEvent) => void events.push(event);
  const gate = createCircuitBreaker({ clock, onEvent }, stop, patienceMs);
  const breaker = { ...gate, ...createOutageWatch({ clock, stop, breaker: gate, othersAtWork }) };
  const end = (row: number, answer: Answer, operation: Operation = 'write') => {
    const refundAttempt = () => void refunded.push(row);
    breaker.onResponse({ row, operation, admittedAt: clock.now(), refundAttempt }, answer);
  };
  const hear: typeof end = (...given) => {
    breaker.onSent();
    end(...given);
  };
  const isOpen = () => events.some(({ event }) => event === 'run.paused');
  return { clock, stop, events, refunded, world, breaker, end, hear, isOpen };
}

type Made = ReturnType<typeof make>;

/** Attempts of three rows in turn that all end with 503. */
function fail({ hear }: Made, times: number): void {
  for (let n = 0; n < times; n++) hear(1 + (n % 3), http(503));
}

/** Lets a probe through that ends at once with `answer`; returns when it was sent. */
async function probe({ clock, breaker, hear }: Made, answer: Answer): Promise<number | null> {
  const entered = await clock.until(breaker.enter('write'));
  if (entered === null) return null;
  expect(entered).toBe('probe');
  const at = clock.now();
  hear(99, answer);
  breaker.onProbeEnd('write');
  return at;
}

/** Whether a promise settles with the work that can be done at this time. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await new Promise<void>((resolve) => setImmediate(resolve));
  return settled;
}

describe('a breaker trips', () => {
  it('at the tenth attempt in a row, and not at the ninth', async () => {
    const made = make();
    fail(made, 9);
    expect(made.isOpen()).toBe(false);
    expect(await made.clock.until(made.breaker.enter('write'))).toBe('pass');
    fail(made, 1);
    expect(made.isOpen()).toBe(true);
  });

  it.each([11, 37, 50])('at as many attempts as were in flight at the first failure, if these were %i', (inFlight) => {
    const made = make();
    for (let n = 0; n < inFlight; n++) made.breaker.onSent();
    for (let row = 1; row < inFlight; row++) made.end(row, http(503));
    expect(made.isOpen()).toBe(false);
    made.end(inFlight, http(503));
    expect(made.isOpen()).toBe(true);
  });

  it('at ten attempts, however many were in flight before the first failure or after it', () => {
    const made = make();
    for (let n = 0; n < 50; n++) made.breaker.onSent();
    for (let row = 1; row <= 50; row++) made.end(row, ok());
    made.hear(1, http(503));
    for (let n = 0; n < 50; n++) made.breaker.onSent();
    for (let row = 2; row <= 9; row++) made.end(row, http(503));
    expect(made.isOpen()).toBe(false);
    made.end(10, http(503));
    expect(made.isOpen()).toBe(true);
  });

  it('if they belong to three rows, and not if to two', () => {
    const made = make();
    for (let n = 0; n < 100; n++) made.hear(1 + (n % 2), network('ECONNREFUSED', false));
    expect(made.isOpen()).toBe(false);
    made.hear(3, http(500));
    expect(made.isOpen()).toBe(true);
  });

  it.each([
    ['a 200', ok()],
    ['a 404', http(404, '10005')],
    ['a 429', http(429)],
    ['a 408, which is also tried again', http(408)],
    ['a 200 that cannot be read', { ...http(200), body: { kind: 'unreadable' as const } }],
  ])('after ten more attempts if %s has come in between', (_, answer) => {
    const made = make();
    fail(made, 9);
    made.hear(50, answer);
    fail(made, 9);
    expect(made.isOpen()).toBe(false);
    fail(made, 1);
    expect(made.isOpen()).toBe(true);
  });

  it('and refunds every attempt of the streak once, and none from before it', () => {
    const made = make();
    for (const row of [21, 22, 23]) made.hear(row, http(502));
    made.hear(50, ok());
    for (let row = 1; row <= 10; row++) made.hear(row, row % 2 === 0 ? http(599) : network('ETIMEDOUT', true));
    expect(made.refunded).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    // Requests that were in flight then, and probes, belong to the outage too.
    made.hear(11, http(503));
    expect(made.refunded).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('and reports what failed, and how long it waits', () => {
    const made = make();
    fail(made, 9);
    made.hear(4, network('ECONNRESET', true));
    expect(made.events).toEqual([
      {
        event: 'run.paused',
        waitMs: 1000,
        why: 'the API looks down: 10 attempts in a row ended with a 5xx or without an answer, the last one with ECONNRESET',
      },
    ]);
  });
});

describe('while it is open', () => {
  it('probes after 1, 2, 4, 8, 16 and then every 30 s', async () => {
    const made = make();
    fail(made, 10);
    const at: (number | null)[] = [];
    for (let n = 0; n < 8; n++) at.push(await probe(made, http(503)));
    expect(at).toEqual([1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000, 121_000]);
    expect(made.refunded.filter((row) => row === 99)).toHaveLength(8);
  });

  it('counts the wait from the end of a probe that hung', async () => {
    const made = make();
    fail(made, 10);
    await made.clock.until(made.breaker.enter('write'));
    await made.clock.until(made.clock.sleep(10_000).done);
    made.hear(99, network('ETIMEDOUT', true));
    made.breaker.onProbeEnd('write');
    expect(await probe(made, ok())).toBe(13_000);
  });

  it('closes at the first answer of an API that is up, and starts with 1 s again the next time', async () => {
    const made = make();
    fail(made, 10);
    for (let n = 0; n < 3; n++) await probe(made, http(503));
    await probe(made, http(422, '10015'));
    expect(made.events.at(-1)).toEqual({ event: 'run.resumed' });
    expect(await made.clock.until(made.breaker.enter('write'))).toBe('pass');
    const now = made.clock.now();
    fail(made, 10);
    expect(await probe(made, ok())).toBe(now + 1000);
  });

  it('wakes a request that waits for a probe when it closes', async () => {
    const made = make();
    fail(made, 10);
    for (let n = 0; n < 4; n++) await probe(made, http(503));
    const waiting = made.breaker.enter('write');
    // The probe would be due half a second before 31 s.
    made.clock.at(15_500, () => made.hear(7, ok()));
    expect(await made.clock.until(waiting)).toBe('pass');
    expect(made.clock.now()).toBe(15_500);
  });

  it('stops the run when the patience is over, with a last probe at its end', async () => {
    const made = make({ patienceMs: 20_000 });
    fail(made, 10);
    const at: (number | null)[] = [];
    for (let n = 0; n < 6; n++) at.push(await probe(made, http(503)));
    expect(at).toEqual([1000, 3000, 7000, 15_000, 20_000, null]);
    expect(made.stop.asked()).toEqual({
      reason: 'outage',
      detail:
        '10 attempts in a row ended with a 5xx or without an answer, the last one with HTTP 503; probed for 20s (--outage-patience)',
    });
    expect(made.clock.pending()).toBe(0);
  });

  it('goes on if the very last probe is answered', async () => {
    const made = make({ patienceMs: 20_000 });
    fail(made, 10);
    for (let n = 0; n < 4; n++) await probe(made, http(503));
    expect(await probe(made, ok())).toBe(20_000);
    expect(made.stop.asked()).toBeNull();
  });

  it('stops at once without patience', async () => {
    const made = make({ patienceMs: 0 });
    fail(made, 10);
    expect(made.stop.asked()?.reason).toBe('outage');
    expect(await made.clock.until(made.breaker.enter('write'))).toBeNull();
  });

  it('ends the wait for a probe when the run is stopped for another reason', async () => {
    const made = make();
    fail(made, 10);
    made.clock.at(400, () => made.stop.ask('signal', 'SIGINT'));
    expect(await made.clock.until(made.breaker.enter('write'))).toBeNull();
    expect(made.clock.now()).toBe(400);
    expect(made.clock.pending()).toBe(0);
  });
});

describe('a row whose attempts are used up', () => {
  it('is given up at once when nothing points to an outage', async () => {
    const made = make();
    expect(await made.breaker.mayGiveUp('write')).toBe(true);
    fail(made, 5);
    made.hear(8, ok());
    expect(await made.breaker.mayGiveUp('write')).toBe(true);
    expect(made.world.askedFor).toEqual([]);
  });

  it('waits while the streak may still become an outage, and is given up at the first answer', async () => {
    const made = make();
    fail(made, 5);
    const verdict = made.breaker.mayGiveUp('write');
    expect(await isSettled(verdict)).toBe(false);
    made.hear(8, http(404));
    expect(await verdict).toBe(true);
  });

  it('goes on if the streak becomes an outage', async () => {
    const made = make();
    fail(made, 9);
    const verdict = made.breaker.mayGiveUp('write');
    fail(made, 1);
    expect(await verdict).toBe(false);
    expect(await made.breaker.mayGiveUp('write')).toBe(false);
  });

  it('is requeued if the run stops first', async () => {
    const made = make();
    fail(made, 5);
    const verdict = made.breaker.mayGiveUp('write');
    made.stop.ask('signal', 'SIGTERM');
    expect(await verdict).toBe(false);
    expect(await made.breaker.mayGiveUp('write')).toBe(false);
  });

  it('is given up if no other row is left that could show an outage', async () => {
    const made = make();
    made.hear(1, http(503));
    made.hear(2, http(503));
    const first = made.breaker.mayGiveUp('write');
    expect(await isSettled(first)).toBe(false);
    made.breaker.onRowEnd();
    expect(await isSettled(first)).toBe(false);
    made.world.others = false;
    expect(await made.breaker.mayGiveUp('write')).toBe(true);
    expect(await first).toBe(true);
    // Rows that wait are counted, so that they do not wait for each other.
    expect(made.world.askedFor).toEqual([1, 1, 2]);
  });

  it('is given up when the last of the other rows has ended', async () => {
    const made = make();
    fail(made, 5);
    const verdict = made.breaker.mayGiveUp('write');
    made.world.others = false;
    made.breaker.onRowEnd();
    expect(await verdict).toBe(true);
  });
});

describe('reads and writes', () => {
  const failWrites = ({ hear }: Made, rows: number, each = 1) => {
    for (let n = 0; n < rows * each; n++) hear(1 + (n % rows), http(503));
  };

  it('an answer to a read ends no streak of writes: ten rows in a row are an outage of writes', () => {
    const made = make();
    for (let row = 1; row <= 10; row++) {
      expect(made.isOpen()).toBe(false);
      made.hear(row, http(503));
      made.hear(row, ok(), 'read');
    }
    expect(made.isOpen()).toBe(true);
    expect(made.refunded).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(made.events.at(-1)).toMatchObject({
      why: 'the API looks down: 10 writes in a row ended with a 5xx or without an answer, the last one with HTTP 503',
    });
  });

  it('nine rows whose writes always fail, and that are read in between, are no outage', () => {
    const made = make();
    for (let n = 0; n < 900; n++) {
      made.hear(1 + (n % 9), http(503));
      made.hear(1 + (n % 9), ok(), 'read');
    }
    expect(made.isOpen()).toBe(false);
    expect(made.refunded).toEqual([]);
  });

  it('an answered write ends the streak of writes', () => {
    const made = make();
    for (let row = 1; row <= 100; row++) {
      made.hear(row, http(503));
      made.hear(row, ok(), 'read');
      if (row % 9 === 0) made.hear(row, ok());
    }
    expect(made.isOpen()).toBe(false);
  });

  it('so does a read that shows that a write was carried out', () => {
    const made = make();
    for (let row = 1; row <= 100; row++) {
      made.hear(row, network('ETIMEDOUT', true));
      if (row % 9 === 0) made.breaker.onWriteShown(row, made.clock.now());
    }
    expect(made.isOpen()).toBe(false);
  });

  it('failed reads alone trip it, and an answered read closes it', async () => {
    const made = make();
    for (let n = 0; n < 10; n++) made.hear(1 + (n % 3), http(503), 'read');
    expect(made.isOpen()).toBe(true);
    await made.clock.until(made.breaker.enter('read'));
    made.hear(1, ok(), 'read');
    made.breaker.onProbeEnd('read');
    expect(made.events.at(-1)).toEqual({ event: 'run.resumed' });
  });

  it('an answered read lets reads pass while writes are down, and the next write probes at once', async () => {
    const made = make();
    fail(made, 10);
    // The probe after 1 s is a read.
    const read = await made.clock.until(made.breaker.enter('read'));
    expect(read).toBe('probe');
    made.hear(1, ok(), 'read');
    made.breaker.onProbeEnd('read');
    expect(made.clock.now()).toBe(1000);
    expect(await made.clock.until(made.breaker.enter('read'))).toBe('pass');
    expect(await probe(made, http(503))).toBe(1000);
    // Reads that pass do not bring the next probe forward.
    expect(await made.clock.until(made.breaker.enter('read'))).toBe('pass');
    made.hear(2, ok(), 'read');
    expect(await probe(made, http(503))).toBe(3000);
    expect(await probe(made, ok())).toBe(7000);
    expect(made.events.at(-1)).toEqual({ event: 'run.resumed' });
  });

  it('a failed read makes reads wait for probes again', async () => {
    const made = make();
    fail(made, 10);
    made.hear(1, ok(), 'read');
    made.hear(1, http(503), 'read');
    expect(await made.clock.until(made.breaker.enter('read'))).toBe('probe');
  });

  it('the patience with writes ends, however often reads are answered', async () => {
    const made = make({ patienceMs: 20_000 });
    failWrites(made, 10);
    for (let n = 0; n < 100 && made.stop.asked() === null; n++) {
      made.hear(1, ok(), 'read');
      await probe(made, http(503));
    }
    expect(made.stop.asked()?.reason).toBe('outage');
    expect(made.clock.now()).toBe(20_000);
  });

  it('a read that shows that a write was carried out closes it if that write was a probe', async () => {
    const made = make();
    fail(made, 10);
    const probedAt = (await probe(made, network('ETIMEDOUT', true))) as number;
    made.breaker.onWriteShown(99, -1);
    expect(made.events.at(-1)?.event).toBe('run.paused');
    made.breaker.onWriteShown(99, probedAt);
    expect(made.events.at(-1)).toEqual({ event: 'run.resumed' });
  });

  it('a short outage of both is refunded: reads by an answered read, writes by the next answered write', () => {
    const made = make();
    // So many were in flight at the first failure that twelve failures do not trip it.
    for (let n = 0; n < 50; n++) made.breaker.onSent();
    for (let row = 1; row <= 6; row++) made.hear(row, http(503));
    for (let row = 11; row <= 16; row++) made.hear(row, http(503), 'read');
    made.hear(20, ok(), 'read');
    expect(made.refunded).toEqual([11, 12, 13, 14, 15, 16]);
    made.hear(21, ok());
    expect(made.refunded).toEqual([11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6]);
  });

  it('an answered read decides about a row that waits because of reads, and not because of writes', async () => {
    const made = make();
    made.hear(1, http(503));
    made.hear(2, http(503), 'read');
    const write = made.breaker.mayGiveUp('write');
    const read = made.breaker.mayGiveUp('read');
    made.hear(3, ok(), 'read');
    expect(await read).toBe(true);
    expect(await isSettled(write)).toBe(false);
    expect(await made.breaker.mayGiveUp('read')).toBe(true);
    made.hear(4, ok());
    expect(await write).toBe(true);
  });
});
