import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/core/ledger-entry.ts';
import { addSession, noSessions, summarize } from '../../src/core/summary.ts';
import { makeManifest, makeOutcome, makeTally } from './make.ts';

function sessionEnded(
  total: number,
  mean: number,
  others: Partial<{ one: number; sixty: number; paused: number }> = {},
): LedgerEntry {
  const { one = 1, sixty = 1, paused = 0 } = others;
  return {
    type: 'session_ended',
    at: '2026-11-23T02:00:03.000Z',
    stop: null,
    requests: { total, writes: total, reads: 0, retries: 1, rate_limited: 2 },
    rate: { mean_per_s: mean, max_in_1s: one, max_in_60s: sixty, paused_ms: paused },
  };
}

const started = (at: string): LedgerEntry => ({ type: 'session_started', at, pid: 1 });

function sessionsOf(...entries: LedgerEntry[]) {
  const sessions = noSessions();
  for (const entry of entries) addSession(sessions, entry);
  return sessions;
}

describe('the sessions of a ledger', () => {
  it('none: all zeros', () => {
    expect(sessionsOf()).toEqual({
      count: 0,
      requests: { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 },
      rate: { mean_per_s: 0, max_in_1s: 0, max_in_60s: 0, paused_ms: 0 },
      firstAt: null,
    });
  });

  it('one: as it was; entries about rows change nothing', () => {
    const sessions = sessionsOf(
      started('t1'),
      { type: 'intent', row: 1, at: 't1' },
      { type: 'outcome', ...makeOutcome() },
      { type: 'put_back', row: 2, ambiguous: true, attempts: 3, at: 't1' },
      sessionEnded(10, 4.5, { one: 5, sixty: 10, paused: 300 }),
    );
    expect(sessions).toEqual({
      count: 1,
      requests: { total: 10, writes: 10, reads: 0, retries: 1, rate_limited: 2 },
      rate: { mean_per_s: 4.5, max_in_1s: 5, max_in_60s: 10, paused_ms: 300 },
      firstAt: 't1',
    });
  });

  it('several: requests and pauses add up, peaks are the highest, the mean is that of the requests', () => {
    const sessions = sessionsOf(
      started('t1'),
      sessionEnded(30, 4, { one: 5, sixty: 30, paused: 300 }),
      started('t2'),
      sessionEnded(0, 0),
      sessionEnded(10, 2, { one: 7, sixty: 10, paused: 200 }),
    );
    expect(sessions).toEqual({
      count: 2,
      requests: { total: 40, writes: 40, reads: 0, retries: 3, rate_limited: 6 },
      rate: { mean_per_s: 3.5, max_in_1s: 7, max_in_60s: 30, paused_ms: 500 },
      firstAt: 't1',
    });
  });

  it('that sent nothing at all have no mean', () => {
    expect(sessionsOf(sessionEnded(0, 0), sessionEnded(0, 0)).rate.mean_per_s).toBe(0);
  });
});

describe('a summary', () => {
  const parts = {
    manifest: makeManifest({ state: 'paused' }),
    tally: makeTally({ updated: 2, failed: 1 }),
    sessions: sessionsOf(started('t1'), sessionEnded(3, 4.98765, { one: 5, sixty: 3, paused: 10.4 })),
    exit: 6,
    rateSetting: '5',
    nextCommand: 'telnyx-reassign apply x',
    warnings: ['1 blank line skipped'],
    files: { results: 'runs/x/results.csv' },
    error: { code: 'server_wait', message: 'Stopped.' },
  };

  it('puts together what the files of a run say', () => {
    expect(summarize(parts)).toEqual({
      run_id: '20261123T020000Z-numbers-1f2e',
      name: 'numbers',
      command: 'apply',
      state: 'paused',
      exit_code: 6,
      exit_name: 'stopped',
      resumable: true,
      next_command: 'telnyx-reassign apply x',
      input: { path: '/data/numbers.csv', sha256: 'ab12', rows: 3 },
      counts: { updated: 2, failed: 1, unverified: 0, rejected: 0, duplicate: 0, unprocessed: 0, planned: 0 },
      sum_ok: true,
      started_at: '2026-11-23T02:00:01.000Z',
      finished_at: '2026-11-23T02:00:03.500Z',
      duration_ms: 2500,
      requests: { total: 3, writes: 3, reads: 0, retries: 1, rate_limited: 2 },
      rate: { setting: '5', mean_per_s: 4.99, max_in_1s: 5, max_in_60s: 3, paused_ms: 10 },
      causes: [],
      warnings: ['1 blank line skipped'],
      files: { results: 'runs/x/results.csv' },
      error: { code: 'server_wait', message: 'Stopped.' },
    });
  });

  it('has no error where there is none', () => {
    expect(summarize({ ...parts, error: null })).not.toHaveProperty('error');
  });

  it.each([
    ['planning', false],
    ['planned', false],
    ['running', false],
    ['interrupted', true],
    ['paused', true],
    ['finished', false],
    ['refused', false],
  ] as const)('of a run that is %s can be resumed: %s', (state, resumable) => {
    expect(summarize({ ...parts, manifest: makeManifest({ state }) }).resumable).toBe(resumable);
  });

  it.each([
    [{ updated: 3 }, true],
    [{ updated: 1, duplicate: 1, rejected: 1 }, true],
    [{ updated: 2 }, false],
    [{ updated: 4 }, false],
  ])('says of %j for three rows whether it adds up: %s', (counts, ok) => {
    expect(summarize({ ...parts, tally: makeTally(counts) }).sum_ok).toBe(ok);
  });

  it('lasts from its start to its end, and no time where it never began or clocks were turned back', () => {
    const never = makeManifest({ started_at: null, finished_at: null });
    expect(summarize({ ...parts, manifest: never })).toMatchObject({
      started_at: '2026-11-23T02:00:00.000Z',
      finished_at: '2026-11-23T02:00:00.000Z',
      duration_ms: 0,
    });
    const back = makeManifest({ finished_at: '2026-11-23T01:00:00.000Z' });
    expect(summarize({ ...parts, manifest: back }).duration_ms).toBe(0);
  });
});
