import type { NumberState } from '../../src/core/account/number-table.ts';
import type { HttpAnswer, ShownProfile, ShownSettings } from '../../src/core/api/response.ts';
import type { Outcome, Status } from '../../src/core/attempt/outcome.ts';
import { cleanCell } from '../../src/core/input/cell.ts';
import type { Profiles } from '../../src/core/plan/diff.ts';
import type { PlanEntry } from '../../src/core/plan/entry.ts';
import type { RunStatus } from '../../src/core/results/run-status.ts';
import type { Summary } from '../../src/core/results/summary.ts';
import { emptyTally, type Tally } from '../../src/core/results/tally.ts';
import type { Manifest } from '../../src/core/run/manifest.ts';
import { type Resolved, resolveSettings } from '../../src/core/settings/resolve.ts';
import type { RawSettings } from '../../src/core/settings/schema.ts';

export const ID = '1293384261075731499';
export const PROFILE = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
export const OTHER_PROFILE = '6e6f6b1a-0c5d-4f57-9d4e-0b0d0d3b7a11';
export const PHONE = '+18005550001';

export function makeEntry(changes: Partial<PlanEntry> = {}): PlanEntry {
  return {
    row: 1,
    line: 2,
    id: ID,
    phoneNumber: '',
    action: 'change',
    reason: '',
    profileBefore: '',
    profileTarget: PROFILE,
    productBefore: '',
    productTarget: '',
    note: '',
    ...changes,
  };
}

export function makeOutcome(changes: Partial<Outcome> = {}): Outcome {
  return {
    row: 1,
    status: 'updated',
    reason: '',
    retryable: false,
    profileAfter: PROFILE,
    productAfter: 'A2P',
    httpStatus: 200,
    errorCode: '',
    errorTitle: '',
    errorDetail: '',
    errorPointer: '',
    attempts: 1,
    durationMs: 123.4,
    requestId: 'req-1',
    finishedAt: '2026-11-23T02:00:01.000Z',
    ...changes,
  };
}

/** The outcome of a row that the API has refused for good. */
export function makeFailure(changes: Partial<Outcome> = {}): Outcome {
  return makeOutcome({
    status: 'failed',
    reason: 'api_error',
    profileAfter: '',
    productAfter: '',
    httpStatus: 422,
    errorCode: '10015',
    errorTitle: 'Bad Request',
    requestId: '',
    ...changes,
  });
}

export function makeAnswer(status: number, body: HttpAnswer['body']): HttpAnswer {
  return {
    kind: 'http',
    status,
    body,
    wait: { retryAfter: null, rateLimit: null, rateLimitReset: null, rateLimitRemaining: null, date: null },
    requestId: '',
    durationMs: 5,
  };
}

export function makeTally(counts: Partial<Record<Status, number>>, permanent = 0): Tally {
  const tally = emptyTally();
  Object.assign(tally.counts, counts);
  return { ...tally, permanent };
}

/** What a manifest says of its plan, which was made offline. */
export function makePlan(changes: Partial<NonNullable<Manifest['plan']>> = {}): NonNullable<Manifest['plan']> {
  return {
    sha256: 'cd34',
    change: 3,
    rejected: 0,
    duplicate: 0,
    unchanged: 0,
    held: 0,
    at: '2026-11-23T02:00:00.500Z',
    reading: null,
    moves: [],
    notes: [],
    warnings: [],
    left_behind: [],
    differences: [],
    bulk: null,
    ...changes,
  };
}

/** A profile of which everything is shown, and nothing is out of the way. */
export function makeProfile(changes: Partial<ShownProfile> = {}): ShownProfile {
  return {
    id: PROFILE,
    name: 'Support',
    enabled: true,
    webhookUrl: 'https://example.test/hook',
    webhookApiVersion: '2',
    destinations: ['US', 'CA'],
    pool: false,
    stickySender: false,
    spendLimit: null,
    ...changes,
  };
}

/** The profiles of an account that has these and no others. */
export function makeProfiles(...profiles: ShownProfile[]): Profiles {
  return {
    byId: (id) => profiles.find((profile) => profile.id === id) ?? null,
    byName: (name) => profiles.filter((profile) => cleanCell(profile.name) === name),
    like: (name) => profiles.map((profile) => profile.name).filter((other) => other.startsWith(name.charAt(0))),
  };
}

/** What is known of a number that a read has shown. */
export function found(shown: ShownSettings, id = ID): NumberState {
  return { state: 'found', id, shown };
}

export function makeManifest(changes: Partial<Manifest> = {}): Manifest {
  return {
    tool: 'telnyx-reassign',
    version: '1.2.3',
    run_id: '20261123T020000Z-numbers-1f2e',
    name: 'numbers',
    command: 'apply',
    state: 'finished',
    settings: {},
    input: {
      path: '/data/numbers.csv',
      sha256: 'ab12',
      rows: 3,
      blank_lines: 0,
      dialect: { encoding: 'utf-8', delimiter: ',' },
    },
    plan: makePlan(),
    campaigns: null,
    fault: null,
    source: null,
    organization_id: null,
    key_sha256: null,
    superseded_by: null,
    queue: null,
    locked: true,
    stop: null,
    exit_code: 0,
    warnings: [],
    created_at: '2026-11-23T02:00:00.000Z',
    started_at: '2026-11-23T02:00:01.000Z',
    finished_at: '2026-11-23T02:00:03.500Z',
    host: 'host',
    pid: 1,
    ...changes,
  };
}

export function makeSummary(changes: Partial<Summary> = {}): Summary {
  return {
    run_id: '20261123T020000Z-numbers-1f2e',
    name: 'numbers',
    command: 'apply',
    state: 'finished',
    exit_code: 0,
    exit_name: 'ok',
    resumable: false,
    next_command: null,
    input: { path: '/data/numbers.csv', sha256: 'ab12', rows: 3 },
    plan: makePlan(),
    plan_sha256: makePlan().sha256,
    counts: { ...emptyTally().counts, updated: 3 },
    sum_ok: true,
    started_at: '2026-11-23T02:00:01.000Z',
    finished_at: '2026-11-23T02:00:03.500Z',
    duration_ms: 2500,
    requests: { total: 3, writes: 3, reads: 0, retries: 0, rate_limited: 0 },
    rate: {
      setting: '5',
      mean_per_s: 4.99,
      max_in_1s: 5,
      max_in_60s: 3,
      paused_ms: 0,
      throttled_ms: 0,
      used_share: 0.998,
      server_limit: null,
    },
    causes: [],
    steered: [],
    warnings: [],
    files: { results: 'runs/x/results.csv', log: 'runs/x/log.ndjson' },
    ...changes,
  };
}

/** A run that is sending. */
export function makeStatus(changes: Partial<RunStatus> = {}): RunStatus {
  return {
    version: 1,
    run_id: '20261123T020000Z-numbers-1f2e',
    name: 'numbers',
    command: 'apply',
    state: 'running',
    phase: 'sending',
    at: '2026-11-23T02:00:02.000Z',
    host: 'host',
    pid: 1,
    started_at: '2026-11-23T02:00:01.000Z',
    exit_code: null,
    rows: { total: 1200, done: 300, updated: 298, unchanged: 0, failed: 2, unverified: 0, held: 0, left: 900 },
    requests: {
      total: 310,
      writes: 302,
      reads: 8,
      retries: 2,
      rate_limited: 1,
      answers: { write: { ok: 300, rejected: 2 } },
    },
    rate: { now: 49.5, allowed: 50, set: '50' },
    slowed_by: { what: null, why: '' },
    paused: null,
    held_profiles: [],
    causes: [],
    wave: null,
    eta_ms: 18_000,
    eta_at: '2026-11-23T02:00:20.000Z',
    steered: [],
    next_command: null,
    ...changes,
  };
}

/** The settings of an `apply` with these flags, which must be good. */
export function resolveLayers(flags: RawSettings): Resolved {
  const resolved = resolveSettings([{ source: 'flag', raw: flags }], 'apply');
  if ('errors' in resolved) throw new Error(resolved.errors.join('\n'));
  return resolved;
}
