import type { NumberState } from '../../core/account/number-table.ts';
import type { AccountSnapshot } from '../../core/account/snapshot.ts';
import {
  compareRatios,
  countRatios,
  type DeliverabilityCounts,
  type Figures,
  fallText,
} from '../../core/followup/deliverability.ts';
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
import { thousands } from '../../core/text/text.ts';
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
import { createChangeDetector, createFallDetector } from './row-changes.ts';

export type VerdictCounts = Record<Verdict, number>;

/**
 * What one comparison of a plan with the account has found. `shown`: the first rows that are not at their target.
 * `fallen`: the first whose success ratio fell.
 */
export type VerificationPass = {
  counts: VerdictCounts;
  shown: VerifiedRow[];
  ratios: DeliverabilityCounts;
  fallen: VerifiedRow[];
};

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
  const ratios: DeliverabilityCounts = { compared: 0, fallen: 0, no_figures: 0, not_in_file: 0 };
  const fallen: VerifiedRow[] = [];
  const writer = createCsvWriter(verify, VERIFY_COLUMNS);
  try {
    for await (const batch of readPlan(plan)) {
      for (const entry of batch) {
        const checked = check(entry);
        if (checked === null) continue;
        counts[checked.verdict] += 1;
        if (isCompared(entry)) countRatios(ratios, checked.ratios);
        if (checked.ratios?.hasFallen === true && fallen.length < MAX_SHOWN_ROWS) fallen.push(checked);
        if (checked.verdict !== 'at_target' && shown.length < MAX_SHOWN_ROWS) shown.push(checked);
        writer.write(verifyCells(checked));
        onRow(checked);
      }
    }
    writer.close();
    return { counts, shown, ratios, fallen };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

async function* comparedRows(path: string): AsyncGenerator<PlanEntry[]> {
  for await (const batch of readPlan(path)) yield batch.filter(isCompared);
}

function rowName({ line, id, phoneNumber }: PlanEntry, lineWidth = 0): string {
  return `line ${String(line).padStart(lineWidth)}  ${id || phoneNumber}`;
}

/** One row for people. `lineWidth`: of the greatest line number among the rows. */
export function rowText(checked: VerifiedRow, lineWidth = 0): string {
  const { entry, verdict, note } = checked;
  const what = verdict === 'drifted' ? driftText(checked) : note;
  return `${rowName(entry, lineWidth)}  ${verdict}${what === '' ? '' : `: ${what}`}`;
}

/** A row with its success ratios, for people. */
export function fallenText({ entry, ratios }: VerifiedRow): string {
  const name = `${rowName(entry)}${entry.id !== '' && entry.phoneNumber !== '' ? `  ${entry.phoneNumber}` : ''}`;
  return ratios === undefined ? name : `${name}  ${fallText(ratios)}`;
}

export function countsText(counts: VerdictCounts): string {
  const found = VERDICTS.filter((verdict) => counts[verdict] > 0);
  const parts = found.map((verdict) => `${thousands(counts[verdict])} ${verdict.replace('_', ' ')}`);
  return parts.length === 0 ? 'no rows to compare' : parts.join(', ');
}

/** The success ratios of a number then and now; undefined if the file does not have the number. */
function ratiosOf({ id, phoneNumber }: PlanEntry, known: NumberState, before: Figures, maxDrop: number) {
  const shown = known.state === 'found' ? known.shown : {};
  const ratio = before.of({ id, phoneNumber: phoneNumber || shown.phoneNumber });
  return ratio === undefined ? undefined : compareRatios(ratio, shown.health, maxDrop);
}

/** Checks rows by what was read of their numbers. */
function checkedBy(account: AccountSnapshot, before: Figures | null, maxDrop: number) {
  return (entry: PlanEntry): VerifiedRow | null => {
    if (!isCompared(entry)) return checkedByPlan(entry);
    const known = account.stateOf(entry);
    const ratios = before === null ? undefined : ratiosOf(entry, known, before, maxDrop);
    const checked = checkedByRead(entry, known);
    return ratios === undefined ? checked : { ...checked, ratios };
  };
}

/** `isNew`: the plan was made just now by reading the account. `before`: the figures of --before, or null. */
type WatchOptions = { stop: Stop; isNew: boolean; before?: Figures | null };

/**
 * Compares a plan with the account, with --watch again and again, and returns the last pass. The reading of a new plan
 * counts as the first pass, but it has no figures.
 */
export async function watch(run: Run, invocation: KeyedInvocation, { stop, isNew, before = null }: WatchOptions) {
  const { watch: durationMs, every: intervalMs, max_drop: maxDrop } = invocation.settings;
  const { plan } = runFiles(run.dir);
  const printTimed = (text: string) =>
    printProgress(invocation, `${new Date().toISOString().slice(11, 19)}Z  ${text}\n`);
  const { rows } = run.manifest.input;
  const onVerdict = createChangeDetector(rows, (checked, was) => printTimed(`${rowText(checked)} (was ${was})`));
  const onFall = createFallDetector(rows, (checked) => printTimed(fallenText(checked)));
  const onRow = (checked: VerifiedRow) => {
    onVerdict(checked);
    if (durationMs !== null) onFall(checked);
  };
  const endsAt = realClock.now() + (durationMs ?? 0);
  const isLast = () => durationMs === null || realClock.now() + intervalMs > endsAt;
  let pass: VerificationPass | null = null;
  if (isNew && before === null) {
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
      const details = { details: before !== null };
      const { account } = await readNumbers(access, () => comparedRows(plan), targets, details);
      checkOrganization(run, account);
      pass = await comparePlan(run.dir, checkedBy(account, before, maxDrop), onRow);
      if (isLast()) return pass;
      printTimed(countsText(pass.counts));
    }
  } catch (error) {
    throw readingError(error, stop);
  } finally {
    await access.close();
  }
}
