import {
  checkedByPlan,
  checkedByRead,
  driftText,
  isCompared,
  VERDICTS,
  VERIFY_COLUMNS,
  type Verdict,
  type VerifiedRow,
  verifyCells,
} from '../../core/followup/verify.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { type Stop, sleepOrStop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { createCsvWriter } from '../../io/csv/writer.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { openAccess, readingError, readNumbers } from '../account/access.ts';
import { checkOrganization } from '../account/check-account.ts';
import { targetProfilesOf } from '../account/reread.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { printProgress } from '../output.ts';
import type { Run } from '../run/open.ts';

export type VerdictCounts = Record<Verdict, number>;

/** What one comparison of a plan with the account has found. `shown`: the first rows that are not at their target. */
export type VerificationPass = { counts: VerdictCounts; shown: VerifiedRow[] };

/** verify.csv has all rows that are not at their target. */
const MAX_SHOWN_ROWS = 10;

/** Compares every row of a plan and writes verify.csv. Calls `onRow` for every row. */
async function comparePlan(
  dir: string,
  check: (entry: PlanEntry) => VerifiedRow | null,
  onRow: (checked: VerifiedRow) => void,
): Promise<VerificationPass> {
  const { plan, verify } = runFiles(dir);
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as VerdictCounts;
  const shown: VerifiedRow[] = [];
  const writer = createCsvWriter(verify, VERIFY_COLUMNS);
  try {
    for await (const batch of readPlan(plan)) {
      for (const entry of batch) {
        const checked = check(entry);
        if (checked === null) continue;
        counts[checked.verdict] += 1;
        if (checked.verdict !== 'at_target' && shown.length < MAX_SHOWN_ROWS) shown.push(checked);
        writer.write(verifyCells(checked));
        onRow(checked);
      }
    }
    writer.close();
    return { counts, shown };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

async function* comparedRows(path: string): AsyncGenerator<PlanEntry[]> {
  for await (const batch of readPlan(path)) yield batch.filter(isCompared);
}

/** Takes the rows of one pass after another, and calls `onChange` for those with another verdict than before. */
function createChangeDetector(rows: number, onChange: (checked: VerifiedRow, before: Verdict) => void) {
  // Verdicts are counted from 1; 0 is a row that has none yet.
  const last = new Uint8Array(rows + 1);
  return (checked: VerifiedRow) => {
    const { row } = checked.entry;
    const verdict = VERDICTS.indexOf(checked.verdict) + 1;
    const before = last[row] as number;
    last[row] = verdict;
    if (before !== 0 && before !== verdict) onChange(checked, VERDICTS[before - 1] as Verdict);
  };
}

/** One row for people. `lineWidth`: of the greatest line number among the rows. */
export function rowText(checked: VerifiedRow, lineWidth = 0): string {
  const { entry, verdict, note } = checked;
  const what = verdict === 'drifted' ? driftText(checked) : note;
  return `line ${String(entry.line).padStart(lineWidth)}  ${entry.id || entry.phoneNumber}  ${verdict}${what === '' ? '' : `: ${what}`}`;
}

export function countsText(counts: VerdictCounts): string {
  const found = VERDICTS.filter((verdict) => counts[verdict] > 0);
  const parts = found.map((verdict) => `${counts[verdict].toLocaleString('en-US')} ${verdict.replace('_', ' ')}`);
  return parts.length === 0 ? 'no rows to compare' : parts.join(', ');
}

/**
 * Compares a plan with the account, with --watch again and again, and returns the last pass. `isNew`: the plan was made
 * just now by reading the account, which counts as the first pass.
 */
export async function watch(run: Run, invocation: KeyedInvocation, { stop, isNew }: { stop: Stop; isNew: boolean }) {
  const { watch: durationMs, every: intervalMs } = invocation.settings;
  const { plan } = runFiles(run.dir);
  const printTimed = (text: string) =>
    printProgress(invocation, `${new Date().toISOString().slice(11, 19)}Z  ${text}\n`);
  const onRow = createChangeDetector(run.manifest.input.rows, (checked, before) =>
    printTimed(`${rowText(checked)} (was ${before})`),
  );
  const endsAt = realClock.now() + (durationMs ?? 0);
  const isLast = () => durationMs === null || realClock.now() + intervalMs > endsAt;
  let pass: VerificationPass | null = null;
  if (isNew) {
    pass = await comparePlan(run.dir, checkedByPlan, onRow);
    if (isLast()) return pass;
    printTimed(countsText(pass.counts));
  }
  const targets = await targetProfilesOf(comparedRows(plan));
  const access = await openAccess(run, invocation, { stop, recorded: false });
  try {
    for (;;) {
      if (pass !== null) {
        await sleepOrStop(realClock, stop, intervalMs);
        if (stop.asked() !== null) return pass;
      }
      const { account } = await readNumbers(access, () => comparedRows(plan), targets);
      checkOrganization(run, account);
      const check = (entry: PlanEntry) =>
        isCompared(entry) ? checkedByRead(entry, account.stateOf(entry)) : checkedByPlan(entry);
      pass = await comparePlan(run.dir, check, onRow);
      if (isLast()) return pass;
      printTimed(countsText(pass.counts));
    }
  } catch (error) {
    throw readingError(error, stop);
  } finally {
    await access.close();
  }
}
