import { describe, expect, it } from 'vitest';
import { entry, http, network, ok, rows, task, type World, world } from '../../support/engine/fake-world.ts';

const sentRows = (w: World) => [...new Set(w.sent.map(({ row }) => row))].sort((a, b) => a - b);

describe('--stop-after', () => {
  it.each([1, 7, 25])('%i sends that many rows, finishes them, and leaves the others untouched', async (stop_after) => {
    const w = world((row, before) => (row % 3 === 0 && before < 2 ? http(425) : ok()));
    const execution = await w.run(50, { stop_after });
    expect(execution.stop).toEqual({
      reason: 'stop_after',
      detail: `--stop-after ${stop_after}: ${stop_after} ${stop_after === 1 ? 'row' : 'rows'} sent`,
    });
    expect(sentRows(w)).toEqual(rows(stop_after, (row) => row));
    expect(w.outcomes().size).toBe(stop_after);
    expect([...w.outcomes().values()].every(({ status }) => status === 'updated')).toBe(true);
    expect(w.ledger.filter(({ type }) => type === 'put_back')).toEqual([]);
    expect(w.ledger.filter(({ type }) => type === 'intent')).toHaveLength(stop_after);
  });

  it.each([50, 51])('%i does not stop a run of 50 rows', async (stop_after) => {
    const w = world(() => ok());
    expect((await w.run(50, { stop_after })).stop).toBeNull();
    expect(w.outcomes().size).toBe(50);
  });

  it('49 stops it', async () => {
    const w = world(() => ok());
    expect((await w.run(50, { stop_after: 49 })).stop?.reason).toBe('stop_after');
    expect(w.outcomes().size).toBe(49);
  });

  it('waits for retries, however long they take, and sends no other row meanwhile', async () => {
    const w = world((row, before) => (row === 2 && before < 3 ? network('ECONNRESET', true) : ok()));
    await w.run(50, { stop_after: 3, rate: 'off', concurrency: 10, retry_base: 60_000 });
    expect(w.clock.now()).toBeGreaterThan(10_000);
    expect(sentRows(w)).toEqual([1, 2, 3]);
    expect(w.outcomes().get(2)).toMatchObject({ status: 'updated', attempts: 4 });
  });

  it('does not replace a stop that came first', async () => {
    const w = world((row) => (row === 2 ? http(403, '20012') : ok()));
    expect((await w.run(50, { stop_after: 10 })).stop?.reason).toBe('account_refused');
  });

  it('does not replace a signal that comes while its last rows are in progress', async () => {
    const w = world((row) => (row === 3 ? http(425) : ok()));
    w.clock.at(5000, () => w.stop.ask('signal', 'SIGINT'));
    const execution = await w.run(50, { stop_after: 3, retry_base: 3_600_000, retry_max: 3_600_000 });
    expect(execution.stop?.reason).toBe('signal');
    expect(w.linesOf(3)).toEqual(['intent', 'put_back clear 1']);
  });

  it('counts rows that are read first', async () => {
    const w = world(() => ok());
    const execution = await w.run(
      [...rows(3, (row) => task(row, { first: 'read', attempts: 1 })), ...rows(10, (row) => task(row + 3))],
      { stop_after: 5 },
    );
    expect(execution.stop?.reason).toBe('stop_after');
    expect(sentRows(w)).toEqual([1, 2, 3, 4, 5]);
    expect(w.outcomes().size).toBe(5);
  });

  it('continues where it stopped, session after session, until all rows are done', async () => {
    const done = new Set<number>();
    const stops: (string | null)[] = [];
    for (let session = 0; session < 4; session++) {
      const w = world(() => ok());
      const left = rows(20, (row) => entry(row)).filter(({ row }) => !done.has(row));
      const execution = await w.run(left, { stop_after: 8 }, { ended: done.size, permanent: 0 });
      stops.push(execution.stop?.reason ?? null);
      for (const row of w.outcomes().keys()) {
        expect(done.has(row)).toBe(false);
        done.add(row);
      }
    }
    expect(stops).toEqual(['stop_after', 'stop_after', null, null]);
    expect(done.size).toBe(20);
  });
});
