import { describe, expect, it } from 'vitest';
import { http, network, ok, PROFILE, toWrites, world } from '../../support/engine/fake-world.ts';
import { mostInWindow } from '../../support/engine/most-in-window.ts';

const times = (sent: { at: number }[]) => sent.map(({ at }) => at);

describe('executing a plan', () => {
  it('sends each row once, and records its intent before and its outcome after', async () => {
    const w = world(() => ok());
    const execution = await w.run(25);
    expect(execution.stop).toBeNull();
    expect(w.sent.map(({ row }) => row)).toEqual(Array.from({ length: 25 }, (_, at) => at + 1));
    expect([...w.outcomes().values()].every(({ status, attempts }) => status === 'updated' && attempts === 1)).toBe(
      true,
    );
    expect(execution.requests).toMatchObject({ total: 25, writes: 25, reads: 0, retries: 0, rate_limited: 0 });
    for (let row = 1; row <= 25; row++) {
      const lines = w.ledger.filter((line) => 'row' in line && line.row === row).map(({ type }) => type);
      expect(lines).toEqual(['intent', 'outcome']);
    }
  });

  it('does not send a row before its intent is on disk', async () => {
    const onDisk = new Set<number>();
    const early: number[] = [];
    const w = world(
      (row) => {
        if (!onDisk.has(row)) early.push(row);
        return ok();
      },
      async (line) => {
        await w.clock.sleep(40).done;
        if (line.type === 'intent') onDisk.add(line.row);
      },
    );
    await w.run(20);
    expect(early).toEqual([]);
    expect(onDisk.size).toBe(20);
  });

  it('records few intents ahead of the requests', async () => {
    const w = world(() => ok());
    let intents = 0;
    let sends = 0;
    let most = 0;
    const record = w.ledger.push.bind(w.ledger);
    w.ledger.push = (...lines) => {
      intents += lines.filter(({ type }) => type === 'intent').length;
      sends = w.sent.length;
      most = Math.max(most, intents - sends);
      return record(...lines);
    };
    await w.run(100, { rate: 10 });
    expect(most).toBeLessThanOrEqual(2);
  });

  it('keeps the rate while a fifth of the attempts fail, including retries', async () => {
    let n = 0;
    let unsure = 0;
    const w = world((_row, _before, _now, operation) => {
      if (n++ % 5 !== 0) return ok();
      if (operation === 'write') unsure += 1;
      return http(503);
    });
    const execution = await w.run(200, { rate: 20 });
    expect(mostInWindow(times(w.sent), 1000)).toBeLessThanOrEqual(20);
    // The first read after a write is a read-back and no retry.
    expect(execution.requests.retries).toBe(w.sent.length - 200 - unsure);
    expect(execution.requests.reads).toBeGreaterThanOrEqual(unsure);
    expect(execution.requests.reads + execution.requests.writes).toBe(w.sent.length);
    expect([...w.outcomes().values()].filter(({ status }) => status === 'updated')).toHaveLength(200);
  });

  it('has no more requests in flight than the concurrency', async () => {
    let flying = 0;
    let most = 0;
    const w = world(async () => {
      flying += 1;
      most = Math.max(most, flying);
      await w.clock.sleep(2000).done;
      flying -= 1;
      return ok();
    });
    await w.run(20, { rate: 100, concurrency: 3 });
    expect(most).toBe(3);
  });

  it('lets a retry overtake rows that have not been tried', async () => {
    const w = world((row, before) => (row === 1 && before === 0 ? http(425) : ok()));
    await w.run(100, { rate: 5, retry_base: 1, retry_max: 1 });
    const again = w.sent.map(({ row }) => row).lastIndexOf(1);
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThanOrEqual(3);
  });

  it('lets a read-back and the retry after it overtake them', async () => {
    const w = world(toWrites((row, before) => (row === 1 && before === 0 ? http(500) : ok())));
    await w.run(100, { rate: 5, retry_base: 1, retry_max: 1 });
    const first = w.sent.flatMap(({ row, operation }, at) => (row === 1 ? [[operation, at] as const] : []));
    expect(first.map(([operation]) => operation)).toEqual(['write', 'read', 'write']);
    expect(first[1]?.[1]).toBeLessThanOrEqual(3);
    expect(first[2]?.[1]).toBeLessThanOrEqual(6);
  });

  it('lets a retry overtake them if the concurrency is the limit', async () => {
    const w = world(async (row, before) => {
      await w.clock.sleep(1000).done;
      return row === 1 && before === 0 ? http(425) : ok();
    });
    await w.run(100, { rate: 100, concurrency: 1, retry_base: 1, retry_max: 1 });
    expect(w.sent.map(({ row }) => row).lastIndexOf(1)).toBeLessThanOrEqual(3);
  });

  it('does not use up concurrency while a row waits for its backoff', async () => {
    const w = world((row) => (row === 1 ? http(500) : ok()));
    await w.run(30, { rate: 10, concurrency: 1, retry_base: 60_000, retry_max: 60_000, max_attempts: 2 });
    const others = w.sent.filter(({ row }) => row !== 1);
    expect(others.at(-1)?.at).toBeLessThan(4000);
  });
});

describe('the end of a run', () => {
  it('leaves no timer behind, even if the last answer asked for a pause', async () => {
    const w = world((row) =>
      row === 3 ? ok({ profile: PROFILE }, { rateLimitRemaining: '0', rateLimitReset: '600' }) : ok(),
    );
    const execution = await w.run(3, { rate: 10 });
    expect(execution.stop).toBeNull();
    expect(w.clock.now()).toBeLessThan(1000);
    expect(w.clock.pending()).toBe(0);
  });
});

describe('stopping', () => {
  it('drains on a signal: sends no new rows, and finishes what is in flight', async () => {
    const w = world(async () => {
      await w.clock.sleep(300).done;
      return ok();
    });
    w.clock.at(1000, () => w.stop.ask('signal', 'SIGINT'));
    const execution = await w.run(100, { rate: 10 });
    expect(execution.stop?.reason).toBe('signal');
    expect(w.sent.every(({ at }) => at <= 1000)).toBe(true);
    expect(w.outcomes().size).toBe(w.sent.length);
    expect(w.clock.now()).toBeLessThan(1400);
  });

  it('wakes rows that wait for a backoff, and records whether their write may have happened', async () => {
    const w = world((row) => (row === 1 ? network('ETIMEDOUT', true) : http(425)));
    w.clock.at(500, () => w.stop.ask('signal', 'SIGTERM'));
    await w.run(2, { retry_base: 3_600_000, retry_max: 3_600_000 });
    expect(w.clock.now()).toBe(500);
    expect(w.linesOf(1)).toEqual(['intent', 'put_back ambiguous 1']);
    expect(w.linesOf(2)).toEqual(['intent', 'put_back clear 1']);
    expect(w.sent.map(({ operation }) => operation)).toEqual(['write', 'write']);
  });

  it('ends the wait of a 429', async () => {
    const w = world(() => http(429, '', { retryAfter: '600' }));
    w.clock.at(3000, () => w.stop.ask('signal', 'SIGINT'));
    expect((await w.run(5)).stop?.reason).toBe('signal');
    expect(w.clock.now()).toBe(3000);
  });

  it('ignores a signal that came after the last outcome', async () => {
    const w = world((row) => {
      if (row === 3) w.stop.ask('signal', 'SIGINT');
      return ok();
    });
    expect((await w.run(3, { rate: 'off', concurrency: 3 })).stop).toBeNull();
  });

  it('limits the rows that are open at the same time', async () => {
    let open = 0;
    let most = 0;
    const w = world(
      (_, before) => (before === 0 ? http(425) : ok()),
      async (line) => {
        if (line.type === 'intent') open += 1;
        if (line.type === 'outcome') open -= 1;
        most = Math.max(most, open);
      },
    );
    await w.run(6000, { rate: 'off', concurrency: 100, retry_base: 3_600_000, retry_max: 3_600_000 });
    expect(most).toBe(5000);
    expect(w.outcomes().size).toBe(6000);
  });
});
