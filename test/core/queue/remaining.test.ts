import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { addToIndex, emptyIndex } from '../../../src/core/ledger/replay.ts';
import { countRows, doubtfulRows, remainingTask } from '../../../src/core/queue/remaining.ts';
import type { QueuedTask } from '../../../src/core/queue/tasks.ts';
import { makeFailure, makeOutcome } from '../../support/make.ts';
import { makeTask } from '../../support/queue/handovers.ts';

const AT = '2026-11-23T02:00:00.000Z';
const INTENT: LedgerEntry = { type: 'intent', row: 1, at: AT };
const putBack = (ambiguous: boolean, attempts: number): LedgerEntry => ({
  type: 'put_back',
  row: 1,
  ambiguous,
  attempts,
  at: AT,
});
const UPDATED: LedgerEntry = { type: 'outcome', ...makeOutcome({ row: 1 }) };
const UNVERIFIED: LedgerEntry = {
  type: 'outcome',
  ...makeFailure({ row: 1, status: 'unverified', reason: 'read_failed' }),
};

function indexOf(...entries: LedgerEntry[]) {
  const index = emptyIndex(3);
  for (const entry of entries) addToIndex(index, entry, 0, 0);
  return index;
}

describe('a row that was handed over', () => {
  it.each<[string, Partial<QueuedTask>, LedgerEntry[], Partial<QueuedTask> | null]>([
    ['without an entry is as it was', { first: 'read', attempts: 2 }, [], { first: 'read', attempts: 2 }],
    ['that was begun is read first', {}, [INTENT], { first: 'read', attempts: 1 }],
    ['that was begun twice counts both attempts', { attempts: 2 }, [INTENT, INTENT], { first: 'read', attempts: 4 }],
    ['that was put back is sent', {}, [INTENT, putBack(false, 1)], { first: 'send', attempts: 1 }],
    [
      'that was put back counts earlier attempts once',
      { attempts: 2 },
      [INTENT, putBack(false, 3)],
      { first: 'send', attempts: 3 },
    ],
    ['that may have been written is read first', {}, [INTENT, putBack(true, 1)], { first: 'read', attempts: 1 }],
    [
      'that was only to be read is only read again',
      { first: 'read_only' },
      [INTENT],
      { first: 'read_only', attempts: 0 },
    ],
    ['with an outcome is left', {}, [INTENT, UPDATED], null],
    ['with an unverified outcome is left', { first: 'read_only' }, [UNVERIFIED], null],
  ])('%s', (_, task, entries, remaining) => {
    const queued = makeTask(1, task);
    expect(remainingTask(queued, indexOf(...entries))).toEqual(remaining && { ...queued, ...remaining });
  });

  it('is sent if the index does not know its row', () => {
    expect(remainingTask(makeTask(9), indexOf())).toEqual(makeTask(9));
  });

  it('counts as begun with its first entry, and as ended with its outcome', () => {
    const other = (entry: LedgerEntry, row: number) => ({ ...entry, row }) as LedgerEntry;
    const index = indexOf(INTENT, UPDATED, other(INTENT, 2), other(UNVERIFIED, 3));
    expect(countRows(index)).toEqual({ begun: 3, ended: 2 });
  });
});

describe('rows in doubt after Redis has started again', () => {
  const pace = (mostIn1s: number): LedgerEntry => ({
    type: 'session_seen',
    at: AT,
    requests: { total: 1, writes: 1, reads: 0, retries: 0, rate_limited: 0 },
    rate: {
      mean_per_s: 1,
      max_in_1s: mostIn1s,
      max_in_60s: mostIn1s,
      paused_ms: 0,
      throttled_ms: 0,
      allowed: null,
      server_limit: null,
    },
  });

  it.each([
    ['always', 50, indexOf(), 100 + 64 + 150],
    ['none', 50, indexOf(), Number.POSITIVE_INFINITY],
    ['everysec', 50, indexOf(), 100 + 64 + 150],
    ['everysec', 0.5, indexOf(), 10 + 64 + 2],
    ['everysec', 'auto', indexOf(), 50 + 64 + 600],
    ['everysec', 'off', indexOf(pace(4000)), 50 + 64 + 12_000],
  ] as const)('with appendfsync %s and rate %s', (durability, rate, index, rows) => {
    expect(doubtfulRows(durability, { rate, concurrency: null }, index)).toBe(rows);
  });
});
