import { rmSync, statSync } from 'node:fs';
import { isBlankLine } from '../../core/input/cell.ts';
import type { LedgerIndex, RowState } from '../../core/ledger/replay.ts';
import { PLAN_COLUMNS, type PlanEntry } from '../../core/plan/entry.ts';
import {
  failedCells,
  failedHeader,
  heldCells,
  heldHeader,
  isFailed,
  RESULTS_COLUMNS,
  type Result,
  resultCells,
  resultOf,
} from '../../core/results/rows.ts';
import { addResult, emptyTally, type Tally } from '../../core/results/tally.ts';
import type { Manifest } from '../../core/run/manifest.ts';
import type { CsvRecord } from '../../io/csv/record.ts';
import { readCsv } from '../../io/csv/records.ts';
import { type CsvWriter, createCsvWriter } from '../../io/csv/writer.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { indexLedger, openOutcomes } from '../run/ledger-index.ts';

/** Row, line and the commas between the cells. */
const MIN_PLAN_LINE_BYTES = PLAN_COLUMNS.length + 2;

/** The entry of a row that is sent although its number has drifted, with what the number had then. */
function withOverwritten(entry: PlanEntry, { overwritten }: LedgerIndex): PlanEntry {
  const found = overwritten.get(entry.row);
  if (found === undefined) return entry;
  const action = entry.action === 'unchanged' ? 'change' : entry.action;
  return { ...entry, action, profileBefore: found.profile, productBefore: found.product };
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
        const profileHold = index.heldProfiles.get(entry.profileTarget) ?? null;
        return resultOf(entry, { state, outcome: outcomes.of(entry.row), profileHold }, execution);
      });
    }
  } finally {
    outcomes.close();
  }
}

/** The header and the data rows of the input, in batches. */
async function* inputBatches(dir: string, manifest: Manifest): AsyncGenerator<CsvRecord[]> {
  const { dialect } = manifest.input;
  if (dialect === null) return;
  for await (const batch of readCsv(runFiles(dir).input, dialect))
    yield batch.filter(({ cells }) => !isBlankLine(cells));
}

/** The header and the data rows of the input. */
export async function* inputRecords(dir: string, manifest: Manifest): AsyncGenerator<CsvRecord> {
  for await (const batch of inputBatches(dir, manifest)) yield* batch;
}

/**
 * Opens failed.csv, and held.csv if rows are held; null if the input has no header. Reads the input only as far as the
 * last row that is added.
 */
async function openRowFiles(dir: string, manifest: Manifest) {
  const files = runFiles(dir);
  const input = inputBatches(dir, manifest);
  let batch: CsvRecord[] = [];
  let before = 0; // records before the batch
  // Skips whole batches: to await each of a million records takes longer than to read them.
  const recordAt = async (at: number): Promise<CsvRecord | undefined> => {
    while (at >= before + batch.length) {
      before += batch.length;
      const next = await input.next();
      if (next.done === true) return undefined;
      batch = next.value;
    }
    return batch[at - before];
  };
  const header = await recordAt(0);
  if (header === undefined) return null;
  const failed = createCsvWriter(files.failed, failedHeader(header.cells));
  let held: CsvWriter | null = null;
  return {
    /** Takes the rows that failed or are held, in the order of the input. */
    async add(result: Result) {
      const cells = (await recordAt(result.entry.row))?.cells ?? [];
      if (isFailed(result.status)) {
        failed.write(failedCells(cells, header.cells, result));
        return;
      }
      held ??= createCsvWriter(files.held, heldHeader(header.cells));
      held.write(heldCells(cells, header.cells, result));
    },
    close() {
      failed.close();
      // An earlier end of this run may have left one.
      if (held === null) rmSync(files.held, { force: true });
      else held.close();
    },
    abandon() {
      failed.abandon();
      held?.abandon();
    },
    end: () => input.return(undefined),
  };
}

/** Counts the rows of a run as `writeResults` does, without writing files. */
export async function tallyRun(dir: string, manifest: Manifest, execution: boolean): Promise<Tally> {
  // A count of rows that the plan cannot have would fill the memory.
  const { size } = statSync(runFiles(dir).plan);
  if (manifest.input.rows * MIN_PLAN_LINE_BYTES > size) throw new Error('plan.csv has fewer rows than run.json counts');
  const index = await indexLedger(runFiles(dir).ledger, manifest.input.rows);
  const tally = emptyTally();
  for await (const batch of resultsOf(dir, index, execution)) for (const result of batch) addResult(tally, result);
  return tally;
}

/**
 * Makes results.csv, failed.csv and held.csv from input copy, plan and ledger, in input order: the one piece of code
 * for every end of the program and for `results`. Rows without an outcome are `unprocessed` in an execution, else
 * `planned`. Throws what the file system throws.
 */
export async function writeResults(dir: string, manifest: Manifest, execution: boolean) {
  const files = runFiles(dir);
  const index = await indexLedger(files.ledger, manifest.input.rows);
  const tally = emptyTally();
  const writer = createCsvWriter(files.results, RESULTS_COLUMNS);
  let rowFiles: Awaited<ReturnType<typeof openRowFiles>> = null;
  try {
    if (manifest.plan !== null) {
      rowFiles = await openRowFiles(dir, manifest);
      for await (const batch of resultsOf(dir, index, execution)) {
        for (const result of batch) {
          addResult(tally, result);
          writer.write(resultCells(result));
          if (isFailed(result.status) || result.status === 'held') await rowFiles?.add(result);
        }
      }
    }
    writer.close();
    rowFiles?.close();
  } catch (error) {
    writer.abandon();
    rowFiles?.abandon();
    throw error;
  } finally {
    await rowFiles?.end();
  }
  return { tally, sessions: index.sessions };
}
