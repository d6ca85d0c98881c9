import type { HeldProfile, Phase, RunStatus, WaveStatus } from '../results/run-status.ts';
import type { Manifest } from '../run/manifest.ts';
import { profileNames } from '../run/profile-names.ts';
import type { Settings } from '../settings/schema.ts';
import { etaMs } from './eta.ts';
import type { MeasuredPace } from './pace.ts';
import type { RunCounts } from './run-counts.ts';
import { slowedBy } from './slowed-by.ts';

/** Commands of operators that the status shows. */
const SHOWN_COMMANDS = 5;

/** A wave at work. `before`: rows of the run that had ended before its first one was sent. */
type WaveAtWork = Pick<WaveStatus, 'wave' | 'waves' | 'rows'> & { before: number };

/** What a run is busy with. `until`: when that ends, in ms since 1970; null if it is not known. */
export type Doing = { phase: Phase; wave: WaveAtWork | null; until: number | null };

function waveStatus({ wave, until }: Doing, ended: number, time: (ms: number) => string): WaveStatus | null {
  if (wave === null) return null;
  const { before, ...shown } = wave;
  const done = Math.min(wave.rows, Math.max(0, ended - before));
  return { ...shown, done, until: until === null ? null : time(until) };
}

/** Profiles to which no rows are sent: by operators, and by the run itself. */
export function heldProfilesOf(
  counts: Pick<RunCounts, 'steering' | 'heldProfiles'>,
  manifest: Manifest,
): HeldProfile[] {
  const names = profileNames(manifest);
  const named = (id: string, by: string | null, why: string) => ({ id, name: names.get(id) ?? '', by, why });
  return [
    ...[...counts.steering.held].map(([id, { by, at }]) => named(id, by, `since ${at}`)),
    ...[...counts.heldProfiles].map(([id, why]) => named(id, null, why)),
  ];
}

/** The last commands of operators, oldest first. */
export function lastCommands(all: RunStatus['steered']): RunStatus['steered'] {
  return all.slice(-SHOWN_COMMANDS).map(({ at, by, command, from, to }) => ({ at, by, command, from, to }));
}

type Facts = {
  manifest: Manifest;
  counts: RunCounts;
  settings: { rate: Settings['rate'] | string; reserve: number };
  host: string;
  pid: number;
  doing: Doing;
  /** Null while no session is at work. */
  pace: MeasuredPace | null;
  /** The time of day, in ms since 1970. */
  wall: number;
  nextCommand: string | null;
};

/** The status of a run at work. */
export function liveStatus(facts: Facts): RunStatus {
  const { manifest, counts, settings, doing, pace, wall } = facts;
  const { steering } = counts;
  const time = (ms: number) => new Date(ms).toISOString();
  const rows = counts.rows();
  const perSecond = pace?.seen ?? { requests: 0, rows: 0 };
  const rate = {
    now: perSecond.requests,
    allowed: pace?.allowed ?? null,
    set: String(pace?.set ?? settings.rate),
  };
  const order = counts.order();
  // How long an order leaves numbers pending is not known.
  const isWaiting = (order.order?.pending ?? 0) > 0;
  const eta = steering.paused === null && !isWaiting ? etaMs(rows.left, perSecond.rows, pace?.pausedMs ?? 0) : null;
  return {
    version: 1,
    run_id: manifest.run_id,
    name: manifest.name,
    command: manifest.command,
    state: 'running',
    phase: doing.phase === 'sending' && pace === null ? 'waiting' : doing.phase,
    at: time(wall),
    host: facts.host,
    pid: facts.pid,
    started_at: manifest.started_at,
    exit_code: null,
    rows,
    requests: counts.requests(pace?.requests ?? null),
    paused_ms: Math.round(counts.pausedMs()),
    rate,
    slowed_by: slowedBy({ pace, steering, reserve: settings.reserve, now: rate.now, wall }),
    paused: steering.paused === null ? null : { by: steering.paused.by, since: steering.paused.at },
    held_profiles: heldProfilesOf(counts, manifest),
    causes: counts.causes(),
    wave: waveStatus(doing, rows.done, time),
    ...order,
    eta_ms: eta,
    eta_at: eta === null ? null : time(wall + eta),
    steered: lastCommands(steering.list),
    next_command: facts.nextCommand,
  };
}
