import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/core/api/response.ts';
import type { ExecutorEvent, Ports } from '../../../src/engine/ports.ts';
import { createCircuitBreaker } from '../../../src/engine/sending/circuit-breaker.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { http, network, ok } from '../../support/engine/fake-world.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';

/** A breaker alone. `hear` tells it how an attempt ended; `others` is what it is told about others at work. */
function make({ concurrency = 1, patienceMs = 300_000 } = {}) {
  const clock = virtualClock();
  const stop = createStop();
  const events: ExecutorEvent[] = [];
  const back: number[] = [];
  const world = { others: true, askedFor: [] as number[] };
  const othersAtWork = (waiting: number) => {
    world.askedFor.push(waiting);
    return world.others;
  };
  const ports = { clock, tell: (event: ExecutorEvent) => void events.push(event) } as unknown as Ports;
  const breaker = createCircuitBreaker(ports, stop, { concurrency, patienceMs, othersAtWork });
  const hear = (row: number, answer: Answer, ask: 'read' | 'write' = 'write') =>
    breaker.heard({ row, ask }, answer, clock.now(), () => void back.push(row));
  const isOpen = () => events.filter(({ event }) => event === 'run.paused').length > 0;
  return { clock, stop, events, back, world, breaker, hear, isOpen };
}

type Made = ReturnType<typeof make>;

/** So many attempts in a row that end with 503, of three rows in turn. */
function fail({ hear }: Made, times: number): void {
  for (let n = 0; n < times; n++) hear(1 + (n % 3), http(503));
}

/** Lets a probe through, whose request ends at once with `answer`; gives the time at which it left. */
async function probe({ clock, breaker, hear }: Made, answer: Answer): Promise<number | null> {
  const entered = await clock.until(breaker.enter('write'));
  if (entered === null) return null;
  expect(entered.probe).toBe(true);
  const at = clock.now();
  hear(99, answer);
  entered.leave();
  return at;
}

/** Whether a promise has settled with the work that can be done at this time. */
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
    expect(await made.clock.until(made.breaker.enter('write'))).toMatchObject({ probe: false });
    fail(made, 1);
    expect(made.isOpen()).toBe(true);
  });

  it('at as many as there may be in flight, where these are more than ten', () => {
    const made = make({ concurrency: 37 });
    fail(made, 36);
    expect(made.isOpen()).toBe(false);
    fail(made, 1);
    expect(made.isOpen()).toBe(true);
  });

  it('when they are of three rows, and not when of two', () => {
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
    ['a 408, which is tried again too', http(408)],
    ['a 200 that cannot be read', { ...http(200), body: { kind: 'unreadable' as const } }],
  ])('after ten more when %s has come in between', (_, answer) => {
    const made = make();
    fail(made, 9);
    made.hear(50, answer);
    fail(made, 9);
    expect(made.isOpen()).toBe(false);
    fail(made, 1);
    expect(made.isOpen()).toBe(true);
  });

  it('gives every attempt of the streak back once, and none from before it', () => {
    const made = make();
    for (const row of [21, 22, 23]) made.hear(row, http(502));
    made.hear(50, ok());
    for (let row = 1; row <= 10; row++) made.hear(row, row % 2 === 0 ? http(599) : network('ETIMEDOUT', true));
    expect(made.back).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    // What was in flight then, and the probes, are part of the outage too.
    made.hear(11, http(503));
    expect(made.back).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('and says what it has seen, and how long it waits', () => {
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
    expect(made.back.filter((row) => row === 99)).toHaveLength(8);
  });

  it('counts the time from the end of a probe that hung', async () => {
    const made = make();
    fail(made, 10);
    const entered = await made.clock.until(made.breaker.enter('write'));
    await made.clock.until(made.clock.sleep(10_000).done);
    made.hear(99, network('ETIMEDOUT', true));
    entered?.leave();
    expect(await probe(made, ok())).toBe(13_000);
  });

  it('closes at the first answer of an API that is up, and begins with 1 s again the next time', async () => {
    const made = make();
    fail(made, 10);
    for (let n = 0; n < 3; n++) await probe(made, http(503));
    await probe(made, http(422, '10015'));
    expect(made.events.at(-1)).toEqual({ event: 'run.resumed' });
    expect(await made.clock.until(made.breaker.enter('write'))).toMatchObject({ probe: false });
    const now = made.clock.now();
    fail(made, 10);
    expect(await probe(made, ok())).toBe(now + 1000);
  });

  it('lets everybody go on at once who waits for a probe, when it closes', async () => {
    const made = make();
    fail(made, 10);
    for (let n = 0; n < 4; n++) await probe(made, http(503));
    const waiting = made.breaker.enter('write');
    // The probe would be due half a second before 31 s.
    made.clock.at(15_500, () => made.hear(7, ok()));
    expect(await made.clock.until(waiting)).toMatchObject({ probe: false });
    expect(made.clock.now()).toBe(15_500);
  });

  it('stops the run when the patience is over, with a last probe at its very end', async () => {
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

  it('goes on when the last probe of all is answered', async () => {
    const made = make({ patienceMs: 20_000 });
    fail(made, 10);
    for (let n = 0; n < 4; n++) await probe(made, http(503));
    expect(await probe(made, ok())).toBe(20_000);
    expect(made.stop.asked()).toBeNull();
  });

  it('stops at once without any patience', async () => {
    const made = make({ patienceMs: 0 });
    fail(made, 10);
    expect(made.stop.asked()?.reason).toBe('outage');
    expect(await made.clock.until(made.breaker.enter('write'))).toBeNull();
  });

  it('ends the wait for a probe when somebody else stops the run', async () => {
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

  it('goes on when it has become one', async () => {
    const made = make();
    fail(made, 9);
    const verdict = made.breaker.mayGiveUp('write');
    fail(made, 1);
    expect(await verdict).toBe(false);
    expect(await made.breaker.mayGiveUp('write')).toBe(false);
  });

  it('goes back when the run stops first', async () => {
    const made = make();
    fail(made, 5);
    const verdict = made.breaker.mayGiveUp('write');
    made.stop.ask('signal', 'SIGTERM');
    expect(await verdict).toBe(false);
    expect(await made.breaker.mayGiveUp('write')).toBe(false);
  });

  it('is given up when nobody else is left who could tell', async () => {
    const made = make();
    made.hear(1, http(503));
    made.hear(2, http(503));
    const first = made.breaker.mayGiveUp('write');
    expect(await isSettled(first)).toBe(false);
    made.breaker.look();
    expect(await isSettled(first)).toBe(false);
    made.world.others = false;
    expect(await made.breaker.mayGiveUp('write')).toBe(true);
    expect(await first).toBe(true);
    // The rows that wait for a verdict are counted, so that they do not wait for each other.
    expect(made.world.askedFor).toEqual([1, 1, 2]);
  });

  it('is given up when the last of the others has ended', async () => {
    const made = make();
    fail(made, 5);
    const verdict = made.breaker.mayGiveUp('write');
    made.world.others = false;
    made.breaker.look();
    expect(await verdict).toBe(true);
  });
});

describe('writes and reads', () => {
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
    expect(made.back).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(made.events.at(-1)).toMatchObject({
      why: 'the API looks down: 10 writes in a row ended with a 5xx or without an answer, the last one with HTTP 503',
    });
  });

  it('nine rows that always fail at writes, and are read in between, are none', () => {
    const made = make();
    for (let n = 0; n < 900; n++) {
      made.hear(1 + (n % 9), http(503));
      made.hear(1 + (n % 9), ok(), 'read');
    }
    expect(made.isOpen()).toBe(false);
    expect(made.back).toEqual([]);
  });

  it('a write that was answered ends the streak of writes', () => {
    const made = make();
    for (let row = 1; row <= 100; row++) {
      made.hear(row, http(503));
      made.hear(row, ok(), 'read');
      if (row % 9 === 0) made.hear(row, ok());
    }
    expect(made.isOpen()).toBe(false);
  });

  it('so does a read that shows one that was carried out', () => {
    const made = make();
    for (let row = 1; row <= 100; row++) {
      made.hear(row, network('ETIMEDOUT', true));
      if (row % 9 === 0) made.breaker.writeShown(made.clock.now());
    }
    expect(made.isOpen()).toBe(false);
  });

  it('reads alone trip it, and an answer to one of them closes it', async () => {
    const made = make();
    for (let n = 0; n < 10; n++) made.hear(1 + (n % 3), http(503), 'read');
    expect(made.isOpen()).toBe(true);
    const entered = await made.clock.until(made.breaker.enter('read'));
    made.hear(1, ok(), 'read');
    entered?.leave();
    expect(made.events.at(-1)).toEqual({ event: 'run.resumed' });
  });

  it('an answer to a read lets reads go on while writes are down, and the next write probe at once', async () => {
    const made = make();
    fail(made, 10);
    // The probe after 1 s is a read.
    const read = await made.clock.until(made.breaker.enter('read'));
    expect(read?.probe).toBe(true);
    made.hear(1, ok(), 'read');
    read?.leave();
    expect(made.clock.now()).toBe(1000);
    expect(await made.clock.until(made.breaker.enter('read'))).toMatchObject({ probe: false });
    expect(await probe(made, http(503))).toBe(1000);
    // Reads that go on do not hasten the next one.
    expect(await made.clock.until(made.breaker.enter('read'))).toMatchObject({ probe: false });
    made.hear(2, ok(), 'read');
    expect(await probe(made, http(503))).toBe(3000);
    expect(await probe(made, ok())).toBe(7000);
    expect(made.events.at(-1)).toEqual({ event: 'run.resumed' });
  });

  it('a read that fails again has reads wait for probes again', async () => {
    const made = make();
    fail(made, 10);
    made.hear(1, ok(), 'read');
    made.hear(1, http(503), 'read');
    expect(await made.clock.until(made.breaker.enter('read'))).toMatchObject({ probe: true });
  });

  it('patience with writes ends, however often reads are answered', async () => {
    const made = make({ patienceMs: 20_000 });
    failWrites(made, 10);
    for (let n = 0; n < 100 && made.stop.asked() === null; n++) {
      made.hear(1, ok(), 'read');
      await probe(made, http(503));
    }
    expect(made.stop.asked()?.reason).toBe('outage');
    expect(made.clock.now()).toBe(20_000);
  });

  it('a read that shows a write carried out closes it, where that was a probe', async () => {
    const made = make();
    fail(made, 10);
    const probedAt = (await probe(made, network('ETIMEDOUT', true))) as number;
    made.breaker.writeShown(-1);
    expect(made.events.at(-1)?.event).toBe('run.paused');
    made.breaker.writeShown(probedAt);
    expect(made.events.at(-1)).toEqual({ event: 'run.resumed' });
  });

  it('a short outage of both is given back: reads by a read, writes by the next write', () => {
    const made = make({ concurrency: 50 });
    for (let row = 1; row <= 6; row++) made.hear(row, http(503));
    for (let row = 11; row <= 16; row++) made.hear(row, http(503), 'read');
    made.hear(20, ok(), 'read');
    expect(made.back).toEqual([11, 12, 13, 14, 15, 16]);
    made.hear(21, ok());
    expect(made.back).toEqual([11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6]);
  });

  it('a row that waits because of reads is told by a read, and one that waits because of writes is not', async () => {
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
