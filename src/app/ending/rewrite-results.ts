import { executionExit, planExit } from '../../core/results/run-exit.ts';
import type { Summary } from '../../core/results/summary.ts';
import type { Tally } from '../../core/results/tally.ts';
import { readUndone } from '../../core/results/undone.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { commandLine } from '../../core/text/shell.ts';
import { readJson, runFiles } from '../../io/run/directory.ts';
import { isLedgerClosed } from '../../io/run/ledger-file.ts';
import type { Context } from '../context.ts';
import { CommandError } from '../errors.ts';
import type { Reporting } from '../invocation.ts';
import { stateOf } from '../run/locks.ts';
import { handedOver, type Run } from '../run/open.ts';
import { checkOutputs } from '../run/outputs.ts';
import { failedEnding, type RunEnding } from './run-ending.ts';
import { makeSummary, printSummary } from './summarize.ts';

/** How a run ended: as it was recorded or, if the program died before it could record it, as its files show. */
export function recordedEnding({ manifest, dir }: Run, tally: Tally): RunEnding {
  const { exit_code: exit, state, stop } = manifest;
  if (exit !== null) {
    const summary = readJson(runFiles(dir).summary) as Summary | null;
    const error = summary?.exit_code === exit ? (summary.error ?? null) : null;
    return { exit, state, stop, finishedAt: manifest.finished_at, error, undo: readUndone(summary?.undo) };
  }
  const interrupted = (message: string) => failedEnding(EXIT.internal, 'interrupted', 'interrupted', message);
  if (state === 'planning') return interrupted('The run was killed while it was planning; nothing was sent.');
  if (state !== 'running') {
    return { ...planExit(manifest.plan?.rejected ?? 0, manifest.settings.skip_rejected === 'true'), state };
  }
  // The rows of a last wave may have had their turn, and not have been read back.
  const isDone = manifest.settings.waves === undefined || isLedgerClosed(runFiles(dir).ledger);
  if (isDone && tally.counts.unprocessed + tally.counts.unverified === 0) return executionExit(null, tally);
  return interrupted('The run was killed before it was done.');
}

/** Throws CommandError (exit 9) if a process works on the run: it writes the results at its end. */
export async function checkIsAtRest(run: Run, context: Context): Promise<void> {
  const atWorkers = handedOver(run, context);
  if (atWorkers !== null) throw atWorkers;
  const { dir, shown, manifest } = run;
  const state = await stateOf(dir, manifest);
  if (state !== 'running' && state !== 'planning') return;
  const { pid, run_id: id } = manifest;
  const next = commandLine(context.program, 'status', shown, '--follow');
  const message = `Run ${id} is at work (process ${pid}) and writes its results at its end. Until then: ${next}`;
  throw new CommandError(EXIT.locked, 'locked', message, next);
}

/** Writes the result files of a run again, and prints its summary. Returns the exit code. */
export async function rewriteResults(run: Run, reporting: Reporting): Promise<number> {
  checkOutputs({ run }, reporting);
  const { summary, undelivered } = await makeSummary(run, (tally) => recordedEnding(run, tally), reporting);
  printSummary(summary, reporting);
  return summary.sum_ok && undelivered === null ? EXIT.ok : EXIT.internal;
}
