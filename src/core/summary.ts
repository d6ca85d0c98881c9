import { exitName } from './exit-codes.ts';
import type { LedgerEntry, RateSeen, RequestCounts } from './ledger-entry.ts';
import type { Manifest, State } from './manifest.ts';
import type { Status } from './outcome.ts';
import { type Cause, sortedCauses, sumOf, type Tally } from './tally.ts';

/** summary.json, and what `--json` prints. */
export type Summary = {
  run_id: string;
  name: string;
  command: string;
  state: State;
  exit_code: number;
  exit_name: string;
  resumable: boolean;
  next_command: string | null;
  input: { path: string | null; sha256: string; rows: number };
  counts: Record<Status, number>;
  sum_ok: boolean;
  started_at: string;
  finished_at: string;
  duration_ms: number;
  requests: RequestCounts;
  rate: { setting: string } & RateSeen;
  causes: Cause[];
  warnings: string[];
  files: Record<string, string>;
  error?: { code: string; message: string };
};

/** What the sessions in a ledger come to: one after another, each with its own pace. */
export type Sessions = { count: number; requests: RequestCounts; rate: RateSeen; firstAt: string | null };

export function noSessions(): Sessions {
  return {
    count: 0,
    requests: { total: 0, writes: 0, reads: 0, retries: 0, rate_limited: 0 },
    rate: { mean_per_s: 0, max_in_1s: 0, max_in_60s: 0, paused_ms: 0 },
    firstAt: null,
  };
}

/** Adds a ledger entry to the sessions; entries about rows change nothing. */
export function addSession(sessions: Sessions, entry: LedgerEntry): void {
  if (entry.type === 'session_started') {
    sessions.count += 1;
    sessions.firstAt ??= entry.at;
  }
  if (entry.type !== 'session_ended') return;
  const { requests, rate } = sessions;
  const before = requests.total;
  for (const key of Object.keys(requests) as (keyof RequestCounts)[]) requests[key] += entry.requests[key];
  // The mean over several sessions is that of their requests, not of the sessions.
  const share = requests.total === 0 ? 0 : entry.requests.total / requests.total;
  rate.mean_per_s =
    before === 0 ? entry.rate.mean_per_s : rate.mean_per_s * (1 - share) + entry.rate.mean_per_s * share;
  rate.max_in_1s = Math.max(rate.max_in_1s, entry.rate.max_in_1s);
  rate.max_in_60s = Math.max(rate.max_in_60s, entry.rate.max_in_60s);
  rate.paused_ms += entry.rate.paused_ms;
}

/** Puts the summary together from what the files of a run say. */
export function summarize(parts: {
  manifest: Manifest;
  tally: Tally;
  sessions: Sessions;
  exit: number;
  rateSetting: string;
  nextCommand: string | null;
  warnings: string[];
  files: Record<string, string>;
  error: { code: string; message: string } | null;
}): Summary {
  const { manifest, tally, sessions, exit } = parts;
  const finishedAt = manifest.finished_at ?? manifest.created_at;
  const startedAt = manifest.started_at ?? manifest.created_at;
  const rounded = (n: number) => Math.round(n * 100) / 100;
  return {
    run_id: manifest.run_id,
    name: manifest.name,
    command: manifest.command,
    state: manifest.state,
    exit_code: exit,
    exit_name: exitName(exit),
    resumable: manifest.state === 'interrupted' || manifest.state === 'paused',
    next_command: parts.nextCommand,
    input: { path: manifest.input.path, sha256: manifest.input.sha256, rows: manifest.input.rows },
    counts: tally.counts,
    sum_ok: sumOf(tally) === manifest.input.rows,
    started_at: startedAt,
    finished_at: finishedAt,
    duration_ms: Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)),
    requests: sessions.requests,
    rate: {
      setting: parts.rateSetting,
      mean_per_s: rounded(sessions.rate.mean_per_s),
      max_in_1s: sessions.rate.max_in_1s,
      max_in_60s: sessions.rate.max_in_60s,
      paused_ms: Math.round(sessions.rate.paused_ms),
    },
    causes: sortedCauses(tally),
    warnings: parts.warnings,
    files: parts.files,
    ...(parts.error === null ? {} : { error: parts.error }),
  };
}
