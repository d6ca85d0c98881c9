import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createRepeatIndex } from '../../core/input/duplicates.ts';
import { mapHeader } from '../../core/input/header.ts';
import type { FileError } from '../../core/input/rejection.ts';
import { PLAN_COLUMNS, type PlanEntry, planCells, planRow, targetsOf, withRepeat } from '../../core/plan/entry.ts';
import { createPreview, type Preview } from '../../core/plan/preview.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { CsvError, isBlank } from '../../io/csv/record.ts';
import { type Dialect, findDialect, readCsv } from '../../io/csv/records.ts';
import { createCsvWriter, replaceRows } from '../../io/csv/writer.ts';
import { digest, fileSha256 } from '../../io/digest.ts';
import { runFiles } from '../../io/run/directory.ts';
import { planLine } from '../../io/run/plan-file.ts';
import { resolver, type Seen } from '../account/read-for-plan.ts';

/** A plan on disk, and what there is to say about it. */
export type Planned = {
  dialect: Dialect | null;
  planSha256: string | null;
  preview: Preview;
  fault: FileError | null;
};

/** Copies the input byte by byte into the run directory, standard input too; gives the SHA-256 of the copy. */
export async function copyBytes(
  from: string | NodeJS.ReadableStream,
  dir: string,
  signal: AbortSignal,
): Promise<string> {
  const source = typeof from === 'string' ? createReadStream(from) : from;
  const copy = runFiles(dir).input;
  await pipeline(source, createWriteStream(copy, { mode: 0o600, flush: true }), { signal });
  return fileSha256(copy);
}

type Checks = Pick<Settings, 'map' | 'delimiter' | 'allow_unassign' | 'allow_rounded_ids'>;

/** Reads what the rows of a draft of a plan, which is in plan.csv, need to know of the account. */
export type ReadDraft = (draft: Preview) => Promise<Seen>;

/**
 * Makes plan.csv from input.csv: one pass over the rows; one over the draft when the account has been read (`read`, null
 * where it is not); and one where ids repeat. A fault of the whole file ends in a plan without rows. Throws what the
 * file system throws, the signal's reason, and what `read` throws.
 */
export async function makePlan(
  dir: string,
  checks: Checks,
  signal: AbortSignal,
  read: ReadDraft | null,
): Promise<Planned> {
  const files = runFiles(dir);
  let preview = createPreview();
  const online = read !== null;
  const allowed = { unassign: checks.allow_unassign, roundedIds: checks.allow_rounded_ids, online };
  const repeats = createRepeatIndex(digest);
  const addRepeat = (entry: PlanEntry) => repeats.add(entry, targetsOf(entry), entry.action !== 'rejected');
  const dialect = await findDialect(files.input, checks.delimiter);
  const writer = createCsvWriter(files.plan, PLAN_COLUMNS);
  let header: { columns: Parameters<typeof planRow>[3]; width: number } | null = null;
  let row = 0;
  try {
    for await (const batch of readCsv(files.input, dialect)) {
      signal.throwIfAborted();
      for (const record of batch) {
        if (isBlank(record)) {
          if (header !== null) preview.blankLines += 1;
          continue;
        }
        if (header === null) {
          const mapped = mapHeader(record.cells, checks.map, record.line, online);
          if ('error' in mapped) throw new CsvError(mapped.error);
          header = { columns: mapped.columns, width: record.cells.length };
          continue;
        }
        row += 1;
        const entry = planRow(row, record.line, record.cells, header.columns, header.width, allowed);
        if (entry.action === 'change' && !online) addRepeat(entry);
        preview.add(entry);
        writer.write(planCells(entry));
      }
    }
    if (header === null) throw new CsvError({ code: 'no_header', text: 'the file is empty', line: null });
  } catch (error) {
    writer.abandon();
    if (!(error instanceof CsvError)) throw error;
    return { dialect, planSha256: null, preview: createPreview(), fault: error.fileError };
  }
  let planSha256 = writer.close();
  if (read !== null && preview.actions.change > 0) {
    const known = resolver(await read(preview));
    signal.throwIfAborted();
    const { blankLines } = preview;
    preview = createPreview();
    preview.blankLines = blankLines;
    planSha256 = replaceRows(files.plan, (_row, line) => {
      const entry = planLine(line());
      const is = entry.action === 'change' ? known(entry) : entry;
      preview.add(is);
      if (is === entry) return null;
      if (is.reason !== 'not_found') addRepeat(is);
      return planCells(is);
    });
  }
  const verdicts = repeats.verdicts();
  if (verdicts.size > 0) {
    planSha256 = replaceRows(files.plan, (at, line) => {
      const verdict = verdicts.get(at);
      if (verdict === undefined) return null;
      const entry = planLine(line());
      const mended = withRepeat(entry, verdict);
      preview.replace(entry, mended);
      return planCells(mended);
    });
  }
  return { dialect, planSha256, preview, fault: null };
}
