import { describe, expect, it } from 'vitest';
import type { Sessions } from '../../../src/core/ledger/sessions.ts';
import { summarize } from '../../../src/core/results/summary.ts';
import { makeManifest, makePlan, makeTally } from '../../support/make.ts';

const sessions: Sessions = {
  count: 2,
  firstAt: 't1',
  ended: {
    requests: { total: 1, writes: 1, reads: 0, retries: 0, rate_limited: 2 },
    rate: {
      mean_per_s: 4.98765,
      max_in_1s: 4,
      max_in_60s: 3,
      paused_ms: 4,
      throttled_ms: 0,
      allowed: 2.5,
      server_limit: { requests: 100, window_ms: 60_000 },
    },
  },
  open: {
    requests: { total: 2, writes: 1, reads: 1, retries: 1, rate_limited: 0 },
    rate: {
      mean_per_s: 4.98765,
      max_in_1s: 5,
      max_in_60s: 2,
      paused_ms: 6.4,
      throttled_ms: 3.4,
      allowed: 1.5,
      server_limit: null,
    },
  },
};

describe('a summary', () => {
  const parts = {
    manifest: makeManifest({ state: 'paused' }),
    tally: makeTally({ updated: 2, failed: 1 }),
    sessions,
    steered: [{ type: 'steered', at: 't2', by: 'alice', command: 'rate', from: '50', to: '10', id: 'c1' } as const],
    exit: 6,
    rateSetting: '5',
    nextCommand: 'telnyx-reassign resume x',
    warnings: ['1 blank line skipped'],
    files: { results: 'runs/x/results.csv' },
    error: { code: 'server_wait', message: 'Stopped.' },
  };

  it('has the campaigns of a run that compares them, without what only the next summary needs', () => {
    const counts = { read: 3, unchanged: 1, lost: 1, changed: 1, unknown: 0 };
    const campaigns = { ...counts, warnings: ['1 number lost its campaign'] };
    expect(summarize({ ...parts, manifest: makeManifest({ campaigns }) }).campaigns).toEqual(counts);
    expect(summarize(parts)).not.toHaveProperty('campaigns');
  });

  it('puts together what the files of a run say', () => {
    expect(summarize(parts)).toEqual({
      run_id: '20261123T020000Z-numbers-1f2e',
      name: 'numbers',
      command: 'apply',
      state: 'paused',
      exit_code: 6,
      exit_name: 'stopped',
      resumable: true,
      next_command: 'telnyx-reassign resume x',
      input: { path: '/data/numbers.csv', sha256: 'ab12', rows: 3 },
      plan: makePlan(),
      plan_sha256: 'cd34',
      counts: {
        updated: 2,
        unchanged: 0,
        failed: 1,
        unverified: 0,
        held: 0,
        rejected: 0,
        duplicate: 0,
        unprocessed: 0,
        planned: 0,
      },
      sum_ok: true,
      started_at: '2026-11-23T02:00:01.000Z',
      finished_at: '2026-11-23T02:00:03.500Z',
      duration_ms: 2500,
      requests: { total: 3, writes: 2, reads: 1, retries: 1, rate_limited: 2, orders: 0 },
      rate: {
        setting: '5',
        mean_per_s: 4.99,
        max_in_1s: 5,
        max_in_60s: 3,
        paused_ms: 10,
        throttled_ms: 3,
        used_share: 0.75,
        server_limit: { requests: 100, window_ms: 60_000 },
      },
      causes: [],
      steered: [{ at: 't2', by: 'alice', command: 'rate', from: '50', to: '10' }],
      warnings: ['1 blank line skipped'],
      files: { results: 'runs/x/results.csv' },
      error: { code: 'server_wait', message: 'Stopped.' },
    });
  });

  it('has no error if there is none', () => {
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
    ['superseded', false],
  ] as const)('of a run that is %s can be resumed: %s', (state, resumable) => {
    expect(summarize({ ...parts, manifest: makeManifest({ state }) }).resumable).toBe(resumable);
  });

  it('of a run that workers have can be resumed: it is followed to its end', () => {
    const queue = { name: 'redis://10.0.0.5', handover: 'r.1', account: 'ab' };
    expect(summarize({ ...parts, manifest: makeManifest({ state: 'running', queue }) }).resumable).toBe(true);
  });

  it.each([
    ['refused', 7, true],
    ['planned', 7, false],
    ['finished', 7, false],
    ['refused', 8, false],
    ['refused', 3, false],
  ] as const)('of a run that is %s with exit %d can be resumed: %s', (state, exit, resumable) => {
    expect(summarize({ ...parts, exit, manifest: makeManifest({ state }) }).resumable).toBe(resumable);
  });

  it('of a run that was interrupted before it had a plan cannot be resumed', () => {
    const manifest = makeManifest({ state: 'interrupted', plan: null, started_at: null });
    expect(summarize({ ...parts, exit: 130, manifest })).toMatchObject({
      resumable: false,
      plan: null,
      plan_sha256: null,
    });
  });

  it.each([
    [{ updated: 3 }, true],
    [{ updated: 1, duplicate: 1, rejected: 1 }, true],
    [{ updated: 1, held: 2 }, true],
    [{ updated: 2 }, false],
    [{ updated: 4 }, false],
  ])('says of %j for three rows whether it adds up: %s', (counts, ok) => {
    expect(summarize({ ...parts, tally: makeTally(counts) }).sum_ok).toBe(ok);
  });

  it('lasts as long as commands have worked on it, whatever the time of day did', () => {
    const manifest = makeManifest({ finished_at: '2026-11-23T01:00:00.000Z', duration_ms: 1234 });
    expect(summarize({ ...parts, manifest }).duration_ms).toBe(1234);
  });

  it('of an older version lasts from its start to its end, and no time if it never began or clocks were turned back', () => {
    const never = makeManifest({ started_at: null, finished_at: null });
    expect(summarize({ ...parts, manifest: never })).toMatchObject({
      started_at: '2026-11-23T02:00:00.000Z',
      finished_at: '2026-11-23T02:00:00.000Z',
      duration_ms: 0,
    });
    const back = makeManifest({ finished_at: '2026-11-23T01:00:00.000Z' });
    expect(summarize({ ...parts, manifest: back }).duration_ms).toBe(0);
  });

  it.each([
    [10, 8, 1],
    [8, 10, 0.8],
    [8, null, null],
    [0, 0, null],
  ])('of %d requests if %d were allowed used %d of them', (total, allowed, share) => {
    const requests = { ...sessions.ended.requests, total };
    const ended = { requests, rate: { ...sessions.ended.rate, allowed } };
    const given = { ...parts, sessions: { ...sessions, ended, open: null } };
    expect(summarize(given).rate.used_share).toBe(share);
  });
});
