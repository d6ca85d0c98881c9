import type { RequestCounts } from '../ledger/entry.ts';
import type { State } from '../run/manifest.ts';
import type { Cause } from './tally.ts';

/**
 * What a run is busy with. `waiting`: nothing may be sent yet (the account is read, or no worker has the run).
 * `checking`, `soaking` and `gate` are steps between waves.
 */
export const PHASES = ['waiting', 'sending', 'checking', 'soaking', 'gate', 'ended'] as const;
export type Phase = (typeof PHASES)[number];

/** What keeps a run from sending faster; null if that is the rate that was set. `until`: ISO 8601, if it is known. */
export type SlowedBy = {
  what: 'server' | 'outage' | 'reserve' | 'concurrency' | 'operator' | 'files' | null;
  why: string;
  until?: string;
};

/** A wave at work. `until`: when its soak ends. */
export type WaveStatus = { wave: number; waves: number; rows: number; done: number; until: string | null };

/** A command of an operator that a run has obeyed. */
export type SteeredCommand = { at: string; by: string; command: string; from: string; to: string };

/** A target profile to which no more rows are sent. `by`: the operator; null if the run holds it for its failures. */
export type HeldProfile = { id: string; by: string | null; why: string };

/** The rows to send of a run, over all of its sessions. `held`: those of them that ended as held. */
export type RowCounts = {
  total: number;
  done: number;
  updated: number;
  unchanged: number;
  failed: number;
  unverified: number;
  held: number;
  left: number;
};

/** status.json: how a run is doing, as its process last saw it. */
export type RunStatus = {
  version: 1;
  run_id: string;
  name: string;
  command: string;
  state: State;
  phase: Phase;
  /** When this was true. */
  at: string;
  host: string;
  pid: number;
  started_at: string | null;
  /** Null while it is at work. */
  exit_code: number | null;
  rows: RowCounts;
  requests: RequestCounts;
  /** Requests a second: seen in the last seconds, allowed by setting and server now (null: no limit), and the setting. */
  rate: { now: number; allowed: number | null; set: string };
  slowed_by: SlowedBy;
  /** Since when an operator has paused it; null if none has. */
  paused: { by: string; since: string } | null;
  held_profiles: HeldProfile[];
  /** The most frequent causes why rows are not at their target. */
  causes: Cause[];
  wave: WaveStatus | null;
  /** Until the last row has been sent; null if that cannot be said. */
  eta_ms: number | null;
  eta_at: string | null;
  /** The last commands of operators, oldest first. */
  steered: SteeredCommand[];
  next_command: string | null;
};
