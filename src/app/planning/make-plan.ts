import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { isBlankLine } from '../../core/input/cell.ts';
import type { Allowed } from '../../core/input/cell-checks.ts';
import { createRepeatIndex } from '../../core/input/duplicates.ts';
import { guessMap } from '../../core/input/guess-map.ts';
import { mapHeader } from '../../core/input/header.ts';
import type { FileError } from '../../core/input/rejection.ts';
import { createDoubleCheck, doubleDamage } from '../../core/input/spreadsheet.ts';
import {
  type Layout,
  PLAN_COLUMNS,
  type PlanEntry,
  planCells,
  planRow,
  targetsOf,
  withRepeat,
} from '../../core/plan/entry.ts';
import { createPreview, type Preview } from '../../core/plan/preview.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { CsvError } from '../../io/csv/record.ts';
import { type Dialect, findDialect, readCsv } from '../../io/csv/records.ts';
import { createCsvWriter, replaceRows } from '../../io/csv/writer.ts';
import { digest, fileSha256 } from '../../io/digest.ts';
import { runFiles } from '../../io/run/directory.ts';
import { planLine } from '../../io/run/plan-file.ts';
import { type AccountView, resolver } from '../account/read-for-plan.ts';

/** A plan on disk, and what there is to say about it. */
export type Plan = {
  dialect: Dialect | null;
  planSha256: string | null;
  preview: Preview;
  /** Why the file as a whole is refused. */
  fileError: FileError | null;
};

/** Copies the input byte by byte into the run directory, also standard input. Returns the SHA-256 of the copy. */
export async function copyBytes(
  from: string | NodeJS.ReadableStream | AsyncIterable<Uint8Array>,
  dir: string,
  signal: AbortSignal,
): Promise<string> {
  const source = typeof from === 'string' ? createReadStream(from) : from;
  const copy = runFiles(dir).input;
  await pipeline(source, createWriteStream(copy, { mode: 0o600, flush: true }), { signal });
  return fileSha256(copy);
}

type Checks = Pick<Settings, 'map' | 'delimiter' | 'allow_unassign' | 'allow_rounded_ids' | 'sandbox'>;

/** Reads what the rows of a draft, which is in plan.csv, need to know of the account. */
export type ReadDraft = (draft: Preview) => Promise<AccountView>;

/** Writes plan.csv from the rows of input.csv, in one pass. Throws CsvError if the file as a whole is refused. */
async function draftPlan(
  dir: string,
  dialect: Dialect,
  { checks, signal, online }: { checks: Checks; signal: AbortSignal; online: boolean },
  onEntry: (entry: PlanEntry) => void,
): Promise<{ planSha256: string; preview: Preview }> {
  const files = runFiles(dir);
  const { allow_unassign: unassign, allow_rounded_ids: roundedIds, sandbox } = checks;
  const allowed: Allowed = { unassign, roundedIds, online, sandbox };
  const preview = createPreview();
  const writer = createCsvWriter(files.plan, PLAN_COLUMNS);
  let header: Layout | null = null;
  let row = 0;
  try {
    for await (const batch of readCsv(files.input, dialect)) {
      signal.throwIfAborted();
      for (const record of batch) {
        if (isBlankLine(record.cells)) {
          if (header !== null) preview.blankLines += 1;
          continue;
        }
        if (header === null) {
          const mapped = mapHeader(record.cells, checks.map, record.line, online);
          if ('error' in mapped) {
            throw new CsvError({ ...mapped.error, map: guessMap(record.cells, checks.map, online) });
          }
          header = { columns: mapped.columns, width: record.cells.length };
          allowed.idColumn = record.cells[mapped.columns.phone_number_id ?? -1]?.trim() ?? '';
          continue;
        }
        row += 1;
        const entry = planRow({ row, line: record.line, cells: record.cells }, header, allowed);
        preview.add(entry);
        writer.write(planCells(entry));
        onEntry(entry);
      }
    }
    if (header === null) throw new CsvError({ code: 'no_header', text: 'the file is empty', line: null });
    return { planSha256: writer.close(), preview };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** Rejects the rows of a draft with a long id, because all long ids of the file have been doubles. */
function rejectRounded(path: string, preview: Preview): string {
  return replaceRows(path, (_row, line) => {
    const entry = planLine(line());
    const damage = entry.action === 'change' ? doubleDamage(entry.id) : null;
    if (damage === null) return null;
    const marked: PlanEntry = { ...entry, action: 'rejected', reason: damage.code, note: damage.text };
    preview.replace(entry, marked);
    return planCells(marked);
  });
}

/**
 * Makes plan.csv from input.csv: one pass over the rows; one over the draft if the account is read (`read` is not
 * null); one if ids repeat; and one if all ids look rounded. An error of the whole file ends in a plan without rows. Throws what the file system
 * throws, the signal's reason, and what `read` throws.
 */
export async function makePlan(dir: string, checks: Checks, signal: AbortSignal, read: ReadDraft | null) {
  const { input, plan } = runFiles(dir);
  const online = read !== null;
  const repeats = createRepeatIndex(digest);
  const addRepeat = (entry: PlanEntry) => repeats.add(entry, targetsOf(entry), entry.action !== 'rejected');
  const doubles = createDoubleCheck();
  const dialect = await findDialect(input, checks.delimiter);
  let planSha256: string;
  let preview: Preview;
  try {
    // Online, ids are known only after the account was read.
    ({ planSha256, preview } = await draftPlan(dir, dialect, { checks, signal, online }, (entry) => {
      doubles.add(entry.id);
      if (entry.action === 'change' && !online) addRepeat(entry);
    }));
    if (!checks.allow_rounded_ids && doubles.isDamaged()) planSha256 = rejectRounded(plan, preview);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { dialect, planSha256: null, preview: createPreview(), fileError: error.fileError };
  }
  if (read !== null && preview.actions.change > 0) {
    const compare = resolver(await read(preview));
    signal.throwIfAborted();
    const { blankLines } = preview;
    preview = createPreview();
    preview.blankLines = blankLines;
    planSha256 = replaceRows(plan, (_row, line) => {
      const draft = planLine(line());
      const entry = draft.action === 'change' ? compare(draft) : draft;
      preview.add(entry);
      if (entry === draft) return null;
      if (entry.reason !== 'not_found') addRepeat(entry);
      return planCells(entry);
    });
  }
  const verdicts = repeats.verdicts();
  if (verdicts.size > 0) {
    planSha256 = replaceRows(plan, (row, line) => {
      const verdict = verdicts.get(row);
      if (verdict === undefined) return null;
      const entry = planLine(line());
      if (entry.reason === 'id_looks_rounded') return null;
      const marked = withRepeat(entry, verdict);
      preview.replace(entry, marked);
      return planCells(marked);
    });
  }
  return { dialect, planSha256, preview, fileError: null };
}
