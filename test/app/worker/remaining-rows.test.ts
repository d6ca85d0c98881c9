import { describe, expect, it } from 'vitest';
import { createRemainingRows, indexStream } from '../../../src/app/worker/remaining-rows.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { makeOutcome } from '../../support/make.ts';
import { makeTasks } from '../../support/queue/handovers.ts';

const AT = '2026-11-23T02:00:00.000Z';
const intent = (row: number): LedgerEntry => ({ type: 'intent', row, at: AT });
const outcome = (row: number): LedgerEntry => ({ type: 'outcome', ...makeOutcome({ row }) });

async function* asStream(entries: readonly LedgerEntry[]) {
  yield [{ id: '1-0', log: '{}' }];
  for (const [at, entry] of entries.entries()) yield [{ id: `2-${at}`, line: JSON.stringify(entry) }];
}

async function remaining(rows: number, entries: LedgerEntry[], doubtful: number) {
  const index = await indexStream(asStream(entries), rows);
  let certain = 0;
  const found = createRemainingRows({
    index,
    doubtful,
    onCertain: () => {
      certain += 1;
    },
  });
  const tasks: [row: number, first: string][] = [];
  for await (const { entry, first } of found.of(
    (async function* () {
      yield* makeTasks(rows);
    })(),
  ))
    tasks.push([entry.row, first]);
  return { tasks, certain: () => certain, onRecorded: found.onRecorded };
}

describe('the rows that are left of a run', () => {
  it('are not known if a line of it is damaged, which is named', async () => {
    async function* damaged() {
      yield [{ id: '3-0', line: 'garbage' }];
    }
    await expect(indexStream(damaged(), 1)).rejects.toThrow('line 3-0 of the run in Redis cannot be used: ');
  });

  it('are those without an outcome, and those that were begun are read first', async () => {
    const { tasks, certain } = await remaining(4, [intent(1), outcome(1), intent(3)], 0);
    expect(tasks).toEqual([
      [2, 'send'],
      [3, 'read'],
      [4, 'send'],
    ]);
    expect(certain()).toBe(0);
  });

  it('are read first if they are in doubt, until each of these has an entry again', async () => {
    const { tasks, certain, onRecorded } = await remaining(5, [intent(1), outcome(1)], 2);
    expect(tasks).toEqual([
      [2, 'read'],
      [3, 'read'],
      [4, 'send'],
      [5, 'send'],
    ]);
    onRecorded(intent(2));
    onRecorded(outcome(4));
    onRecorded({ type: 'session_started', at: AT, pid: 1 });
    expect(certain()).toBe(0);
    onRecorded(intent(3));
    onRecorded(outcome(3));
    expect(certain()).toBe(1);
  });

  it('are certain if fewer are left than are in doubt', async () => {
    const { certain, onRecorded } = await remaining(2, [], 50);
    onRecorded(intent(1));
    expect(certain()).toBe(0);
    onRecorded(intent(2));
    expect(certain()).toBe(1);
    expect((await remaining(1, [intent(1), outcome(1)], 50)).certain()).toBe(1);
  });

  it('stay in doubt if Redis keeps nothing', async () => {
    const { tasks, certain, onRecorded } = await remaining(2, [], Number.POSITIVE_INFINITY);
    expect(tasks).toEqual([
      [1, 'read'],
      [2, 'read'],
    ]);
    onRecorded(intent(1));
    onRecorded(intent(2));
    expect(certain()).toBe(0);
  });

  it('cannot be found in a stream that this version does not understand', async () => {
    await expect(indexStream(asStream([intent(9)]), 2)).rejects.toThrow('row 9');
  });
});
