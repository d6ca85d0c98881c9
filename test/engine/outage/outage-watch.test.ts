import { describe, expect, it } from 'vitest';
import { breakerWorld, fail } from '../../support/engine/breaker-world.ts';
import { http, network, ok } from '../../support/engine/fake-world.ts';

/** Whether a promise resolves with the work that can be done at this time. */
async function isResolved(promise: Promise<unknown>): Promise<boolean> {
  let resolved = false;
  void promise.then(() => {
    resolved = true;
  });
  await new Promise<void>((resolve) => setImmediate(resolve));
  return resolved;
}

describe('the watch trips the breaker', () => {
  it('at the tenth attempt in a row, and not at the ninth', async () => {
    const made = breakerWorld();
    fail(made, 9);
    expect(made.isOpen()).toBe(false);
    expect(await made.clock.until(made.breaker.enter('write'))).toBe('pass');
    fail(made, 1);
    expect(made.isOpen()).toBe(true);
  });

  it.each([11, 37, 50])('at as many attempts as were in flight at the first failure, if these were %i', (inFlight) => {
    const made = breakerWorld();
    for (let n = 0; n < inFlight; n++) made.breaker.onSent();
    for (let row = 1; row < inFlight; row++) made.end(row, http(503));
    expect(made.isOpen()).toBe(false);
    made.end(inFlight, http(503));
    expect(made.isOpen()).toBe(true);
  });

  it('at ten attempts, however many were in flight before the first failure or after it', () => {
    const made = breakerWorld();
    for (let n = 0; n < 50; n++) made.breaker.onSent();
    for (let row = 1; row <= 50; row++) made.end(row, ok());
    made.send(1, http(503));
    for (let n = 0; n < 50; n++) made.breaker.onSent();
    for (let row = 2; row <= 9; row++) made.end(row, http(503));
    expect(made.isOpen()).toBe(false);
    made.end(10, http(503));
    expect(made.isOpen()).toBe(true);
  });

  it('if they belong to three rows, and not if to two', () => {
    const made = breakerWorld();
    for (let n = 0; n < 100; n++) made.send(1 + (n % 2), network('ECONNREFUSED', false));
    expect(made.isOpen()).toBe(false);
    made.send(3, http(500));
    expect(made.isOpen()).toBe(true);
  });

  it.each([
    ['a 200', ok()],
    ['a 404', http(404, '10005')],
    ['a 429', http(429)],
    ['a 408, which is also tried again', http(408)],
    ['a 200 that cannot be read', { ...http(200), body: { kind: 'unreadable' as const } }],
  ])('after ten more attempts if %s has come in between', (_, answer) => {
    const made = breakerWorld();
    fail(made, 9);
    made.send(50, answer);
    fail(made, 9);
    expect(made.isOpen()).toBe(false);
    fail(made, 1);
    expect(made.isOpen()).toBe(true);
  });

  it('and refunds every attempt of the streak once, and none from before it', () => {
    const made = breakerWorld();
    for (const row of [21, 22, 23]) made.send(row, http(502));
    made.send(50, ok());
    for (let row = 1; row <= 10; row++) made.send(row, row % 2 === 0 ? http(599) : network('ETIMEDOUT', true));
    expect(made.refunded).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    // Requests that were in flight then, and probes, belong to the outage too.
    made.send(11, http(503));
    expect(made.refunded).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('and reports what failed, and how long it waits', () => {
    const made = breakerWorld();
    fail(made, 9);
    made.send(4, network('ECONNRESET', true));
    expect(made.events).toEqual([
      {
        event: 'run.paused',
        waitMs: 1000,
        why: 'the API looks down: 10 attempts in a row ended with a 5xx or without an answer, the last one with ECONNRESET',
      },
    ]);
  });
});

describe('a row whose attempts are used up', () => {
  it('is given up at once when nothing points to an outage', async () => {
    const made = breakerWorld();
    expect(await made.breaker.mayGiveUp('write')).toBe(true);
    fail(made, 5);
    made.send(8, ok());
    expect(await made.breaker.mayGiveUp('write')).toBe(true);
    expect(made.world.askedFor).toEqual([]);
  });

  it('waits while the streak may still become an outage, and is given up at the first answer', async () => {
    const made = breakerWorld();
    fail(made, 5);
    const verdict = made.breaker.mayGiveUp('write');
    expect(await isResolved(verdict)).toBe(false);
    made.send(8, http(404));
    expect(await verdict).toBe(true);
  });

  it('goes on if the streak becomes an outage', async () => {
    const made = breakerWorld();
    fail(made, 9);
    const verdict = made.breaker.mayGiveUp('write');
    fail(made, 1);
    expect(await verdict).toBe(false);
    expect(await made.breaker.mayGiveUp('write')).toBe(false);
  });

  it('is requeued if the run stops first', async () => {
    const made = breakerWorld();
    fail(made, 5);
    const verdict = made.breaker.mayGiveUp('write');
    made.stop.ask('signal', 'SIGTERM');
    expect(await verdict).toBe(false);
    expect(await made.breaker.mayGiveUp('write')).toBe(false);
  });

  it('is given up if no other row is left that could show an outage', async () => {
    const made = breakerWorld();
    made.send(1, http(503));
    made.send(2, http(503));
    const first = made.breaker.mayGiveUp('write');
    expect(await isResolved(first)).toBe(false);
    made.breaker.onRowEnd();
    expect(await isResolved(first)).toBe(false);
    made.world.others = false;
    expect(await made.breaker.mayGiveUp('write')).toBe(true);
    expect(await first).toBe(true);
    // Rows that wait are counted, so that they do not wait for each other.
    expect(made.world.askedFor).toEqual([1, 1, 2]);
  });

  it('is given up when the last of the other rows has ended', async () => {
    const made = breakerWorld();
    fail(made, 5);
    const verdict = made.breaker.mayGiveUp('write');
    made.world.others = false;
    made.breaker.onRowEnd();
    expect(await verdict).toBe(true);
  });
});

describe('streaks of reads and writes', () => {
  it('an answer to a read ends no streak of writes: ten rows in a row are an outage of writes', () => {
    const made = breakerWorld();
    for (let row = 1; row <= 10; row++) {
      expect(made.isOpen()).toBe(false);
      made.send(row, http(503));
      made.send(row, ok(), 'read');
    }
    expect(made.isOpen()).toBe(true);
    expect(made.refunded).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(made.events.at(-1)).toMatchObject({
      why: 'the API looks down: 10 writes in a row ended with a 5xx or without an answer, the last one with HTTP 503',
    });
  });

  it('nine rows whose writes always fail, and that are read in between, are no outage', () => {
    const made = breakerWorld();
    for (let n = 0; n < 900; n++) {
      made.send(1 + (n % 9), http(503));
      made.send(1 + (n % 9), ok(), 'read');
    }
    expect(made.isOpen()).toBe(false);
    expect(made.refunded).toEqual([]);
  });

  it('an answered write ends the streak of writes', () => {
    const made = breakerWorld();
    for (let row = 1; row <= 100; row++) {
      made.send(row, http(503));
      made.send(row, ok(), 'read');
      if (row % 9 === 0) made.send(row, ok());
    }
    expect(made.isOpen()).toBe(false);
  });

  it('so does a read that shows that a write was carried out', () => {
    const made = breakerWorld();
    for (let row = 1; row <= 100; row++) {
      made.send(row, network('ETIMEDOUT', true));
      if (row % 9 === 0) made.breaker.onWriteShown(row, made.clock.now());
    }
    expect(made.isOpen()).toBe(false);
  });

  it('a short outage of both is refunded: reads by an answered read, writes by the next answered write', () => {
    const made = breakerWorld();
    // Twelve failures do not trip it, because more requests were in flight at the first one.
    for (let n = 0; n < 50; n++) made.breaker.onSent();
    for (let row = 1; row <= 6; row++) made.send(row, http(503));
    for (let row = 11; row <= 16; row++) made.send(row, http(503), 'read');
    made.send(20, ok(), 'read');
    expect(made.refunded).toEqual([11, 12, 13, 14, 15, 16]);
    made.send(21, ok());
    expect(made.refunded).toEqual([11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6]);
  });

  it('an answered read decides about a row that waits because of reads, and not because of writes', async () => {
    const made = breakerWorld();
    made.send(1, http(503));
    made.send(2, http(503), 'read');
    const write = made.breaker.mayGiveUp('write');
    const read = made.breaker.mayGiveUp('read');
    made.send(3, ok(), 'read');
    expect(await read).toBe(true);
    expect(await isResolved(write)).toBe(false);
    expect(await made.breaker.mayGiveUp('read')).toBe(true);
    made.send(4, ok());
    expect(await write).toBe(true);
  });
});
