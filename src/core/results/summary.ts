import type { Status } from '../attempt/outcome.ts';
import type { CampaignCounts } from '../campaigns/campaign-counts.ts';
import type { RateSeen, RequestCounts } from '../ledger/entry.ts';
import { paceOf, type Sessions } from '../ledger/sessions.ts';
import type { Steered } from '../ledger/steered.ts';
import { EXIT, exitName } from '../run/exit-codes.ts';
import type { Manifest, State } from '../run/manifest.ts';
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
  /** What was planned; null if there is no plan. */
  plan: Manifest['plan'];
  /** The digest of plan.csv, for --expect-plan; null if there is no plan. */
  plan_sha256: string | null;
  counts: Record<Status, number>;
  sum_ok: boolean;
  started_at: string;
  finished_at: string;
  duration_ms: number;
  requests: RequestCounts;
  /** `used_share`: of the requests that setting and server allowed meanwhile, at most 1; null without limit. */
  rate: { setting: string; used_share: number | null } & Omit<RateSeen, 'allowed'>;
  causes: Cause[];
  /** With --campaigns. */
  campaigns?: CampaignCounts;
  /** The commands of operators, the last 1,000. */
  steered: Pick<Steered, 'at' | 'by' | 'command' | 'from' | 'to'>[];
  warnings: string[];
  files: Record<string, string>;
  error?: { code: string; message: string };
  /** With --undo-on-failure: the run that has undone this one, or the `message` that says why there is none. */
  undo?: {
    run_id: string | null;
    dir: string | null;
    exit_code: number;
    state: State | null;
    next_command: string | null;
    message?: string;
  };
};

/** Whether `resume` can continue the run. It can also if the key was refused at the first write. */
function isResumable({ state, plan, queue, started_at: begun }: Manifest, exit: number): boolean {
  if (plan === null) return false;
  // It is followed to its end.
  if (queue !== null) return true;
  return (
    state === 'interrupted' || state === 'paused' || (state === 'refused' && exit === EXIT.preflight && begun !== null)
  );
}

function usedShare(requests: number, allowed: number | null): number | null {
  if (allowed === null || requests === 0) return null;
  return Math.min(1, Math.round((requests / allowed) * 1000) / 1000);
}

function countsOf({ read, unchanged, lost, changed, unknown }: CampaignCounts): CampaignCounts {
  return { read, unchanged, lost, changed, unknown };
}

/** Makes the summary from the files of a run. */
export function summarize(parts: {
  manifest: Manifest;
  tally: Tally;
  sessions: Sessions;
  steered: readonly Steered[];
  exit: number;
  rateSetting: string;
  nextCommand: string | null;
  warnings: string[];
  files: Record<string, string>;
  error: { code: string; message: string } | null;
}): Summary {
  const { manifest, tally, sessions, exit } = parts;
  const { requests, rate } = paceOf(sessions);
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
    resumable: isResumable(manifest, exit),
    next_command: parts.nextCommand,
    input: { path: manifest.input.path, sha256: manifest.input.sha256, rows: manifest.input.rows },
    plan: manifest.plan,
    plan_sha256: manifest.plan?.sha256 ?? null,
    counts: tally.counts,
    sum_ok: sumOf(tally) === manifest.input.rows,
    started_at: startedAt,
    finished_at: finishedAt,
    duration_ms: manifest.duration_ms ?? Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)),
    requests: { ...requests, orders: requests.orders ?? 0 },
    rate: {
      setting: parts.rateSetting,
      mean_per_s: rounded(rate.mean_per_s),
      max_in_1s: rate.max_in_1s,
      max_in_60s: rate.max_in_60s,
      paused_ms: Math.round(rate.paused_ms),
      throttled_ms: Math.round(rate.throttled_ms),
      used_share: usedShare(requests.total, rate.allowed),
      server_limit: rate.server_limit,
    },
    causes: sortedCauses(tally),
    ...(manifest.campaigns === null ? {} : { campaigns: countsOf(manifest.campaigns) }),
    steered: parts.steered.map(({ at, by, command, from, to }) => ({ at, by, command, from, to })),
    warnings: parts.warnings,
    files: parts.files,
    ...(parts.error === null ? {} : { error: parts.error }),
  };
}
