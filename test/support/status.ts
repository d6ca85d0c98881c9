import type { RunStatus } from '../../src/core/results/run-status.ts';
import type { PaceNow } from '../../src/core/status/pace.ts';

/** How 50 requests a second leave, with nothing in the way. */
export function makePace(changes: Partial<PaceNow> = {}): PaceNow {
  return {
    requests: { total: 100, writes: 100, reads: 0, retries: 0, rate_limited: 0 },
    set: 50,
    allowed: 50,
    serverLimit: null,
    inFlight: 3,
    concurrency: 100,
    files: 100,
    pausedMs: 0,
    pausedWhy: '',
    outage: null,
    ...changes,
  };
}

/** The status of a run at work that has sent half of its rows. */
export function makeStatus(changes: Partial<RunStatus> = {}): RunStatus {
  return {
    version: 1,
    run_id: '20261123T020000Z-numbers-1f2e',
    name: 'numbers',
    command: 'apply',
    state: 'running',
    phase: 'sending',
    at: '2026-11-23T02:10:00.000Z',
    host: 'host',
    pid: 1,
    started_at: '2026-11-23T02:00:01.000Z',
    exit_code: null,
    rows: { total: 12_000, done: 6000, updated: 6000, unchanged: 0, failed: 0, unverified: 0, held: 0, left: 6000 },
    requests: { total: 6020, writes: 6000, reads: 20, retries: 0, rate_limited: 0 },
    rate: { now: 48.9, allowed: 50, set: '50' },
    slowed_by: { what: null, why: '' },
    paused: null,
    held_profiles: [],
    causes: [],
    wave: null,
    eta_ms: 120_000,
    eta_at: '2026-11-23T02:12:00.000Z',
    steered: [],
    next_command: 'telnyx-reassign status runs/x --follow',
    ...changes,
  };
}
