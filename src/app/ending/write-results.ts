import { statSync } from 'node:fs';
import type { LedgerIndex, RowState } from '../../core/ledger/replay.ts';
import { PLAN_COLUMNS, type PlanEntry } from '../../core/plan/entry.ts';
import type { Gathering } from '../../core/report/gather.ts';
import { isFailed, RESULTS_COLUMNS, type Result, resultCells, resultOf } from '../../core/results/rows.ts';
import { addResult, emptyTally, type Tally } from '../../core/results/tally.ts';
import type { Manifest } from '../../core/run/manifest.ts';
import { createCsvWriter } from '../../io/csv/writer.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { indexLedger, openOutcomes } from '../run/ledger-index.ts';
import { openRowFiles } from './row-files.ts';

/** Row, line and the commas between the cells. */
const MIN_PLAN_LINE_BYTES = PLAN_COLUMNS.length + 2;

/** The entry of a row that is sent although its number has drifted, with what the number had then. */
function withOverwritten(entry: PlanEntry, { overwritten }: LedgerIndex): PlanEntry {
  const found = overwritten.get(entry.row);
  if (found === undefined) return entry;
  const action = entry.action === 'unchanged' ? 'change' : entry.action;
  return { ...entry, action, profileBefore: found.profile, productBefore: found.product };
}

/** Why the profile of a row is held: by an operator, or because too many rows to it failed. Null if it is not. */
function profileHoldOf({ profileTarget }: PlanEntry, { heldProfiles, steering }: LedgerIndex): string | null {
  const operator = steering.held.get(profileTarget);
  if (operator !== undefined) return `held by ${operator.by} since ${operator.at}`;
  return heldProfiles.get(profileTarget) ?? null;
}

/** The results of a plan's entries, in order and in batches. */
export async function* resultsOf(dir: string, index: LedgerIndex, execution: boolean): AsyncGenerator<Result[]> {
  const files = runFiles(dir);
  const outcomes = openOutcomes(files.ledger, index);
  try {
    for await (const batch of readPlan(files.plan)) {
      yield batch.map((planned) => {
        const entry = withOverwritten(planned, index);
        const state = (index.rowStates[entry.row] ?? 0) as RowState;
        const profileHold = profileHoldOf(entry, index);
        const order = index.orders.byRow.get(entry.row) ?? null;
        return resultOf(entry, { state, outcome: outcomes.of(entry.row), profileHold, order }, execution);
      });
    }
  } finally {
    outcomes.close();
  }
}

/** Counts the rows of a run as `writeResults` does, without writing files. */
export async function tallyRun(dir: string, manifest: Manifest, execution: boolean): Promise<Tally> {
  return (await gatherRun(dir, manifest, execution)).tally;
}

/** The same with all that the report page shows, if `gathering` is there to take it. */
export async function gatherRun(dir: string, manifest: Manifest, execution: boolean, gathering?: Gathering) {
  // A count of rows that the plan cannot have would fill the memory.
  const { size } = statSync(runFiles(dir).plan);
  if (manifest.input.rows * MIN_PLAN_LINE_BYTES > size) throw new Error('plan.csv has fewer rows than run.json counts');
  const index = await indexLedger(runFiles(dir).ledger, manifest.input.rows, gathering?.onEntry);
  const tally = emptyTally();
  for await (const batch of resultsOf(dir, index, execution)) {
    for (const result of batch) {
      addResult(tally, result);
      gathering?.onResult(result);
    }
  }
  return { tally, sessions: index.sessions, steering: index.steering, orders: index.orders };
}

/**
 * Makes results.csv, failed.csv, held.csv and the files of causes from input copy, plan and ledger, in input order: the
 * one piece of code for every end of the program and for `results`. Rows without an outcome are `unprocessed` in an
 * execution, else `planned`. Throws what the file system throws. `causeProblem`: why there are no files of
 * causes. The same pass feeds the report page.
 */
export async function writeResults(dir: string, manifest: Manifest, execution: boolean, gathering?: Gathering) {
  const files = runFiles(dir);
  const index = await indexLedger(files.ledger, manifest.input.rows, gathering?.onEntry);
  const tally = emptyTally();
  const writer = createCsvWriter(files.results, RESULTS_COLUMNS);
  let rowFiles: Awaited<ReturnType<typeof openRowFiles>> = null;
  let causeProblem: string | null = null;
  try {
    if (manifest.plan !== null) {
      rowFiles = await openRowFiles(dir, manifest, tally);
      for await (const batch of resultsOf(dir, index, execution)) {
        for (const result of batch) {
          const cause = addResult(tally, result);
          gathering?.onResult(result);
          writer.write(resultCells(result));
          if (isFailed(result.status) || result.status === 'held') await rowFiles?.add(result, cause);
        }
      }
    }
    writer.close();
    causeProblem = rowFiles?.close() ?? null;
  } catch (error) {
    writer.abandon();
    rowFiles?.abandon();
    throw error;
  } finally {
    await rowFiles?.end();
  }
  const { sessions, steering, orders } = index;
  return { tally, sessions, steering, orders, causeProblem };
}
