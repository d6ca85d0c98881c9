import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import type { Task } from '../../../src/engine/ports.ts';
import { execute } from '../../../src/engine/sending/executor.ts';
import { createControl } from '../../../src/engine/sending/pipeline.ts';
import { createStop } from '../../../src/engine/stop.ts';
import { http, ok, rows, settings, task, type World, world } from '../../support/engine/fake-world.ts';
import { virtualClock } from '../../support/engine/virtual-clock.ts';

const FULL = 'ENOSPC: no space left on device';

/** A ledger that rejects every entry from this one on. */
function fullFrom(isFirst: (line: LedgerEntry) => boolean): (line: LedgerEntry) => Promise<void> {
  let full = false;
  return async (line) => {
    full ||= isFirst(line);
    if (full) throw new Error(FULL);
  };
}

describe('a ledger that cannot be written', () => {
  it('ends the run at an intent, and sends nothing that is not recorded', async () => {
    const w = world(
      () => ok(),
      fullFrom((line) => line.type === 'intent' && line.row === 6),
    );
    await expect(w.run(50)).rejects.toThrow(FULL);
    expect(w.sent.length).toBeGreaterThan(0);
    expect(w.sent.every(({ row }) => row <= 5)).toBe(true);
    expect(w.stop.asked()).toEqual({ reason: 'internal', detail: FULL });
  });

  it('ends it after all requests have ended, even slow ones', async () => {
    let flying = 0;
    const w = world(
      async (row) => {
        flying += 1;
        await w.clock.sleep(row === 1 ? 30_000 : 200).done;
        flying -= 1;
        return ok();
      },
      fullFrom((line) => line.type === 'intent' && line.row === 6),
    );
    await expect(w.run(50)).rejects.toThrow(FULL);
    expect(flying).toBe(0);
    expect(w.clock.now()).toBeGreaterThanOrEqual(30_000);
    expect(w.sent.every(({ row }) => row <= 5)).toBe(true);
  });

  it('at an outcome: the row is not reported, and no other is sent', async () => {
    let fullAt = 0;
    const w: World = world(
      () => ok(),
      fullFrom((line) => {
        if (line.type !== 'outcome' || line.row !== 3) return false;
        fullAt = w.clock.now();
        return true;
      }),
    );
    await expect(w.run(50)).rejects.toThrow(FULL);
    expect(w.outcomes().size).toBe(2);
    expect(w.events.filter((one) => one.event === 'row.updated')).toHaveLength(2);
    expect(w.sent.filter(({ at }) => at > fullAt)).toEqual([]);
  });

  it('at the intent of a row that was read: the row is not sent', async () => {
    const w = world(
      (_row, _before, _now, operation) => (operation === 'read' ? ok({ profile: null }) : ok()),
      fullFrom(() => true),
    );
    await expect(w.run([task(1, { first: 'read', attempts: 1 })])).rejects.toThrow(FULL);
    expect(w.sent.map(({ operation }) => operation)).toEqual(['read']);
  });

  it('at a requeued row: the run ends with the error, not with the stop that came before', async () => {
    const w = world(
      () => http(425),
      fullFrom((line) => line.type === 'put_back'),
    );
    w.clock.at(300, () => w.stop.ask('signal', 'SIGINT'));
    await expect(w.run(20, { retry_base: 60_000 })).rejects.toThrow(FULL);
    expect(w.clock.now()).toBe(300);
  });

  it('at a note about the session alone: the run continues', async () => {
    const w = world(
      () => ok(),
      async (line) => {
        if (line.type === 'session_seen') throw new Error(FULL);
      },
    );
    expect((await w.run(50)).stop).toBeNull();
    expect(w.outcomes().size).toBe(50);
  });
});

describe('the order on disk', () => {
  it('has the intent before the first write, and the outcome before the row is reported', async () => {
    const onDisk: string[] = [];
    const violations: string[] = [];
    const w: World = world(
      (row) => {
        if (!onDisk.includes(`intent ${row}`)) violations.push(`row ${row} left before its intent`);
        return ok();
      },
      async (line) => {
        await w.clock.sleep(line.type === 'intent' ? 70 : 400).done;
        if ('row' in line) onDisk.push(`${line.type} ${line.row}`);
      },
    );
    const push = w.events.push.bind(w.events);
    w.events.push = (...events) => {
      for (const one of events) {
        if (one.event !== 'row.updated' && one.event !== 'row.failed') continue;
        if (!onDisk.includes(`outcome ${one.entry.row}`))
          violations.push(`row ${one.entry.row} was reported too early`);
      }
      return push(...events);
    };
    await w.run(30);
    expect(violations).toEqual([]);
    expect(onDisk).toHaveLength(60);
  });

  it('has the last outcome before the run ends', async () => {
    let onDisk = 0;
    const w = world(
      () => ok(),
      async (line) => {
        await w.clock.sleep(5000).done;
        if (line.type === 'outcome') onDisk += 1;
      },
    );
    await w.run(5);
    expect(onDisk).toBe(5);
  });

  it('has one intent for a row, however often it is sent', async () => {
    const w = world((_, before) => (before < 4 ? http(425) : ok()));
    await w.run(5);
    for (let row = 1; row <= 5; row++) expect(w.linesOf(row)).toEqual(['intent', 'updated 5']);
  });

  it('has a note about the session once a second, and no more often', async () => {
    const w = world(() => ok());
    await w.run(100, { rate: 10 });
    const seen = w.ledger.filter((line) => line.type === 'session_seen');
    expect(seen).toHaveLength(9);
    expect(seen.map(({ requests }) => requests.writes)).toEqual([...seen.map(({ requests }) => requests.total)]);
    for (let n = 1; n < seen.length; n++) {
      const gap = Date.parse(seen[n]?.at as string) - Date.parse(seen[n - 1]?.at as string);
      expect(gap).toBeGreaterThanOrEqual(1000);
      expect(gap).toBeLessThanOrEqual(1200);
    }
    // Each note has its own counts, and the rate that was measured.
    expect(seen[0]?.requests.total).toBeLessThan(seen[1]?.requests.total as number);
    expect(seen.at(-1)?.rate.max_in_1s).toBe(10);
  });
});

describe('a plan that cannot be read to its end', () => {
  it('ends the run after all requests have ended, with their outcomes recorded', async () => {
    const clock = virtualClock();
    const ledger: LedgerEntry[] = [];
    let flying = 0;
    async function* tasks(): AsyncGenerator<Task> {
      yield* rows(5, (row) => task(row));
      throw new Error('EIO: i/o error, read');
    }
    const send = async (_entry: unknown, onSent: () => void) => {
      onSent();
      flying += 1;
      await clock.sleep(3000).done;
      flying -= 1;
      return ok();
    };
    const record = async (line: LedgerEntry) => void ledger.push(line);
    const ports = { clock, send, read: send, record, onEvent: () => undefined };
    const running = execute({
      tasks,
      ports,
      limits: settings(),
      control: createControl(settings()),
      stop: createStop(),
      earlier: { ended: 0, permanent: 0 },
    });
    await expect(clock.until(running)).rejects.toThrow('EIO');
    expect(flying).toBe(0);
    const sent = ledger.filter(({ type }) => type === 'intent').length;
    expect(ledger.filter(({ type }) => type === 'outcome' || type === 'put_back')).toHaveLength(sent);
  });
});
