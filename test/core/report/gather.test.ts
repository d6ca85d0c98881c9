import { describe, expect, it } from 'vitest';
import type { Status } from '../../../src/core/attempt/outcome.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import { createGathering } from '../../../src/core/report/gather.ts';
import type { Result } from '../../../src/core/results/rows.ts';
import { makeEntry, makeOutcome } from '../../support/make.ts';

const AT = '2026-11-23T02:00:00.000Z';

function resultOf(status: Status, entry: Partial<PlanEntry> = {}, outcome: Result['outcome'] = null): Result {
  return { entry: makeEntry(entry), status, reason: '', detail: '', outcome };
}

function gathered(results: readonly Result[], entries: readonly LedgerEntry[] = []) {
  const gathering = createGathering();
  for (const entry of entries) gathering.onEntry(entry);
  for (const result of results) gathering.onResult(result);
  return gathering.gathered();
}

describe('the flows', () => {
  it('count how the rows of each ended, the largest flow first', () => {
    const to = (profileTarget: string) => ({ profileBefore: 'a', profileTarget });
    const { flows } = gathered([
      resultOf('updated', to('c')),
      ...(['updated', 'unchanged', 'failed', 'unverified', 'held', 'unprocessed'] as const).map((status) =>
        resultOf(status, { ...to('b'), action: status === 'held' ? 'held' : 'change' }),
      ),
      resultOf('rejected', { action: 'rejected' }),
      resultOf('duplicate', { action: 'duplicate' }),
      resultOf('unchanged', { action: 'unchanged' }),
    ]);
    expect(flows.others).toBeNull();
    expect(flows.list.map(({ profileTarget, rows }) => [profileTarget, rows])).toEqual([
      ['b', 6],
      ['c', 1],
    ]);
    expect(flows.list[0]).toMatchObject({ profileBefore: 'a', atTarget: 2, failed: 2, held: 1, left: 1 });
  });

  it('name only what changes', () => {
    const { flows } = gathered([
      resultOf('updated', { profileTarget: '', productBefore: 'A2P', productTarget: 'P2P' }),
      resultOf('updated', { profileBefore: 'x', profileTarget: 'x', productBefore: 'A2P', productTarget: 'P2P' }),
      resultOf('updated', { action: 'unchanged', profileBefore: 'x', profileTarget: 'x' }, makeOutcome()),
    ]);
    expect(flows.list).toMatchObject([
      { profileBefore: '', profileTarget: '', productBefore: 'A2P', productTarget: 'P2P', rows: 2 },
      { profileBefore: '', profileTarget: '', productBefore: '', productTarget: '', rows: 1 },
    ]);
  });

  it('are bounded, and lose no row', () => {
    const results = Array.from({ length: 1200 }, (_, n) => resultOf('updated', { profileBefore: `p${n}` }));
    const { flows } = gathered(results);
    expect(flows.list).toHaveLength(50);
    expect(flows.others).toEqual({ rows: 1150, atTarget: 1150, failed: 0, held: 0, left: 0 });
    expect(gathered(results.slice(0, 60)).flows.others?.rows).toBe(10);
  });
});

describe('the rows', () => {
  it('are the first thousand that had their turn and are not at their target', () => {
    const results = Array.from({ length: 1500 }, (_, n) =>
      resultOf(n % 2 === 0 ? 'failed' : 'updated', { row: n + 1 }),
    );
    const { rows } = gathered([
      ...(['unprocessed', 'planned', 'duplicate'] as const).map((status) => resultOf(status)),
      ...(['unverified', 'held', 'rejected'] as const).map((status) => resultOf(status)),
      ...results,
      ...results,
    ]);
    expect(rows.total).toBe(1503);
    expect(rows.list).toHaveLength(1000);
    expect(rows.list.slice(0, 4).map(({ status }) => status)).toEqual(['unverified', 'held', 'rejected', 'failed']);
  });
});

describe('what happened', () => {
  const pace = { requests: { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 }, rate: {} };

  it('is kept in order, without the rows', () => {
    const { happenings } = gathered(
      [],
      [
        { type: 'session_started', at: AT, pid: 1, reading: true },
        { type: 'session_ended', at: AT, stop: null, ...pace } as unknown as LedgerEntry,
        { type: 'session_started', at: AT, pid: 1 },
        { type: 'intent', row: 1, at: AT },
        { type: 'session_seen', at: AT, ...pace } as unknown as LedgerEntry,
        { type: 'profile_held', at: AT, profile: 'p', why: 'it is gone' },
        { type: 'session_ended', at: AT, stop: 'outage', ...pace } as unknown as LedgerEntry,
        { type: 'handed_over', at: AT, queue: 'redis://q', handover: 'h' },
        { type: 'session_started', at: AT, pid: 1, worker: 'w1' },
        { type: 'steered', at: AT, by: 'alice', command: 'rate', from: '50', to: '10' },
        { type: 'steered', at: AT, by: 'alice', command: 'hold', from: '', to: 'p' },
        { type: 'steered', at: AT, by: 'bob', command: 'release', from: 'p', to: '' },
        { type: 'wave', at: AT, wave: 1, waves: 3, rows: 20, step: 'not_kept' },
        { type: 'taken_back', at: AT, handover: 'h' },
        { type: 'handover_lost', at: AT, handover: 'h' },
      ],
    );
    expect(happenings.more).toBe(0);
    expect(happenings.first.filter(({ isDrawn }) => isDrawn).map(({ number }) => number)).toEqual([
      3, 4, 6, 7, 8, 9, 10, 11, 12, 13,
    ]);
    expect(happenings.first.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      'session: Reading of the account started',
      'session: Session ended',
      'session: Sending started',
      'hold: Profile p was held: it is gone',
      'session: Session ended: outage',
      'workers: Handed over to the workers of redis://q',
      'session: Worker w1 took the run',
      'operator: rate 50 → 10 by alice',
      'operator: hold p by alice',
      'operator: release p by bob',
      'wave: Wave 1 of 3 (20 rows): not at its targets',
      'workers: Taken back from the workers',
      'workers: The handover to the workers was lost',
    ]);
  });

  it('has the bulk orders that were placed, and those that did not end well', () => {
    const placed = { type: 'order_placed', at: AT, order_id: 'o', success: 7, failed: 1 } as const;
    const ended = { type: 'order_ended', at: AT } as const;
    const { happenings } = gathered(
      [],
      [
        { type: 'session_started', at: AT, pid: 1, bulk: true },
        { type: 'order_intent', at: AT, order: 1, profile: 'p', rows: [1], on_profile: 0 },
        { ...placed, order: 1, pending: 0 },
        { ...ended, order: 1, result: 'done', why: '' },
        { ...placed, order: 2, pending: 1200 },
        { type: 'order_seen', at: AT, order: 2, pending: 1 },
        { type: 'order_seen', at: AT, order: 2, pending: 1, mismatch: 'a tag' },
        { ...ended, order: 2, result: 'mismatch', why: '+18005550001 moved too' },
      ],
    );
    expect(happenings.first.map(({ kind, text, isDrawn }) => `${kind}: ${text}${isDrawn ? ' (drawn)' : ''}`)).toEqual([
      'session: Bulk orders started (drawn)',
      'order: Bulk order 1 placed: 8 numbers',
      'order: Bulk order 2 placed: 1,208 numbers, 1,200 pending',
      'order: Bulk order 2 changed what it must not change: a tag (drawn)',
      'order: Bulk order 2 changed what it must not change: +18005550001 moved too (drawn)',
    ]);
  });

  it('is bounded', () => {
    const entries = Array.from({ length: 305 }, (): LedgerEntry => ({ type: 'session_started', at: AT, pid: 1 }));
    const { happenings } = gathered([], entries);
    expect([happenings.first.length, happenings.more, happenings.last.length]).toEqual([150, 5, 150]);
    expect([happenings.first.at(-1)?.number, happenings.last[0]?.number]).toEqual([150, 156]);
  });
});
