import * as z from 'zod';
import { CAUSE, COUNT, REQUESTS, type RowCounts, type RunStatus, STEERED } from '../results/run-status.ts';
import type { Manifest, State } from '../run/manifest.ts';
import { SETTINGS } from '../settings/schema.ts';
import { heldProfilesOf, lastCommands } from './live-status.ts';
import { MAX_CAUSES, type RunCounts } from './run-counts.ts';

/** What is needed of summary.json, which may be of any version, and from elsewhere. */
const SUMMARY = z.object({
  exit_code: z.int(),
  counts: z.object({
    updated: COUNT,
    failed: COUNT,
    unverified: COUNT,
    held: COUNT,
    unprocessed: COUNT,
    planned: COUNT,
  }),
  requests: REQUESTS,
  causes: z.array(CAUSE),
  steered: z.array(STEERED).default([]),
});
type SeenSummary = z.infer<typeof SUMMARY>;

/** Reads what was found in summary.json; null if that is no summary. */
export function readSummary(value: unknown): SeenSummary | null {
  return SUMMARY.safeParse(value).data ?? null;
}

/** The rows to send, as far as the counts of all rows say: rows that were held from the start count as held too. */
function rowsIn({ counts }: SeenSummary, total: number): RowCounts {
  const left = Math.min(total, counts.unprocessed + counts.planned);
  const { updated, failed, unverified, held } = counts;
  return { total, done: total - left, updated, unchanged: 0, failed, unverified, held, left };
}

type Facts = {
  manifest: Manifest;
  /** What the run is, whatever its manifest says: a killed run is interrupted. */
  state: State;
  /** How it ended; or what its ledger says, if it could not record that. */
  from: SeenSummary | RunCounts;
  nextCommand: string | null;
};

/** What a summary and a ledger say in different words. */
function countsOf(from: Facts['from'], manifest: Manifest) {
  if (!('heldProfiles' in from)) {
    const { exit_code, requests, causes, steered } = from;
    const rows = rowsIn(from, manifest.plan?.change ?? 0);
    return { exit_code, rows, requests, causes, steered, paused: null, held_profiles: [] };
  }
  const { paused, list } = from.steering;
  return {
    exit_code: null,
    rows: from.rows(),
    requests: from.requests(null),
    causes: from.causes(),
    ...from.order(),
    steered: list,
    paused: paused === null ? null : { by: paused.by, since: paused.at },
    held_profiles: heldProfilesOf(from, manifest),
  };
}

/** The status of a run that is not at work. */
export function endedStatus({ manifest, state, from, nextCommand }: Facts): RunStatus {
  const counted = countsOf(from, manifest);
  return {
    version: 1,
    run_id: manifest.run_id,
    name: manifest.name,
    command: manifest.command,
    state,
    phase: 'ended',
    at: manifest.finished_at ?? manifest.started_at ?? manifest.created_at,
    host: manifest.host,
    pid: manifest.pid,
    started_at: manifest.started_at,
    rate: { now: 0, allowed: null, set: String(manifest.settings.rate ?? SETTINGS.rate.default) },
    slowed_by: { what: null, why: '' },
    wave: null,
    eta_ms: null,
    eta_at: null,
    next_command: nextCommand,
    ...counted,
    causes: counted.causes.slice(0, MAX_CAUSES),
    steered: lastCommands(counted.steered),
  };
}
