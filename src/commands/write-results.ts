import { copyFileSync, existsSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { LEFT, type Left, leftAfter } from '../core/ledger-entry.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Outcome } from '../core/outcome.ts';
import {
  failedCells,
  failedHeader,
  isFailed,
  RESULTS_COLUMNS,
  type Result,
  resultCells,
  resultOf,
} from '../core/results.ts';
import { addSession, noSessions, type Sessions } from '../core/summary.ts';
import { addResult, emptyTally, type Tally } from '../core/tally.ts';
import { type CsvRecord, isBlank, readCsv } from '../io/csv-reader.ts';
import { createCsvWriter } from '../io/csv-writer.ts';
import { openLedgerEntries, scanLedger } from '../io/ledger.ts';
import { readPlan } from '../io/plan-reader.ts';
import { runFiles } from '../io/run-directory.ts';

/** What the ledger says of every row: 13 bytes a row, whatever the outcomes hold. */
export type LedgerIndex = { left: Uint8Array; offset: Float64Array; length: Uint32Array; sessions: Sessions };

/** Reads a ledger once. Throws when it names a row that the plan does not have. */
export async function indexLedger(path: string, rows: number): Promise<LedgerIndex> {
  const index: LedgerIndex = {
    left: new Uint8Array(rows + 1),
    offset: new Float64Array(rows + 1),
    length: new Uint32Array(rows + 1),
    sessions: noSessions(),
  };
  await scanLedger(path, (entry, offset, length) => {
    addSession(index.sessions, entry);
    const about = leftAfter(entry);
    if (about === null) return;
    if (!(about.row >= 1 && about.row <= rows)) {
      throw new Error(`ledger.ndjson names row ${about.row}, and the plan has ${rows}`);
    }
    index.left[about.row] = about.left;
    index.offset[about.row] = offset;
    index.length[about.row] = length;
  });
  return index;
}

/** The plan's entries in order, in batches, each with what the ledger says of it. */
async function* resultsOf(dir: string, index: LedgerIndex, execution: boolean): AsyncGenerator<Result[]> {
  const files = runFiles(dir);
  const outcomes = index.left.includes(LEFT.outcome) ? openLedgerEntries(files.ledger) : null;
  const outcomeOf = (row: number): Outcome | null => {
    if (index.left[row] !== LEFT.outcome || outcomes === null) return null;
    const entry = outcomes.entryAt(index.offset[row] as number, index.length[row] as number);
    return entry.type === 'outcome' ? entry : null;
  };
  try {
    for await (const batch of readPlan(files.plan)) {
      yield batch.map((entry) =>
        resultOf(entry, (index.left[entry.row] ?? 0) as Left, outcomeOf(entry.row), execution),
      );
    }
  } finally {
    outcomes?.close();
  }
}

/** Data rows of the input, one after another; the header comes first. */
async function* inputRecords(dir: string, manifest: Manifest): AsyncGenerator<CsvRecord> {
  const { dialect } = manifest.input;
  if (dialect === null) return;
  for await (const batch of readCsv(runFiles(dir).input, dialect)) {
    for (const record of batch) if (!isBlank(record)) yield record;
  }
}

async function writeFailed(dir: string, manifest: Manifest, index: LedgerIndex, execution: boolean): Promise<void> {
  const input = inputRecords(dir, manifest);
  const header = (await input.next()).value as CsvRecord | undefined;
  if (header === undefined) return;
  const writer = createCsvWriter(runFiles(dir).failed, failedHeader(header.cells));
  try {
    for await (const batch of resultsOf(dir, index, execution)) {
      for (const result of batch) {
        const record = (await input.next()).value as CsvRecord | undefined;
        if (isFailed(result.status)) writer.write(failedCells(record?.cells ?? [], header.cells, result));
      }
    }
    writer.close();
  } catch (error) {
    writer.abandon();
    throw error;
  } finally {
    await input.return(undefined);
  }
}

/**
 * Makes results.csv and failed.csv from input copy, plan and ledger, in input order: the one piece of code for every
 * end of the program and for `results`. Without `execution` good rows are `planned`, else `unprocessed`. Gives what was counted. Throws what the file system throws.
 */
export async function writeResults(
  dir: string,
  manifest: Manifest,
  execution: boolean,
): Promise<{ tally: Tally; sessions: Sessions }> {
  const files = runFiles(dir);
  const index = await indexLedger(files.ledger, manifest.input.rows);
  const tally = emptyTally();
  const writer = createCsvWriter(files.results, RESULTS_COLUMNS);
  try {
    if (manifest.plan !== null) {
      for await (const batch of resultsOf(dir, index, execution)) {
        for (const result of batch) {
          addResult(tally, result);
          writer.write(resultCells(result));
        }
      }
    }
    writer.close();
  } catch (error) {
    writer.abandon();
    throw error;
  }
  if (manifest.plan !== null) await writeFailed(dir, manifest, index, execution);
  return { tally, sessions: index.sessions };
}

/** Puts a copy of the results at a path of the user's, as a whole; a link is followed, a device is written into. */
export function copyResults(dir: string, to: string): void {
  const target = existsSync(to) ? realpathSync(to) : to;
  const { results } = runFiles(dir);
  if (existsSync(target) && !statSync(target).isFile()) {
    writeFileSync(target, readFileSync(results));
    return;
  }
  const draft = `${target}.${process.pid}.tmp`;
  copyFileSync(results, draft);
  renameSync(draft, target);
}
