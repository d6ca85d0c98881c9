import { describe, expect, it } from 'vitest';
import { executePlan } from '../../../src/app/sending/execute.ts';
import type { ExecuteDeps } from '../../../src/app/sending/opened.ts';
import { emptyTally } from '../../../src/core/results/tally.ts';
import type { Task } from '../../../src/engine/ports.ts';
import { realClock } from '../../../src/io/clock.ts';
import { loadManifest } from '../../../src/io/run/directory.ts';
import { accountOf, ledgerOf, moves } from '../../support/app/accounts.ts';
import { id } from '../../support/app/plans.ts';
import { KEY } from '../../support/app/sources.ts';
import { makeOutcome } from '../../support/make.ts';

const RATE = {
  mean_per_s: 0,
  max_in_1s: 0,
  max_in_60s: 0,
  paused_ms: 0,
  throttled_ms: 0,
  allowed: null,
  server_limit: null,
};

/** Executes a plan of two rows with an executor of the test. */
async function executed(execute: ExecuteDeps['execute']) {
  const place = await accountOf();
  const { run } = await place.plan(moves([1, 2]));
  let isClosed = false;
  const deps: ExecuteDeps = {
    execute,
    clock: realClock,
    openTransport: async () =>
      ({
        inFlight: () => 0,
        abort: () => undefined,
        close: () => {
          isClosed = true;
        },
      }) as unknown as Awaited<ReturnType<ExecuteDeps['openTransport']>>,
  };
  const target = { baseUrl: place.sandbox.url, key: KEY };
  const result = await executePlan(run, place.invoke(), { target, finishBy: null, reread: null }, deps);
  return { ...result, dir: run.dir, ledger: await ledgerOf(run), isClosed };
}

describe('another executor', () => {
  it('gets the rows to send, and records their outcomes in the ledger of the run', async () => {
    const tasks: Task[] = [];
    const { decide, dir, ledger, isClosed } = await executed(async (options) => {
      for await (const task of options.tasks()) {
        tasks.push(task);
        await options.ports.record({ type: 'outcome', ...makeOutcome({ row: task.entry.row }) });
      }
      return { stop: null, requests: { total: 2, writes: 2, reads: 0, retries: 0, rate_limited: 0 }, rate: RATE };
    });
    expect(tasks.map(({ entry, first }) => [entry.id, first])).toEqual([
      [id(1), 'send'],
      [id(2), 'send'],
    ]);
    expect(ledger.slice(-4).map(({ type }) => type)).toEqual([
      'session_started',
      'outcome',
      'outcome',
      'session_ended',
    ]);
    expect(loadManifest(dir).state).toBe('running');
    expect(isClosed).toBe(true);
    expect(decide(emptyTally())).toMatchObject({ exit: 0, state: 'finished', stop: null });
  });

  it('that throws ends the run with exit 1, and its connections are closed', async () => {
    const { decide, isClosed } = await executed(async () => {
      throw new Error('the queue is gone');
    });
    expect(isClosed).toBe(true);
    expect(decide(emptyTally())).toMatchObject({ exit: 1, state: 'interrupted', stop: { reason: 'internal' } });
  });
});
