import type { RefusalReason } from '../../core/attempt/stop-reason.ts';
import { planAgain } from '../../core/followup/next-command.ts';
import type { Summary } from '../../core/results/summary.ts';
import { readJson, runFiles } from '../../io/run/directory.ts';
import { isLocked } from '../../io/run/lock.ts';
import type { Context } from '../context.ts';
import { stateOf } from '../run/locks.ts';
import { commandOn, type Run, recordedNext } from '../run/open.ts';
import { unfinishedLike } from '../run/unfinished.ts';

/** Refusals for an earlier run. */
const IN_THE_WAY: ReadonlySet<string> = new Set<RefusalReason>(['unfinished', 'input_changed', 'orders_open']);

/** How a run ended. `wasKilled`: the process died before it could record that. */
async function endingOf({ dir, manifest }: Run) {
  const state = await stateOf(dir, manifest);
  const wasKilled = state === 'interrupted' && manifest.state !== 'interrupted';
  // A killed run has no summary of its end. There may be one of an earlier session.
  return { state, wasKilled, summary: wasKilled ? null : (readJson(runFiles(dir).summary) as Summary | null) };
}

type Ending = Awaited<ReturnType<typeof endingOf>>;

async function nextOf(run: Run, { state, wasKilled, summary }: Ending, context: Context): Promise<string | null> {
  const { manifest } = run;
  // Not if a command follows it already.
  if (manifest.queue !== null && !(await isLocked(runFiles(run.dir).lock).catch(() => false))) {
    return commandOn(run, 'resume', context);
  }
  if (state === 'running' || state === 'planning' || state === 'superseded') return null;
  if (manifest.stop !== null && IN_THE_WAY.has(manifest.stop.reason)) {
    // The run that was in the way may have been finished or superseded since.
    const last = (await unfinishedLike(run, context)).at(-1);
    if (last === undefined) return commandOn(run, 'apply', context);
    if (manifest.stop.reason === 'input_changed') return recordedNext(run, summary, context);
    if (last.manifest.stop?.reason !== 'phone_number_mismatch') return commandOn(last, 'resume', context);
  }
  if (!wasKilled) return recordedNext({ ...run, manifest: { ...manifest, state } }, summary, context);
  if (manifest.state === 'planning') return planAgain(manifest, context.program);
  return commandOn(run, 'resume', context);
}

/** Where a run stands, whether a process works on it or not: its state, its last summary, and the next command. */
export async function standingOf(run: Run, context: Context): Promise<Ending & { next: string | null }> {
  const ending = await endingOf(run);
  return { ...ending, next: await nextOf(run, ending, context) };
}
