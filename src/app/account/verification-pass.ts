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
import type { Resolved } from '../../core/settings/resolve.ts';
import { type Stop, sleepOrStop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { createCsvWriter } from '../../io/csv/writer.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import type { Context } from '../context.ts';
import { print } from '../output.ts';
import type { Run } from '../run/open.ts';
import { targetsOf } from './reread.ts';
import { checkOrganization, endOfReading, openReader, readNumbers } from './session.ts';

export type Counts = Record<Verdict, number>;

/** Rows that are shown of those that are not at their target; all of them are in verify.csv. */
const SHOWN = 10;

/** What one look has found. `shown`: the first rows that are not at their target. */
export type VerificationPass = { counts: Counts; shown: VerifiedRow[] };

function noCounts(): Counts {
  return Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Counts;
}

/** Writes verify.csv of a look; `onRow` hears of every row. */
async function writeLook(
  dir: string,
  check: (entry: PlanEntry) => VerifiedRow | null,
  onRow: (checked: VerifiedRow) => void = () => undefined,
): Promise<VerificationPass> {
  const { plan, verify } = runFiles(dir);
  const look: VerificationPass = { counts: noCounts(), shown: [] };
  const writer = createCsvWriter(verify, VERIFY_COLUMNS);
  try {
    for await (const batch of readPlan(plan)) {
      for (const entry of batch) {
        const checked = check(entry);
        if (checked === null) continue;
        look.counts[checked.verdict] += 1;
        if (checked.verdict !== 'at_target' && look.shown.length < SHOWN) look.shown.push(checked);
        writer.write(verifyCells(checked));
        onRow(checked);
      }
    }
    writer.close();
    return look;
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

async function* comparedRows(path: string): AsyncGenerator<PlanEntry[]> {
  for await (const batch of readPlan(path)) yield batch.filter(isCompared);
}

/** Hears of the rows of one look after another, and tells which have another verdict than at the last look. */
function createFlips(rows: number, tell: (checked: VerifiedRow, was: Verdict) => void) {
  const last = new Uint8Array(rows + 1);
  return (checked: VerifiedRow) => {
    const { row } = checked.entry;
    const is = VERDICTS.indexOf(checked.verdict) + 1;
    const was = last[row] as number;
    last[row] = is;
    if (was !== 0 && was !== is) tell(checked, VERDICTS[was - 1] as Verdict);
  };
}

/** `width`: of the greatest line number beside it. */
export function rowText(checked: VerifiedRow, width = 0): string {
  const { entry, verdict, note } = checked;
  const what = verdict === 'drifted' ? driftText(checked) : note;
  return `line ${String(entry.line).padStart(width)}  ${entry.id || entry.phoneNumber}  ${verdict}${what === '' ? '' : `: ${what}`}`;
}

/**
 * Looks at the account once and, with --watch, again and again; gives what the last look has found. `planned`: the plan
 * was made just now, by reading the account, and is the first look.
 */
export async function watch(
  run: Run,
  resolved: Resolved,
  key: string | null,
  stop: Stop,
  planned: boolean,
  context: Context,
): Promise<VerificationPass> {
  const { settings } = resolved;
  const { watch: until, every } = settings;
  const { plan } = runFiles(run.dir);
  const talks = !settings.quiet && !settings.json;
  const onRow = createFlips(run.manifest.input.rows, (checked, was) => {
    const time = new Date().toISOString().slice(11, 19);
    if (talks) print(context.stderr, `${time}Z  ${rowText(checked)} (was ${was})\n`);
  });
  const end = realClock.now() + (until ?? 0);
  let look = planned ? await writeLook(run.dir, checkedByPlan, onRow) : null;
  const isOver = () => look !== null && (until === null || realClock.now() + every > end);
  if (isOver()) return look as VerificationPass;
  const tellLook = ({ counts }: VerificationPass) => {
    if (talks) print(context.stderr, `${new Date().toISOString().slice(11, 19)}Z  ${countsText(counts)}\n`);
  };
  if (look !== null) tellLook(look);
  const targets = await targetsOf(comparedRows(plan));
  const reader = await openReader(run, resolved, key, stop, context, false);
  try {
    for (;;) {
      if (look !== null) await sleepOrStop(realClock, stop, every);
      if (stop.asked() !== null && look !== null) return look;
      const { account } = await readNumbers(reader, () => comparedRows(plan), targets, resolved);
      checkOrganization(run, account);
      look = await writeLook(
        run.dir,
        (entry) => (isCompared(entry) ? checkedByRead(entry, account.stateOf(entry)) : checkedByPlan(entry)),
        onRow,
      );
      if (isOver()) return look;
      tellLook(look);
    }
  } catch (error) {
    throw endOfReading(error, stop);
  } finally {
    await reader.close();
  }
}

export function countsText(counts: Counts): string {
  const parts = VERDICTS.filter((verdict) => counts[verdict] > 0).map(
    (verdict) => `${counts[verdict].toLocaleString('en-US')} ${verdict.replace('_', ' ')}`,
  );
  return parts.length === 0 ? 'no rows to compare' : parts.join(', ');
}
