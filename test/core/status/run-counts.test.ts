import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { noSessions } from '../../../src/core/ledger/sessions.ts';
import { createRunCounts } from '../../../src/core/status/run-counts.ts';
import { makeFailure, makeOutcome } from '../../support/make.ts';

const AT = '2026-11-23T02:00:00.000Z';
const requests = (total: number) => ({ total, writes: total, reads: 0, retries: 0, rate_limited: 0 });
const { rate } = noSessions().ended;

function countsOf(...entries: LedgerEntry[]) {
  const counts = createRunCounts(5, 4);
  for (const entry of entries) counts.add(entry);
  return counts;
}

const outcome = (changes: Parameters<typeof makeOutcome>[0]): LedgerEntry => ({
  type: 'outcome',
  ...makeOutcome(changes),
});
const failure = (changes: Parameters<typeof makeFailure>[0]): LedgerEntry => ({
  type: 'outcome',
  ...makeFailure(changes),
});

describe('a run, counted by the lines of its ledger', () => {
  it('has the rows by how they have ended, and their causes', () => {
    const counts = countsOf(
      { type: 'session_started', at: AT, pid: 1 },
      { type: 'intent', row: 1, at: AT },
      outcome({ row: 1 }),
      failure({ row: 2 }),
      failure({ row: 3 }),
    );
    const rows = { total: 4, done: 3, updated: 1, unchanged: 0, failed: 2, unverified: 0, held: 0, left: 1 };
    expect(counts.rows()).toEqual(rows);
    expect(counts.causes()).toMatchObject([{ error_code: '10015', count: 2, example_row: 2 }]);
  });

  it('has the pauses of all sessions', () => {
    const paused = (ms: number) => ({ at: AT, requests: requests(1), rate: { ...rate, paused_ms: ms } });
    const counts = countsOf(
      { type: 'session_started', at: AT, pid: 1 },
      { type: 'session_seen', ...paused(500) },
      { type: 'session_started', at: AT, pid: 2 },
    );
    expect(counts.pausedMs()).toBe(500);
    counts.add({ type: 'session_seen', ...paused(200) });
    expect(counts.pausedMs()).toBe(700);
  });

  it('counts a row once whose outcome is replaced', () => {
    const unverified = { status: 'unverified', reason: 'attempts_exhausted', httpStatus: null } as const;
    const counts = countsOf(outcome({ row: 1, ...unverified }), outcome({ row: 2 }));
    expect(counts.causes()).toMatchObject([{ status: 'unverified', count: 1 }]);
    counts.add(outcome({ row: 1 }));
    // Its wave was read back.
    counts.add(failure({ row: 2, reason: 'write_not_kept' }));
    expect(counts.rows()).toMatchObject({ done: 2, updated: 1, failed: 1, unverified: 0 });
    expect(counts.causes()).toMatchObject([{ reason: 'write_not_kept', count: 1 }]);
  });

  it('counts a row to send that was at its target when it was planned, once', () => {
    const found = { type: 'found', row: 5, profile: '', product: '', at: AT, unchangedButSent: true } as const;
    const counts = countsOf(found, { ...outcome({ row: 5 }), unchangedButSent: true } as LedgerEntry);
    expect(counts.rows()).toMatchObject({ total: 5, done: 1, left: 4 });
  });

  it('has the requests of all sessions, those of the last one as they are now', () => {
    const counts = countsOf(
      { type: 'session_started', at: AT, pid: 1 },
      { type: 'session_ended', at: AT, stop: 'signal', requests: requests(7), rate },
      { type: 'session_started', at: AT, pid: 2 },
      { type: 'session_seen', at: AT, requests: requests(2), rate },
    );
    expect(counts.requests(null).total).toBe(9);
    expect(counts.requests(requests(5)).total).toBe(12);
  });

  it('has the bulk order at work, with its rows that are not decided', () => {
    const order = { at: AT, order: 2 } as const;
    const counts = countsOf({ type: 'order_intent', ...order, profile: 'p', rows: [1, 2, 3], on_profile: 0 });
    expect(counts.order()).toEqual({ order: { order: 2, order_id: null, rows: 3, pending: null } });
    counts.add({ type: 'order_placed', ...order, order_id: 'o-2', success: 1, pending: 2, failed: 0 });
    counts.add(outcome({ row: 1 }));
    counts.add({ type: 'intent', row: 4, at: AT });
    expect(counts.order()).toEqual({ order: { order: 2, order_id: 'o-2', rows: 2, pending: 2 } });
    expect(counts.rows()).toMatchObject({ done: 1, left: 3 });
    counts.add({ type: 'order_ended', ...order, result: 'done', why: '' });
    expect(counts.order()).toEqual({});
  });

  it('has the profiles that this session holds, and the commands of operators', () => {
    const counts = countsOf(
      { type: 'profile_held', profile: 'old', why: 'refused', at: AT },
      { type: 'session_started', at: AT, pid: 2 },
      { type: 'profile_held', profile: 'new', why: 'refused', at: AT },
      { type: 'session_started', at: AT, pid: 2, reading: true },
      { type: 'steered', at: AT, by: 'alice', command: 'pause', from: 'sending', to: 'paused' },
    );
    expect([...counts.heldProfiles]).toEqual([['new', 'refused']]);
    expect(counts.steering.paused).toEqual({ by: 'alice', at: AT });
  });
});
