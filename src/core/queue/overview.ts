import { formatDuration } from '../text/duration.ts';
import { count, printable, thousands } from '../text/text.ts';
import { type LeaseOwner, PROTOCOL, shortAccount, type WorkerRecord } from './protocol.ts';

/** An account with what stands in the queue for it. `has_worker`: a worker that lives has its key. */
export type AccountView = {
  account: string;
  base_url: string;
  has_worker: boolean;
  lease: { owner: LeaseOwner | null; left_ms: number; fence: number } | null;
};

/** A run that was handed over and not taken back. What is null is not known: another version wrote it. */
export type RunView = {
  run_id: string;
  handover: string;
  account: string;
  protocol: number;
  state: string;
  command: string | null;
  rows: number | null;
  done: number | null;
  handed_at: string | null;
  /** The host of its submitter, which has the run directory. */
  host: string | null;
};

/** What `queue` shows, and prints as JSON. */
export type Overview = {
  queue: string;
  protocols: number[];
  accounts: AccountView[];
  runs: RunView[];
  workers: WorkerRecord[];
};

/** Lines of columns, each as wide as its longest cell. A cell is one line, whatever Redis has. */
function table(heading: string[], rows: readonly string[][]): string[] {
  if (rows.length === 0) return [];
  const all = [heading, ...rows].map((row) => row.map((cell) => printable(cell)));
  const widths = heading.map((_, at) => Math.max(...all.map((row) => (row[at] as string).length)));
  const line = (row: string[]) => row.map((cell, at) => cell.padEnd(widths[at] as number)).join('  ');
  return [...all.map((row) => line(row).trimEnd()), ''];
}

const ago = (ms: number): string => `${formatDuration(Math.max(0, ms))} ago`;

const process = ({ host, pid }: { host: string; pid: number }): string => `${host}:${pid}`;

function leaseText({ lease }: AccountView): string {
  if (lease === null) return 'free';
  const { owner, fence, left_ms: leftMs } = lease;
  const who = owner === null ? 'another version' : `${owner.worker === undefined ? 'submitter ' : ''}${process(owner)}`;
  return `${who}, fence ${fence}, ${formatDuration(leftMs)} left`;
}

function accountLines(accounts: readonly AccountView[]): string[] {
  const rows = accounts.map((view) => [shortAccount(view.account), leaseText(view), view.base_url]);
  return table(['ACCOUNT', 'LEASE', 'BASE URL'], rows);
}

function progressText({ rows, done }: RunView): string {
  if (done === null || rows === null || rows === 0) return '-';
  return `${Math.floor((100 * Math.min(done, rows)) / rows)}%`;
}

function runLines(runs: readonly RunView[], now: number): string[] {
  const rows = runs.map((run) => [
    shortAccount(run.account),
    run.state,
    run.rows === null ? '-' : thousands(run.rows),
    progressText(run),
    run.handed_at === null ? '-' : ago(now - Date.parse(run.handed_at)),
    run.run_id,
  ]);
  const heading = ['ACCOUNT', 'STATE', 'ROWS', 'DONE', 'HANDED OVER', 'RUN'];
  return table(heading, rows);
}

/** How many accounts a worker serves. Its own record is a few seconds old. */
function atWork({ id }: WorkerRecord, accounts: readonly AccountView[]): number {
  return accounts.filter(({ lease }) => lease?.owner?.worker === id).length;
}

function workerLines({ workers, accounts }: Overview, now: number): string[] {
  const rows = workers.map((worker) => [
    process(worker),
    worker.version,
    String(worker.protocol),
    String(worker.accounts.length),
    `${atWork(worker, accounts)} of ${worker.limit}`,
    ago(now - worker.seen_at),
  ]);
  const heading = ['WORKER', 'VERSION', 'PROTOCOL', 'ACCOUNTS', 'AT WORK', 'SEEN'];
  return table(heading, rows);
}

/** A worker says every five seconds which accounts it knows, so one that is new may have no worker yet. */
const NEW_MS = 10_000;

/** What needs a person, and what to do. `now`: the time of day of the queue. */
export function overviewNotes(overview: Overview, program: string, now: number): string[] {
  const { queue, protocols, accounts, runs, workers } = overview;
  const notes: string[] = [];
  const waiting = runs.filter(({ state }) => state === 'waiting');
  const isNew = ({ handed_at: at }: RunView) => at !== null && now - Date.parse(at) < NEW_MS;
  const inNeed = new Set(waiting.filter((run) => !isNew(run)).map(({ account }) => account));
  if (waiting.length > 0 && workers.length === 0) {
    notes.push(`No worker is running. Fix: ${program} worker --queue ${queue}`);
  }
  for (const { account, has_worker: hasWorker, base_url: url } of accounts) {
    if (workers.length === 0 || hasWorker || !inNeed.has(account)) continue;
    notes.push(
      `No worker has the key of account ${shortAccount(account)} (${url}). Fix: add it to the keys of a worker.`,
    );
  }
  for (const { run_id: id, host } of runs.filter(({ state }) => state === 'ended')) {
    const where = host === null ? '' : ` on ${host}`;
    notes.push(`Run ${id} has ended${where}. If no submitter follows it: ${program} resume RUN_DIR --queue ${queue}`);
  }
  const others = protocols.filter((protocol) => protocol !== PROTOCOL);
  if (others.length > 0) {
    const text = others.join(', ');
    notes.push(`Versions with protocol ${text} use this queue too. This version shows protocol ${PROTOCOL} only.`);
  }
  return notes;
}

/** The overview for people. `now`: the time of day of the queue. */
export function overviewText(overview: Overview, notes: readonly string[], now: number): string {
  const { queue, accounts, runs, workers } = overview;
  const sums = [
    count(accounts.length, 'account'),
    count(runs.length, 'run'),
    count(workers.length, 'worker'),
    `protocol ${PROTOCOL}`,
  ];
  const lines = [
    `${queue}: ${sums.join(', ')}`,
    '',
    ...accountLines(accounts),
    ...runLines(runs, now),
    ...workerLines(overview, now),
    ...notes.map((note) => printable(note)),
  ];
  while (lines.at(-1) === '') lines.pop();
  return `${lines.join('\n')}\n`;
}
