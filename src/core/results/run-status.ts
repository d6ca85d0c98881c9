import * as z from 'zod';
import { STATUSES } from '../attempt/outcome.ts';
import type { RowReason } from '../plan/reason.ts';
import { STATES } from '../run/manifest.ts';

const TEXT = z.string();
export const COUNT = z.int().min(0);
const NUMBER = z.number().min(0);

/**
 * What a run is busy with. `waiting`: nothing may be sent yet (the account is read, or no worker has the run).
 * `checking`, `soaking` and `gate` are steps between waves.
 */
export const PHASES = ['waiting', 'sending', 'checking', 'soaking', 'gate', 'ended'] as const;
export type Phase = (typeof PHASES)[number];

/** What keeps a run from sending faster; null if that is the rate that was set. `until`: ISO 8601, if it is known. */
const SLOWED_BY = z.object({
  what: z.enum(['server', 'outage', 'reserve', 'concurrency', 'operator', 'files']).nullable(),
  why: TEXT,
  until: TEXT.optional(),
});
export type SlowedBy = z.infer<typeof SLOWED_BY>;

/** A wave at work. `until`: when its soak ends. */
const WAVE = z.object({ wave: COUNT, waves: COUNT, rows: COUNT, done: COUNT, until: TEXT.nullable() });
export type WaveStatus = z.infer<typeof WAVE>;

/** A target profile to which no more rows are sent. `by`: the operator; null if the run holds it for its failures. */
const HELD_PROFILE = z.object({ id: TEXT, name: TEXT, by: TEXT.nullable(), why: TEXT });
export type HeldProfile = z.infer<typeof HELD_PROFILE>;

/** The rows to send of a run, over all of its sessions. `held`: those of them that ended as held. */
const ROW_COUNTS = z.object({
  total: COUNT,
  done: COUNT,
  updated: COUNT,
  unchanged: COUNT,
  failed: COUNT,
  unverified: COUNT,
  held: COUNT,
  left: COUNT,
});
export type RowCounts = z.infer<typeof ROW_COUNTS>;

export const CAUSE = z.object({
  status: z.enum(STATUSES),
  reason: z.custom<RowReason>((value) => typeof value === 'string'),
  http_status: z.number().nullable(),
  error_code: TEXT,
  error_title: TEXT,
  count: COUNT,
  example_row: COUNT,
});

const BY_RESULT = z.partialRecord(z.enum(['ok', 'rejected', 'rate_limited', 'server_error', 'no_answer']), COUNT);

export const REQUESTS = z.object({
  ...{ total: COUNT, writes: COUNT, reads: COUNT, retries: COUNT, rate_limited: COUNT },
  /** Bulk orders; older versions placed none. */
  orders: COUNT.optional(),
  /** By kind and result; older versions did not count them. */
  answers: z.partialRecord(z.enum(['read', 'write']), BY_RESULT).optional(),
});

export const STEERED = z.object({ at: TEXT, by: TEXT, command: TEXT, from: TEXT, to: TEXT });

/** status.json: how a run is doing, as its process last saw it. */
const RUN_STATUS = z.object({
  version: z.literal(1),
  run_id: TEXT,
  name: TEXT,
  command: TEXT,
  state: z.enum(STATES),
  phase: z.enum(PHASES),
  /** When this was true. */
  at: TEXT,
  host: TEXT,
  pid: COUNT,
  started_at: TEXT.nullable(),
  /** Null while it is at work. */
  exit_code: z.int().nullable(),
  rows: ROW_COUNTS,
  requests: REQUESTS,
  /** For how long it was paused, over all sessions, as last recorded; older versions did not say. */
  paused_ms: NUMBER.optional(),
  /** Requests a second: seen in the last seconds, allowed by setting and server now (null: no limit), and the setting. */
  rate: z.object({ now: NUMBER, allowed: NUMBER.nullable(), set: TEXT }),
  slowed_by: SLOWED_BY,
  /** Since when an operator has paused it; null if none has. */
  paused: z.object({ by: TEXT, since: TEXT }).nullable(),
  held_profiles: z.array(HELD_PROFILE),
  /** The most frequent causes why rows are not at their target. */
  causes: z.array(CAUSE),
  wave: WAVE.nullable(),
  /** The bulk order at work: its rows that are not decided, and its numbers that are pending. */
  order: z.object({ order: COUNT, order_id: TEXT.nullable(), rows: COUNT, pending: COUNT.nullable() }).optional(),
  /** Until the last row has been sent; null if that cannot be said. */
  eta_ms: NUMBER.nullable(),
  eta_at: TEXT.nullable(),
  /** The last commands of operators, oldest first. */
  steered: z.array(STEERED),
  next_command: TEXT.nullable(),
});
export type RunStatus = z.infer<typeof RUN_STATUS>;

/** Reads what was found in status.json; null if it is not one of this version. */
export function readStatus(value: unknown): RunStatus | null {
  return RUN_STATUS.safeParse(value).data ?? null;
}
