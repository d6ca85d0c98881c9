import { createHash, hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { FileFault } from '../core/header.ts';
import { mapHeader } from '../core/header.ts';
import { PLAN_COLUMNS, planCells, planRow, targetsOf, withRepeat } from '../core/plan.ts';
import { createPreview, type Preview } from '../core/preview.ts';
import { createRepeatIndex, type Digest } from '../core/repeats.ts';
import type { Settings } from '../core/settings.ts';
import { CsvFault, type Dialect, findDialect, isBlank, readCsv } from '../io/csv-reader.ts';
import { createCsvWriter, replaceRows } from '../io/csv-writer.ts';
import { planLine } from '../io/plan-reader.ts';
import { runFiles } from '../io/run-directory.ts';

/** A plan on disk, and what there is to say about it. */
export type Planned = {
  dialect: Dialect | null;
  planSha256: string | null;
  preview: Preview;
  fault: FileFault | null;
};

/** Copies the input byte by byte into the run directory, standard input too; gives the SHA-256 of the copy. */
export async function copyInput(
  from: string | NodeJS.ReadableStream,
  dir: string,
  signal: AbortSignal,
): Promise<string> {
  const source = typeof from === 'string' ? createReadStream(from) : from;
  const copy = runFiles(dir).input;
  await pipeline(source, createWriteStream(copy, { mode: 0o600, flush: true }), { signal });
  return fileSha256(copy);
}

/** The SHA-256 of a file, in hex. Throws what the file system throws. */
export async function fileSha256(path: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(createReadStream(path), digest);
  return digest.digest('hex');
}

const digest: Digest = (text) => {
  // As a string of 32 byte-sized characters: a million small buffers would cost more than their hashing.
  const bytes = hash('sha256', text, 'binary');
  const word = (at: number) =>
    bytes.charCodeAt(at) |
    (bytes.charCodeAt(at + 1) << 8) |
    (bytes.charCodeAt(at + 2) << 16) |
    (bytes.charCodeAt(at + 3) << 24);
  return [word(0), word(4), word(8), word(12)];
};

type Checks = Pick<Settings, 'map' | 'delimiter' | 'allow_unassign' | 'allow_rounded_ids'>;

/**
 * Makes plan.csv from input.csv: one pass over the rows, and a second one over the plan where ids repeat. A fault of
 * the whole file ends in a plan without rows. Throws what the file system throws, and the signal's reason.
 */
export async function makePlan(dir: string, checks: Checks, signal: AbortSignal): Promise<Planned> {
  const files = runFiles(dir);
  const preview = createPreview();
  const allowed = { unassign: checks.allow_unassign, roundedIds: checks.allow_rounded_ids };
  const repeats = createRepeatIndex(digest);
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
          const mapped = mapHeader(record.cells, checks.map, record.line);
          if ('fault' in mapped) throw new CsvFault(mapped.fault);
          header = { columns: mapped.columns, width: record.cells.length };
          continue;
        }
        row += 1;
        const entry = planRow(row, record.line, record.cells, header.columns, header.width, allowed);
        if (entry.action === 'change') repeats.add(row, record.line, entry.id, targetsOf(entry));
        preview.add(entry);
        writer.write(planCells(entry));
      }
    }
    if (header === null) throw new CsvFault({ code: 'no_header', text: 'the file is empty', line: null });
  } catch (error) {
    writer.abandon();
    if (!(error instanceof CsvFault)) throw error;
    return { dialect, planSha256: null, preview: createPreview(), fault: error.fault };
  }
  let planSha256 = writer.close();
  const verdicts = repeats.verdicts();
  if (verdicts.size > 0) {
    planSha256 = replaceRows(files.plan, (at, line) => {
      const verdict = verdicts.get(at);
      if (verdict === undefined) return null;
      const entry = planLine(line);
      const mended = withRepeat(entry, verdict);
      preview.replace(entry, mended);
      return planCells(mended);
    });
  }
  return { dialect, planSha256, preview, fault: null };
}
