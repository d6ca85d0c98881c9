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
import { isRefusal, type Queue } from '../../io/queue/connection.ts';
import { readRecord } from '../../io/queue/handover.ts';
import { type QueuedJob, readJobs } from '../../io/queue/jobs.ts';
import { readLease } from '../../io/queue/lease.ts';
import { readAccounts, readProtocols, readWorkers, redisTime } from '../../io/queue/registry.ts';
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

/** Adds what stands in a queue for an account. */
async function addAccount(queue: Queue, { accounts, runs }: Overview, view: AccountView): Promise<void> {
  const { account } = view;
  const lease = await readLease(queue, account);
  accounts.push({ ...view, lease: lease && { owner: lease.owner, left_ms: lease.leftMs, fence: lease.fence } });
  for (const job of await readJobs(queue, account)) {
    const run = await viewRun(queue, account, job);
    if (run !== null) runs.push(run);
  }
}

/** Reads all that is shown of a queue. `problems`: of accounts that another program has written to. */
async function readOverview(queue: Queue) {
  const workers = await readWorkers(queue);
  const known = new Set(workers.flatMap(({ accounts }) => accounts));
  const overview: Overview = {
    queue: queue.name,
    protocols: await readProtocols(queue),
    accounts: [],
    runs: [],
    workers,
  };
  const problems: string[] = [];
  for (const [account, baseUrl] of await readAccounts(queue)) {
    const view: AccountView = { account, base_url: baseUrl, has_worker: known.has(account), lease: null };
    try {
      await addAccount(queue, overview, view);
    } catch (error) {
      if (!isDamage(error)) throw error;
      problems.push(`Account ${shortAccount(account)} cannot be shown: ${printable(error.message)}`);
    }
  }
  return { overview, problems, now: await redisTime(queue) };
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
