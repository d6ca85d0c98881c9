import { rmSync } from 'node:fs';
import { isBlankLine } from '../../core/input/cell.ts';
import { causeCells, causeFileName, causeHeader } from '../../core/results/cause-file.ts';
import { type InputTable, inputTable } from '../../core/results/input-table.ts';
import { failedCells, failedHeader, heldCells, heldHeader, isFailed, type Result } from '../../core/results/rows.ts';
import { type Cause, sortedKeys, type Tally } from '../../core/results/tally.ts';
import type { Manifest } from '../../core/run/manifest.ts';
import type { CsvRecord } from '../../io/csv/record.ts';
import { readCsv } from '../../io/csv/records.ts';
import { type CsvWriter, createCsvWriter } from '../../io/csv/writer.ts';
import { openCauseFiles, removeCauseFiles } from '../../io/run/cause-files.ts';
import { runFiles } from '../../io/run/directory.ts';
import { fileErrorMessage, isFileError } from '../errors.ts';

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

/** Why there are no files of causes; null if there are. */
type CauseProblem = string | null;

/** The files of causes. They only repeat rows of failed.csv and held.csv, so a failure to write them is a warning. */
function openCauses(dir: string, table: InputTable, tally: Tally) {
  const files = openCauseFiles(dir);
  let problem: CauseProblem = null;
  const attempt = (what: () => void) => {
    if (problem !== null) return;
    try {
      what();
    } catch (error) {
      if (!isFileError(error)) throw error;
      problem = fileErrorMessage('write the files of causes', error, '');
      try {
        files.close();
        // Some of them would be taken for all.
        removeCauseFiles(dir);
      } catch {
        // It is for the same reason.
      }
    }
  };
  // Their numbers would be those of other causes.
  attempt(() => removeCauseFiles(dir));
  return {
    add(key: string, cells: readonly string[], result: Result): void {
      const headerOf = () => causeHeader(tally.causes.get(key) as Cause, table);
      attempt(() => files.add(key, causeCells(cells, table, result), headerOf));
    },
    /** Names the files. The file of a single cause would only repeat failed.csv or held.csv. */
    end(): CauseProblem {
      const keys = tally.causes.size > 1 ? sortedKeys(tally) : [];
      for (const [at, key] of keys.entries()) {
        attempt(() => files.name(key, causeFileName(at + 1, tally.causes.get(key) as Cause)));
      }
      attempt(() => files.close());
      return problem;
    },
    abandon: () => attempt(() => files.close()),
  };
}

/**
 * Opens failed.csv, held.csv if rows are held, and the files of causes; null if the input has no header. Reads the input
 * only as far as the last row that is added. `tally` counts the same rows.
 */
export async function openRowFiles(dir: string, manifest: Manifest, tally: Tally) {
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
  const table = inputTable(header.cells, manifest.settings);
  const failed = createCsvWriter(files.failed, failedHeader(table));
  let held: CsvWriter | null = null;
  const causes = openCauses(dir, table, tally);
  return {
    /** Takes the rows that failed or are held, in the order of the input. `cause`: the key of its cause. */
    async add(result: Result, cause: string | null) {
      const cells = (await recordAt(result.entry.row))?.cells ?? [];
      if (cause !== null) causes.add(cause, cells, result);
      if (isFailed(result.status)) {
        failed.write(failedCells(cells, table, result));
        return;
      }
      held ??= createCsvWriter(files.held, heldHeader(table));
      held.write(heldCells(cells, table, result));
    },
    /** Returns why the files of causes could not be written; null if they were. */
    close(): CauseProblem {
      failed.close();
      // An earlier end of this run may have left one.
      if (held === null) rmSync(files.held, { force: true });
      else held.close();
      return causes.end();
    },
    abandon() {
      failed.abandon();
      held?.abandon();
      causes.abandon();
    },
    end: () => input.return(undefined),
  };
}
