import { hostname } from 'node:os';
import { addToIndex, attemptsBefore, type LedgerIndex, ROW_STATE } from '../../core/ledger/replay.ts';
import { takeBack } from '../../io/queue/handover.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import type { StartedRun } from '../account/start-run.ts';
import { whileReachable } from '../queue/connect.ts';
import { type Run, updateRun } from '../run/open.ts';
import type { HandedOver } from './hand-over.ts';

const CLEAN_UP_MS = 5000;
/** Lines that wait for the disk together. */
const MAX_WAITING = 5000;

/** Ends a handover in ledger and run.json. */
async function endHandover({ run, index, ledger }: StartedRun, type: 'taken_back' | 'handover_lost'): Promise<Run> {
  const handover = index.handover?.id ?? run.manifest.queue?.handover;
  if (handover !== undefined) {
    const entry = { type, at: new Date().toISOString(), handover };
    await ledger.record(entry);
    addToIndex(index, entry, 0, 0);
  }
  return updateRun(run, { queue: null });
}

/**
 * Takes a run out of Redis, unless a worker has it (`sending`). `refused`: this user may not, so it has written nothing
 * there. Returns null if Redis does not answer.
 */
export async function takeOutOfQueue({
  queue,
  ref,
}: HandedOver): Promise<'ok' | 'sending' | 'gone' | 'refused' | null> {
  const by = `${hostname()} (process ${process.pid})`;
  return whileReachable(queue, takeBack(queue, ref, by), CLEAN_UP_MS).catch((error) =>
    (error as { code?: unknown }).code === 'queue_refused' ? 'refused' : null,
  );
}

/** Takes a run back that no worker has any more. All that they wrote is in the ledger. */
export async function takeRunBack(over: HandedOver): Promise<Run> {
  const run = await endHandover(over.started, 'taken_back');
  // Only what takes up memory there is left to do, and it goes by itself after a month.
  await takeOutOfQueue(over);
  return run;
}

/** Rows that a worker may have sent, although the ledger says nothing of it. */
async function* rowsInDoubt(path: string, index: LedgerIndex): AsyncGenerator<number> {
  for await (const batch of readPlan(path)) {
    for (const { row, action } of batch) {
      const isSent = action === 'change' || (action === 'unchanged' && index.overwritten.has(row));
      const state = index.rowStates[row];
      if (isSent && (state === ROW_STATE.untouched || state === ROW_STATE.requeued)) yield row;
    }
  }
}

/**
 * Gives up a run that its queue has lost. What workers have written since the last line from them is not known, so each
 * row without an outcome is put back as ambiguous: it is read before it is sent, and an undo does not pass over it.
 */
export async function giveRunUp(started: StartedRun): Promise<Run> {
  const { run, index, ledger } = started;
  let written: Promise<void>[] = [];
  for await (const row of rowsInDoubt(runFiles(run.dir).plan, index)) {
    const at = new Date().toISOString();
    const entry = { type: 'put_back', row, ambiguous: true, attempts: attemptsBefore(index, row), at } as const;
    written.push(ledger.record(entry));
    addToIndex(index, entry, 0, 0);
    if (written.length < MAX_WAITING) continue;
    await Promise.all(written);
    written = [];
  }
  await Promise.all(written);
  // Last: after a kill before it, all of this is done again.
  return endHandover(started, 'handover_lost');
}
