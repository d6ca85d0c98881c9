import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { constantsOf } from '../../core/input/assignment.ts';
import type { Allowed } from '../../core/input/cell-checks.ts';
import type { FileError } from '../../core/input/rejection.ts';
import { createDoubleCheck, doubleDamage } from '../../core/input/spreadsheet.ts';
import { createDraft } from '../../core/plan/draft.ts';
import { createRepeatIndex } from '../../core/plan/duplicates.ts';
import { PLAN_COLUMNS, type PlanEntry, targetsOf, withRepeat } from '../../core/plan/entry.ts';
import { createPreview, type Preview } from '../../core/plan/preview.ts';
import { createLimitedCells } from '../../core/plan/rejection-texts.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { CsvError } from '../../io/csv/record.ts';
import { type Dialect, findDialect, readCsv } from '../../io/csv/records.ts';
import { createCsvWriter, replaceRows } from '../../io/csv/writer.ts';
import { digest, fileSha256 } from '../../io/digest.ts';
import { runFiles } from '../../io/run/directory.ts';
import { planLine } from '../../io/run/plan-file.ts';
import { type AccountView, resolver } from '../account/read-for-plan.ts';
import { UsageError } from '../errors.ts';

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
  try {
    await pipeline(source, createWriteStream(copy, { mode: 0o600, flush: true }), { signal });
    return await fileSha256(copy);
  } catch (error) {
    // Half a copy is of no use, and it may be what has filled the disk.
    rmSync(copy, { force: true });
    throw error;
  }
}

type LimitedCells = ReturnType<typeof createLimitedCells>;
type Checks = Pick<Settings, 'map' | 'delimiter' | 'allow_unassign' | 'allow_rounded_ids' | 'sandbox'> &
  Partial<Pick<Settings, 'to_profile' | 'to_product'>>;

/** Reads what the rows of a draft, which is in plan.csv, need to know of the account. */
export type ReadDraft = (draft: Preview) => Promise<AccountView>;

/**
 * Reads the rows of a CSV into a draft. Throws CsvError if the file as a whole is refused, and UsageError if flags do not
 * fit it.
 */
export async function* draftEntries(
  path: string,
  dialect: Dialect,
  draft: ReturnType<typeof createDraft>,
): AsyncGenerator<PlanEntry[]> {
  for await (const batch of readCsv(path, dialect)) {
    const entries: PlanEntry[] = [];
    for (let at = 0; at < batch.length; at++) {
      const entry = draft.read(batch, at);
      if (entry === null) continue;
      if ('conflict' in entry) throw new UsageError(entry.conflict);
      if ('code' in entry) throw new CsvError(entry);
      entries.push(entry);
    }
    yield entries;
  }
  const fileError = draft.end();
  if (fileError !== null) throw new CsvError(fileError);
}

/** Writes plan.csv from the rows of input.csv, in one pass. Throws what draftEntries throws. */
async function draftPlan(
  dir: string,
  dialect: Dialect,
  { checks, signal, online, cells }: { checks: Checks; signal: AbortSignal; online: boolean; cells: LimitedCells },
  onEntry: (entry: PlanEntry) => void,
): Promise<{ planSha256: string; preview: Preview }> {
  const files = runFiles(dir);
  const { allow_unassign: unassign, allow_rounded_ids: roundedIds, sandbox, map } = checks;
  const allowed: Allowed = { unassign, roundedIds, online, sandbox, constants: constantsOf(checks) };
  const draft = createDraft({ map, allowed, delimiter: dialect.delimiter });
  const preview = createPreview();
  const writer = createCsvWriter(files.plan, PLAN_COLUMNS);
  try {
    for await (const batch of draftEntries(files.input, dialect, draft)) {
      signal.throwIfAborted();
      for (const entry of batch) {
        preview.add(entry);
        writer.write(cells.of(entry));
        onEntry(entry);
      }
    }
    const { blankLines, cutLine, ignoredColumn } = draft;
    Object.assign(preview, { blankLines, cutLine, ignoredColumn });
    return { planSha256: writer.close(), preview };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** Rejects the rows of a draft with a long id, because all long ids of the file have been doubles. */
function rejectRounded(path: string, preview: Preview, cells: LimitedCells): string {
  return replaceRows(path, (_row, line) => {
    const entry = planLine(line());
    const damage = entry.action === 'change' ? doubleDamage(entry.id) : null;
    if (damage === null) return null;
    const marked: PlanEntry = { ...entry, action: 'rejected', reason: damage.code, note: damage.text };
    preview.replace(entry, marked);
    return cells.of(marked);
  });
}

/**
 * Makes plan.csv from input.csv: one pass over the rows; one over the draft if the account is read (`read` is not
 * null); one if ids repeat; and one if all ids look rounded. An error of the whole file ends in a plan without rows. Throws
 * what the file system throws, the signal's reason, and what `read` throws.
 */
export async function makePlan(dir: string, checks: Checks, signal: AbortSignal, read: ReadDraft | null) {
  const { input, plan } = runFiles(dir);
  const online = read !== null;
  const repeats = createRepeatIndex(digest);
  const addRepeat = (entry: PlanEntry) => repeats.add(entry, targetsOf(entry), entry.action !== 'rejected');
  const doubles = createDoubleCheck();
  const cells = createLimitedCells();
  const dialect = await findDialect(input, checks.delimiter);
  let planSha256: string;
  let preview: Preview;
  try {
    // Online, ids are known only after the account was read.
    ({ planSha256, preview } = await draftPlan(dir, dialect, { checks, signal, online, cells }, (entry) => {
      doubles.add(entry.id);
      if (entry.action === 'change' && !online) addRepeat(entry);
    }));
    if (!checks.allow_rounded_ids && doubles.isDamaged()) planSha256 = rejectRounded(plan, preview, cells);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { dialect, planSha256: null, preview: createPreview(), fileError: error.fileError };
  }
  if (read !== null && preview.actions.change > 0) {
    const compare = resolver(await read(preview));
    signal.throwIfAborted();
    const { blankLines, cutLine, ignoredColumn } = preview;
    preview = Object.assign(createPreview(), { blankLines, cutLine, ignoredColumn });
    planSha256 = replaceRows(plan, (_row, line) => {
      const draft = planLine(line());
      const entry = draft.action === 'change' ? compare(draft) : draft;
      preview.add(entry);
      if (entry === draft) return null;
      if (entry.reason !== 'not_found') addRepeat(entry);
      return cells.of(entry);
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
      return cells.of(marked);
    });
  }
  preview.withoutText = cells.withoutText();
  return { dialect, planSha256, preview, fileError: null };
}
