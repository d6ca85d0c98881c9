import { describe, expect, it } from 'vitest';
import type { Status } from '../../../src/core/attempt/outcome.ts';
import type { StopReason } from '../../../src/core/attempt/stop-reason.ts';
import { noOrders } from '../../../src/core/ledger/orders.ts';
import { countsError, executionExit, planExit, signalExit } from '../../../src/core/results/run-exit.ts';
import { makeTally } from '../../support/make.ts';
import { makeOpenOrder } from '../../support/make-order.ts';

describe('the ending of a plan', () => {
  it.each([
    [0, false, { exit: 0, state: 'planned' }],
    [0, true, { exit: 0, state: 'planned' }],
    [1, false, { exit: 3, state: 'refused' }],
    [1, true, { exit: 4, state: 'planned' }],
  ])('with %d rejected rows, skipped: %s', (rejected, skip, ending) => {
    expect(planExit(rejected, skip)).toEqual(ending);
    expect(planExit(rejected, skip, 0)).toEqual(ending);
  });

  it.each([
    [0, false, { exit: 4, state: 'planned' }],
    [0, true, { exit: 4, state: 'planned' }],
    [1, false, { exit: 3, state: 'refused' }],
    [1, true, { exit: 4, state: 'planned' }],
  ])('with held rows and %d rejected ones, skipped: %s', (rejected, skip, ending) => {
    expect(planExit(rejected, skip, 1)).toEqual(ending);
    expect(planExit(rejected, skip, 7)).toEqual(ending);
  });
});

describe('the exit code of a signal', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['', 143],
  ])('%s is %d', (signal, exit) => {
    expect(signalExit(signal)).toBe(exit);
  });
});

type Counts = Partial<Record<Status, number>>;

describe('the ending of an execution to its last row', () => {
  const internal = { exit: 1, state: 'interrupted' };

  it.each([
    ['nothing to do', {}, 0, { exit: 0, state: 'finished' }],
    ['all at target', { updated: 3 }, 0, { exit: 0, state: 'finished' }],
    ['nothing to change', { unchanged: 3, duplicate: 1 }, 0, { exit: 0, state: 'finished' }],
    ['duplicates', { updated: 3, duplicate: 2 }, 0, { exit: 0, state: 'finished' }],
    ['temporary failures', { updated: 3, failed: 2 }, 0, { exit: 5, state: 'finished' }],
    ['failures for good', { updated: 3, failed: 2 }, 2, { exit: 4, state: 'finished' }],
    ['failures for good and temporary ones', { failed: 2 }, 1, { exit: 4, state: 'finished' }],
    ['rejected rows', { updated: 3, rejected: 1 }, 0, { exit: 4, state: 'finished' }],
    ['rejected rows and temporary failures', { failed: 1, rejected: 1 }, 0, { exit: 4, state: 'finished' }],
    ['held rows', { updated: 3, held: 1 }, 0, { exit: 4, state: 'finished' }],
    ['held rows and temporary failures', { failed: 1, held: 1 }, 0, { exit: 4, state: 'finished' }],
    ['unknown outcomes', { updated: 3, unverified: 1 }, 0, { exit: 11, state: 'paused' }],
    [
      'unknown outcomes among everything else',
      { failed: 2, unverified: 1, held: 1, rejected: 1 },
      1,
      { exit: 11, state: 'paused' },
    ],
    ['rows that were never sent, though nothing stopped it', { updated: 2, unprocessed: 1 }, 0, internal],
    ['rows that are still planned', { planned: 3 }, 0, internal],
    [
      'rows that were never sent among everything else',
      { updated: 1, failed: 2, unverified: 1, held: 1, rejected: 1, unprocessed: 1 },
      1,
      internal,
    ],
  ] satisfies [string, Counts, number, object][])('with %s', (_what, counts, permanent, ending) => {
    expect(executionExit(null, makeTally(counts, permanent))).toEqual(ending);
  });
});

describe('the ending of an execution that stopped', () => {
  const untouched: Counts = { unprocessed: 9, unchanged: 2, held: 1, rejected: 1 };
  const midway: [Counts, number][] = [
    [{ updated: 1, unprocessed: 8 }, 0],
    [{ failed: 1, unprocessed: 8 }, 1],
    [{ unverified: 1, unprocessed: 8 }, 0],
    [{ updated: 1, failed: 2, unverified: 3, rejected: 4 }, 1],
  ];

  it.each([
    ['internal', '', { exit: 1, state: 'interrupted' }, { exit: 1, state: 'interrupted' }],
    ['signal', 'SIGINT', { exit: 130, state: 'interrupted' }, { exit: 130, state: 'interrupted' }],
    ['signal', 'SIGHUP', { exit: 129, state: 'interrupted' }, { exit: 129, state: 'interrupted' }],
    ['signal', 'SIGTERM', { exit: 143, state: 'interrupted' }, { exit: 143, state: 'interrupted' }],
    ['key_refused', '', { exit: 7, state: 'refused' }, { exit: 7, state: 'paused' }],
    ['account_refused', '', { exit: 7, state: 'refused' }, { exit: 7, state: 'paused' }],
    ['unreachable', '', { exit: 7, state: 'refused' }, { exit: 7, state: 'paused' }],
    ['not_this_api', '', { exit: 7, state: 'refused' }, { exit: 7, state: 'paused' }],
    ['redirected', '', { exit: 7, state: 'refused' }, { exit: 7, state: 'paused' }],
    ['write_not_kept', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['wave_not_kept', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['gate_refused', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['order_mismatch', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['order_pending', '', { exit: 11, state: 'paused' }, { exit: 11, state: 'paused' }],
    ['phone_number_mismatch', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['open_files', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['worker_ended', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['lease_lost', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['server_wait', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['max_failures', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['max_same_error', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['profiles_held', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['outage', '', { exit: 6, state: 'paused' }, { exit: 6, state: 'paused' }],
    ['drained', 'alice', { exit: 143, state: 'interrupted' }, { exit: 143, state: 'interrupted' }],
    ['finish_by', '', { exit: 10, state: 'paused' }, { exit: 10, state: 'paused' }],
    ['stop_after', '', { exit: 10, state: 'paused' }, { exit: 10, state: 'paused' }],
  ] satisfies [StopReason, string, object, object][])(
    'by %s %s: before the first write, and midway whatever the rows came to',
    (reason, detail, before, after) => {
      expect(executionExit({ reason, detail }, makeTally(untouched))).toEqual(before);
      for (const [counts, permanent] of midway) {
        expect(executionExit({ reason, detail }, makeTally(counts, permanent))).toEqual(after);
      }
    },
  );
});

describe('the error of an exit code', () => {
  const errorOf = (exit: number, counts: Counts, orders = noOrders()) =>
    countsError(exit, { tally: makeTally(counts), orders });

  it('is none if the code is good', () => {
    expect([errorOf(0, { updated: 3 }), errorOf(20, { planned: 3 })]).toEqual([null, null]);
  });

  it.each<[Counts, string]>([
    [{ updated: 1, failed: 1234 }, '1,234 failed; see failed.csv.'],
    [{ unverified: 2, held: 3, rejected: 4 }, '2 unverified, 3 held, 4 rejected; see failed.csv and held.csv.'],
    [{ unprocessed: 2 }, 'some rows have no outcome; see failed.csv.'],
  ])('says which rows are not at their target: %j', (counts, text) => {
    const message = `Not every row is at its target: ${text}`;
    expect(errorOf(4, counts)).toEqual({ code: 'rows_not_at_target', message });
  });

  it('names the bulk order that may still move rows', () => {
    const byRow = new Map([[1, makeOpenOrder()]]);
    const { message } = errorOf(11, { unverified: 1 }, { ...noOrders(), byRow }) ?? {};
    expect(message).toContain('1 unverified; see failed.csv. Bulk order 3 (o-3) may still move 1 row;');
  });
});
