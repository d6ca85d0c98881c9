import { causeKinds, isCause, isSelected } from '../../core/followup/retry.ts';
import type { LedgerIndex } from '../../core/ledger/replay.ts';
import { headerCells, keptCells } from '../../core/results/input-table.ts';
import { causeText } from '../../core/results/summary-text.ts';
import { addResult, emptyTally, sortedCauses, type Tally } from '../../core/results/tally.ts';
import type { RowKind } from '../../core/settings/schema.ts';
import { count, printable } from '../../core/text/text.ts';
import { visible } from '../../core/text/visible.ts';
import { createCsvWriter } from '../../io/csv/writer.ts';
import { runFiles } from '../../io/run/directory.ts';
import { checkAccount } from '../account/check-account.ts';
import { requireKey } from '../account/connect.ts';
import { afterOrders, checkOrdersEnded } from '../ending/open-orders.ts';
import { inputRecords } from '../ending/row-files.ts';
import { resultsOf } from '../ending/write-results.ts';
import { UsageError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { printNothingToDo } from '../output.ts';
import { checkPlan } from '../planning/check-plan.ts';
import { inputFrom } from '../planning/input-of-run.ts';
import type { InputSource } from '../planning/input-source.ts';
import { draftRetry, planUndo } from '../planning/undo-plan.ts';
import { checkedLedger } from '../run/ledger-index.ts';
import type { Run } from '../run/open.ts';
import { checkOutputs } from '../run/outputs.ts';
import { startNewRun, takeSource } from './new-run-of.ts';

/** The name of the program is in front of each line of an error. */
const CAUSE_COLUMNS = 62;

/** Throws UsageError if one of these causes is not one of the run. */
function checkCauses(only: readonly RowKind[], tally: Tally, runId: string): void {
  const known = [...causeKinds(tally).values()];
  const unknown = only.find((kind) => isCause(kind) && !known.includes(kind));
  if (unknown === undefined) return;
  const lines = sortedCauses(tally).map((cause, at) => {
    const head = `  ${known[at]}  ${count(cause.count, 'row')} ${cause.status}: `;
    return `${head}${printable(causeText(cause), CAUSE_COLUMNS - head.length)}`;
  });
  const what = lines.length === 0 ? 'has no causes' : 'has these causes:';
  throw UsageError.of([`--only: run ${runId} has no ${unknown}; it ${what}`, ...lines]);
}

/** How `--only` calls the cause of each row, by its key; empty if it names none. Throws UsageError. */
async function causesToTake({ dir, manifest }: Run, index: LedgerIndex, only: readonly RowKind[]) {
  if (!only.some(isCause)) return new Map<string, RowKind>();
  const tally = emptyTally();
  for await (const batch of resultsOf(dir, index, true)) for (const result of batch) addResult(tally, result);
  checkCauses(only, tally, manifest.run_id);
  return causeKinds(tally);
}

/** The rows for the new run. `leftBehind`: how many other rows a resume could still finish. */
async function rowsToTake(run: Run, index: LedgerIndex, only: readonly RowKind[]) {
  const { dir } = run;
  const causes = await causesToTake(run, index, only);
  // Beyond a number of causes, the cause of a row depends on the rows before it.
  const tally = emptyTally();
  const taken: number[] = [];
  let leftBehind = 0;
  for await (const batch of resultsOf(dir, index, true)) {
    for (const result of batch) {
      const cause = causes.get(addResult(tally, result) ?? '') ?? null;
      if (isSelected(result, only, cause)) taken.push(result.entry.row);
      else if (result.status === 'unprocessed' || result.status === 'unverified') leftBehind += 1;
    }
  }
  return { taken, leftBehind };
}

/** Writes rows with their columns as the input of a new run. Returns the SHA-256. */
async function copyRows(from: Run, rows: readonly number[], dir: string, signal: AbortSignal): Promise<string> {
  const input = inputRecords(from.dir, from.manifest);
  const header = (await input.next()).value;
  if (header === undefined) throw new Error(`${runFiles(from.dir).input} has no header`);
  // The new run takes over the targets that flags gave to every row.
  const table = { header: header.cells };
  const writer = createCsvWriter(runFiles(dir).input, headerCells(table));
  try {
    let row = 0;
    let copied = 0;
    for await (const { cells } of input) {
      row += 1;
      if (row !== rows[copied]) continue;
      copied += 1;
      writer.write(keptCells(cells, table));
      if (copied % 10_000 === 0) signal.throwIfAborted();
    }
    return writer.close();
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

function inputOf(source: Run, taken: readonly number[], { settings }: Invocation): InputSource {
  const { manifest, dir } = source;
  const undo = manifest.source?.undo === true;
  return inputFrom(source, {
    path: manifest.input.path,
    where: `${count(taken.length, 'row')} of ${visible(source.shown)}`,
    name: manifest.name,
    source: { run_id: manifest.run_id, dir, only: settings.only.join(','), undo },
    copy: async (to, signal) => (undo ? draftRetry(dir, taken, to).sha256 : copyRows(source, taken, to, signal)),
    // A retry of an undo leaves alone what the undo would have left alone.
    ...(undo ? { plan: (to, signal, read) => planUndo(to, settings.force, signal, read) } : {}),
  });
}

/** `retry RUN_DIR`: a new run of the rows that have not reached their target. Returns the exit code. */
export async function retryRun(opened: Run, given: Invocation): Promise<number> {
  const { settings } = given;
  checkOutputs({ run: opened }, given);
  const keyed = { ...given, key: settings.dry_run && settings.offline ? null : requireKey(given) };
  const { source: locked, state, invocation } = await takeSource(opened, 'retry', keyed);
  await checkPlan(locked, invocation.context);
  const source = await checkAccount(locked, invocation);
  const index = await checkedLedger(source);
  checkOrdersEnded(source, index, invocation.context);
  const { taken, leftBehind } = await rowsToTake(source, index, settings.only);
  if (taken.length === 0) {
    const kinds = settings.only.join(' or ');
    return printNothingToDo(invocation, `Run ${source.manifest.run_id} has no rows that are ${kinds}`);
  }
  const isOver = state === 'finished' || leftBehind > 0;
  const input = inputOf(source, taken, invocation);
  return startNewRun(input, { verb: 'retry', supersedes: isOver ? [] : [source] }, afterOrders(invocation, index));
}
