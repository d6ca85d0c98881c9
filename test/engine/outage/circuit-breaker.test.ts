import { describe, expect, it } from 'vitest';
import { type BreakerWorld, breakerWorld, fail, probe } from '../../support/engine/breaker-world.ts';
import { http, network, ok } from '../../support/engine/fake-world.ts';

describe('while the breaker is open, it', () => {
  it('probes after 1, 2, 4, 8, 16 and then every 30 s', async () => {
    const made = breakerWorld();
    fail(made, 10);
    const at: (number | null)[] = [];
    for (let n = 0; n < 8; n++) at.push(await probe(made, http(503)));
    expect(at).toEqual([1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000, 121_000]);
    expect(made.refunded.filter((row) => row === 99)).toHaveLength(8);
  });

  it('counts the wait from the end of a probe that hung', async () => {
    const made = breakerWorld();
    fail(made, 10);
    await made.clock.until(made.breaker.enter('write'));
    await made.clock.until(made.clock.sleep(10_000).done);
    made.send(99, network('ETIMEDOUT', true));
    made.breaker.onProbeEnd('write');
    expect(await probe(made, ok())).toBe(13_000);
  });

  it('closes at the first answer of an API that is up, and starts with 1 s again the next time', async () => {
    const made = breakerWorld();
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
    const made = breakerWorld();
    fail(made, 10);
    for (let n = 0; n < 4; n++) await probe(made, http(503));
    const waiting = made.breaker.enter('write');
    // The probe would be due half a second before 31 s.
    made.clock.at(15_500, () => made.send(7, ok()));
    expect(await made.clock.until(waiting)).toBe('pass');
    expect(made.clock.now()).toBe(15_500);
  });

  it('stops the run when the patience is over, with a last probe at its end', async () => {
    const made = breakerWorld({ patienceMs: 20_000 });
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
    const made = breakerWorld({ patienceMs: 20_000 });
    fail(made, 10);
    for (let n = 0; n < 4; n++) await probe(made, http(503));
    expect(await probe(made, ok())).toBe(20_000);
    expect(made.stop.asked()).toBeNull();
  });

  it('stops at once without patience', async () => {
    const made = breakerWorld({ patienceMs: 0 });
    fail(made, 10);
    expect(made.stop.asked()?.reason).toBe('outage');
    expect(await made.clock.until(made.breaker.enter('write'))).toBeNull();
  });

  it('ends the wait for a probe when the run is stopped for another reason', async () => {
    const made = breakerWorld();
    fail(made, 10);
    made.clock.at(400, () => made.stop.ask('signal', 'SIGINT'));
    expect(await made.clock.until(made.breaker.enter('write'))).toBeNull();
    expect(made.clock.now()).toBe(400);
    expect(made.clock.pending()).toBe(0);
  });
});

describe('an outage of reads or writes', () => {
  const failWrites = ({ send }: BreakerWorld, rows: number, each = 1) => {
    for (let n = 0; n < rows * each; n++) send(1 + (n % rows), http(503));
  };

  it('failed reads alone trip it, and an answered read closes it', async () => {
    const made = breakerWorld();
    for (let n = 0; n < 10; n++) made.send(1 + (n % 3), http(503), 'read');
    expect(made.isOpen()).toBe(true);
    await made.clock.until(made.breaker.enter('read'));
    made.send(1, ok(), 'read');
    made.breaker.onProbeEnd('read');
    expect(made.events.at(-1)).toEqual({ event: 'run.resumed' });
  });

  it('an answered read lets reads pass while writes are down, and the next write probes at once', async () => {
    const made = breakerWorld();
    fail(made, 10);
    // The probe after 1 s is a read.
    const read = await made.clock.until(made.breaker.enter('read'));
    expect(read).toBe('probe');
    made.send(1, ok(), 'read');
    made.breaker.onProbeEnd('read');
    expect(made.clock.now()).toBe(1000);
    expect(await made.clock.until(made.breaker.enter('read'))).toBe('pass');
    expect(await probe(made, http(503))).toBe(1000);
    // Reads that pass do not bring the next probe forward.
    expect(await made.clock.until(made.breaker.enter('read'))).toBe('pass');
    made.send(2, ok(), 'read');
    expect(await probe(made, http(503))).toBe(3000);
    expect(await probe(made, ok())).toBe(7000);
    expect(made.events.at(-1)).toEqual({ event: 'run.resumed' });
  });

  it('a failed read makes reads wait for probes again', async () => {
    const made = breakerWorld();
    fail(made, 10);
    made.send(1, ok(), 'read');
    made.send(1, http(503), 'read');
    expect(await made.clock.until(made.breaker.enter('read'))).toBe('probe');
  });

  it('the patience with writes ends, however often reads are answered', async () => {
    const made = breakerWorld({ patienceMs: 20_000 });
    failWrites(made, 10);
    for (let n = 0; n < 100 && made.stop.asked() === null; n++) {
      made.send(1, ok(), 'read');
      await probe(made, http(503));
    }
    expect(made.stop.asked()?.reason).toBe('outage');
    expect(made.clock.now()).toBe(20_000);
  });

  it('a read that shows that a write was carried out closes it if that write was a probe', async () => {
    const made = breakerWorld();
    fail(made, 10);
    const probedAt = (await probe(made, network('ETIMEDOUT', true))) as number;
    made.breaker.onWriteShown(99, -1);
    expect(made.events.at(-1)?.event).toBe('run.paused');
    made.breaker.onWriteShown(99, probedAt);
    expect(made.events.at(-1)).toEqual({ event: 'run.resumed' });
  });
});
