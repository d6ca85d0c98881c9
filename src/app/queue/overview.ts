import {
  type AccountView,
  type Overview,
  overviewNotes,
  overviewText,
  type RunView,
} from '../../core/queue/overview.ts';
import { shortAccount } from '../../core/queue/protocol.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { printable } from '../../core/text/text.ts';
import { readRecord } from '../../io/queue/handover.ts';
import { type QueuedJob, readJobs } from '../../io/queue/jobs.ts';
import { readLease } from '../../io/queue/lease.ts';
import { readAccounts, readProtocols, readWorkers, redisTime } from '../../io/queue/registry.ts';
import { isRefusal, type Queue } from '../../io/redis/connection.ts';
import type { Invocation } from '../invocation.ts';
import { print, printJson, wrapForTerminal } from '../output.ts';
import { whileReachable } from './connect.ts';
import { openNamedQueue } from './open.ts';

/** How long Redis may be away while it is read. */
const PATIENCE_MS = 10_000;

/**
 * The rows with an outcome of those that were handed over; null if that is not known. A worker counts from when it took
 * the run.
 */
function doneOf(progress: unknown, rows: number): number | null {
  const { done, total } = (progress ?? {}) as { done?: unknown; total?: unknown };
  return typeof done === 'number' && typeof total === 'number' ? rows - total + done : null;
}

/** A run of an account, or null if its submitter has taken it back. */
async function viewRun(queue: Queue, account: string, { handover, state, data, progress }: QueuedJob) {
  const record = await readRecord(queue, { account, handover });
  if (record?.state === 'taken_back') return null;
  const view: RunView = {
    run_id: record?.run_id ?? String(data.run_id),
    handover,
    account,
    protocol: Number(data.protocol),
    state: record?.state ?? state,
    command: record?.command ?? null,
    rows: record?.total ?? null,
    done: record === null ? null : doneOf(progress, record.total),
    handed_at: record?.handed_at ?? null,
    host: record?.host ?? null,
  };
  return view;
}

/** Whether an error says that Redis has something else than what this program writes. */
const isDamage = (error: unknown): error is Error => isRefusal(error) || error instanceof SyntaxError;

type AccountPart = { account: AccountView; runs: RunView[] };

/** What stands in a queue for an account, or why it cannot be shown. */
async function readAccountPart(queue: Queue, view: Omit<AccountView, 'lease'>): Promise<AccountPart | string> {
  const { account } = view;
  try {
    const [lease, jobs] = await Promise.all([readLease(queue, account), readJobs(queue, account)]);
    const runs = await Promise.all(jobs.map((job) => viewRun(queue, account, job)));
    return {
      account: { ...view, lease: lease && { owner: lease.owner, left_ms: lease.leftMs, fence: lease.fence } },
      runs: runs.filter((run) => run !== null),
    };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return `Account ${shortAccount(account)} cannot be shown: ${printable(error.message)}`;
  }
}

/**
 * Reads all that is shown of a queue. `problems`: of accounts that another program has written to. Accounts are read side
 * by side, because Redis may be far away.
 */
async function readOverview(queue: Queue) {
  const workers = await readWorkers(queue);
  const known = new Set(workers.flatMap(({ accounts }) => accounts));
  const read = [...(await readAccounts(queue))].map(([account, baseUrl]) =>
    readAccountPart(queue, { account, base_url: baseUrl, has_worker: known.has(account) }),
  );
  const parts = await Promise.all(read);
  const shown = parts.filter((part) => typeof part !== 'string');
  const overview: Overview = {
    queue: queue.name,
    protocols: await readProtocols(queue),
    accounts: shown.map(({ account }) => account),
    runs: shown.flatMap(({ runs }) => runs),
    workers,
  };
  return { overview, problems: parts.filter((part) => typeof part === 'string'), now: await redisTime(queue) };
}

/** `queue`: shows accounts, runs, leases and workers. */
export async function showQueue(invocation: Invocation): Promise<number> {
  const { settings, context } = invocation;
  const queue = await openNamedQueue(invocation);
  const { overview, problems, now } = await whileReachable(queue, readOverview(queue), PATIENCE_MS);
  const notes = [...problems, ...overviewNotes(overview, context.program, now)];
  if (settings.json) printJson(context, EXIT.ok, { ...overview, notes });
  else {
    const text = overviewText(overview, notes, now);
    print(context.stdout, wrapForTerminal(context.stdout, text));
  }
  return EXIT.ok;
}
