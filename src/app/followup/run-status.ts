import { type RunStatus, readStatus } from '../../core/results/run-status.ts';
import { endedStatus, readSummary } from '../../core/status/ended-status.ts';
import { createRunCounts } from '../../core/status/run-counts.ts';
import { commandLine } from '../../core/text/shell.ts';
import { readJson, runFiles } from '../../io/run/directory.ts';
import { readHolder } from '../../io/run/lock.ts';
import type { Invocation } from '../invocation.ts';
import { indexLedger } from '../run/ledger-index.ts';
import { isAtWork } from '../run/locks.ts';
import { openRun, type Run } from '../run/open.ts';
import { standingOf } from './standing.ts';

/** The process that works on a run: the one that holds its lock, or that its manifest names if it has none. */
function workerOf({ dir, manifest }: Run): { host: string; pid: number } {
  const holder = manifest.locked ? readHolder(runFiles(dir).lock) : null;
  return holder ?? { host: manifest.host, pid: manifest.pid };
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

/** The status of a run that has no process, or whose process has not written one. */
async function recordedStatus(run: Run, { context }: Invocation): Promise<RunStatus> {
  const { state, summary, next } = await standingOf(run, context);
  const seen = readSummary(summary);
  const from = seen ?? (await countLedger(run));
  return endedStatus({ manifest: run.manifest, state, from, nextCommand: next });
}

/** How a run is doing now. `run` may be older: its files are read again. */
export async function statusOf({ dir }: Run, invocation: Invocation): Promise<RunStatus> {
  const run = openRun(dir, invocation.context);
  const isHere = run.manifest.queue === null && (await isAtWork(run.dir, run.manifest));
  const live = isHere ? liveStatusOf(run) : null;
  if (live !== null) return live;
  const status = await recordedStatus(run, invocation);
  const hasEnded = status.exit_code !== null && status.state !== 'interrupted' && status.state !== 'paused';
  if (!isHere || hasEnded) return status;
  // Its process reads the account, or makes the plan.
  const next = commandLine(invocation.context.program, 'status', run.shown, '--follow');
  return { ...status, ...workerOf(run), phase: 'waiting', exit_code: null, next_command: next };
}
