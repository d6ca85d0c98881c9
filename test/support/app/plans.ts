import { existsSync, readFileSync } from 'node:fs';
import { writeResults } from '../../../src/app/ending/write-results.ts';
import { copyBytes, makePlan, type Plan } from '../../../src/app/planning/make-plan.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import type { Tally } from '../../../src/core/results/tally.ts';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { findDialect, readCsv } from '../../../src/io/csv/records.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { readPlan } from '../../../src/io/run/plan-file.ts';
import { manifest } from '../io/manifests.ts';
import { tempDir, tempFile } from '../temp.ts';
import { NO_PLAN } from './run-directories.ts';

export { numberId as id, profileId as profile } from '../ids.ts';

export type Checks = Parameters<typeof makePlan>[1];
const STRICT: Checks = { map: {}, delimiter: null, allow_unassign: false, allow_rounded_ids: false, sandbox: false };

/** A planned run in a directory of its own, as a command would leave it. */
export type PlannedRun = { dir: string; planned: Plan; manifest: Manifest; entries: PlanEntry[] };

/** Plans an input of these contents. */
export async function planOf(content: string | Uint8Array, checks: Partial<Checks> = {}): Promise<PlannedRun> {
  const dir = tempDir();
  const { signal } = new AbortController();
  const sha256 = await copyBytes(tempFile(content, 'input.csv'), dir, signal);
  const planned = await makePlan(dir, { ...STRICT, ...checks }, signal, null);
  const { preview, dialect, planSha256, fileError } = planned;
  const entries: PlanEntry[] = [];
  if (planSha256 !== null) for await (const batch of readPlan(runFiles(dir).plan)) entries.push(...batch);
  return {
    dir,
    planned,
    entries,
    manifest: manifest({
      input: { path: null, sha256, rows: preview.rows, blank_lines: preview.blankLines, dialect },
      plan: planSha256 === null ? null : { ...NO_PLAN, ...preview.actions, sha256: planSha256 },
      fault: fileError,
    }),
  };
}

/** The cells of a CSV that this program has written, header first. */
export async function tableOf(path: string): Promise<string[][]> {
  const cells: string[][] = [];
  for await (const batch of readCsv(path, await findDialect(path, ','))) cells.push(...batch.map((row) => row.cells));
  return cells;
}

export type Written = {
  tally: Tally;
  results: Record<string, string>[];
  failed: string[][];
  failedText: string;
  /** Null without held.csv. */
  held: string[][] | null;
};

/** Writes the results of a run and reads them back. */
export async function resultsOf({ dir, manifest }: PlannedRun, execution: boolean): Promise<Written> {
  const { tally } = await writeResults(dir, manifest, execution);
  const [header = [], ...rows] = await tableOf(runFiles(dir).results);
  return {
    tally,
    results: rows.map((cells) => Object.fromEntries(header.map((name, at) => [name, cells[at] ?? '']))),
    failed: await tableOf(runFiles(dir).failed),
    failedText: readFileSync(runFiles(dir).failed, 'utf8'),
    held: existsSync(runFiles(dir).held) ? await tableOf(runFiles(dir).held) : null,
  };
}
