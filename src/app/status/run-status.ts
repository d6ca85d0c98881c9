import { type RunStatus, readStatus } from '../../core/results/run-status.ts';
import { endedStatus, readSummary } from '../../core/status/ended-status.ts';
import { createRunCounts } from '../../core/status/run-counts.ts';
import { commandLine } from '../../core/text/shell.ts';
import { visible } from '../../core/text/visible.ts';
import { readJson, runFiles } from '../../io/run/directory.ts';
import { isLocked, readHolder } from '../../io/run/lock.ts';
import { standingOf } from '../followup/standing.ts';
import type { Invocation } from '../invocation.ts';
import { warn } from '../output.ts';
import { indexLedger } from '../run/ledger-index.ts';
import { isAtWork } from '../run/locks.ts';
import { commandOn, openRun, type Run } from '../run/open.ts';
import { successorOf } from '../run/unfinished.ts';
import { createQueueStatus } from './queue-status.ts';

/** The process that works on a run: the one that holds its lock, or that its manifest names if it has none. */
function workerOf({ dir, manifest }: Run): { host: string; pid: number } {
  const holder = manifest.locked ? readHolder(runFiles(dir).lock) : null;
  const { host, pid } = holder ?? manifest;
  return { host, pid };
}

/** Whether a process of this host works on a run: it may follow workers. */
function isAtWorkHere({ dir, manifest }: Run): Promise<boolean> {
  if (manifest.queue === null) return isAtWork(dir, manifest);
  return isLocked(runFiles(dir).lock).catch(() => false);
}

/** The status that the process at work has written; null if there is none of this process. */
function liveStatusOf(run: Run): RunStatus | null {
  const status = readStatus(readJson(runFiles(run.dir).status));
  const { host, pid } = workerOf(run);
  return status !== null && status.pid === pid && status.host === host ? status : null;
}

/** What the ledger of a run says, row by row. */
async function countLedger({ dir, manifest }: Run) {
  const counts = createRunCounts(manifest.input.rows, manifest.plan?.change ?? 0);
  await indexLedger(runFiles(dir).ledger, manifest.input.rows, counts.add);
  return counts;
}

/** The status of a run that has no process here, or whose process has not written one. */
async function recordedStatus(run: Run, { context }: Invocation): Promise<RunStatus> {
  const { state, summary, next } = await standingOf(run, context);
  const seen = run.manifest.queue === null ? readSummary(summary) : null;
  const from = seen ?? (await countLedger(run));
  // What a superseded run has left to do belongs to the run that took its rows.
  const successor = state === 'superseded' ? successorOf(run, context) : null;
  const nextCommand = successor === null ? next : (await standingOf(successor, context)).next;
  return endedStatus({ manifest: run.manifest, state, from, nextCommand });
}

/** A run that a process has, but does not send yet: it reads the account, or makes the plan. */
function waitingStatus(run: Run, status: RunStatus, { context }: Invocation): RunStatus {
  const next = commandLine(context.program, 'status', run.shown, '--follow');
  return { ...status, ...workerOf(run), phase: 'waiting', exit_code: null, next_command: next };
}

/** Returns a function that says how a run is doing now. Its files are read again each time. */
export function createStatusReader({ dir }: Run, invocation: Invocation): () => Promise<RunStatus> {
  const { settings, context } = invocation;
  let readQueue: Awaited<ReturnType<typeof createQueueStatus>> | null = null;

  /** Null for a run that was not handed over. */
  async function queuedStatus(run: Run): Promise<RunStatus | null> {
    const { queue } = run.manifest;
    if (queue === null) return null;
    if (settings.queue === null) {
      const again = commandLine(context.program, 'status', run.shown, '--queue', queue.name);
      warn(invocation, `workers of ${visible(queue.name)} have the run. What they have done since is there: ${again}`);
      return { ...(await recordedStatus(run, invocation)), phase: 'waiting' };
    }
    readQueue ??= await createQueueStatus(run, invocation);
    const status = await readQueue();
    if (status !== null) return status;
    warn(invocation, `the queue does not have the run any more: ${commandOn(run, 'resume', context)}`);
    return { ...(await recordedStatus(run, invocation)), state: 'interrupted' };
  }

  return async function read(): Promise<RunStatus> {
    const run = openRun(dir, context);
    const isHere = await isAtWorkHere(run);
    const live = isHere ? liveStatusOf(run) : await queuedStatus(run);
    if (live !== null) return live;
    const status = await recordedStatus(run, invocation);
    const hasEnded = status.exit_code !== null && status.state !== 'interrupted' && status.state !== 'paused';
    return isHere && !hasEnded ? waitingStatus(run, status, invocation) : status;
  };
}
