import type { AccountSnapshot } from '../../core/account/snapshot.ts';
import type { ShownSettings } from '../../core/api/response.ts';
import type { Outcome } from '../../core/attempt/outcome.ts';
import { profileCell } from '../../core/input/target.ts';
import type { LedgerEntry } from '../../core/ledger/entry.ts';
import { addToIndex, type LedgerIndex } from '../../core/ledger/replay.ts';
import { compareWithPlan, compareWithUndo } from '../../core/plan/drift.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { count } from '../../core/text/text.ts';
import { runFiles } from '../../io/run/directory.ts';
import type { Ledger } from '../../io/run/ledger-file.ts';
import { indexLedger } from '../ending/write-results.ts';
import type { Run } from '../run/open.ts';
import { type Live, unsentRows } from './reread.ts';

const NOTHING_SENT = {
  retryable: false,
  httpStatus: null,
  errorCode: '',
  errorTitle: '',
  errorPointer: '',
  attempts: 0,
  durationMs: 0,
  requestId: '',
};

/** Where a number stands: by the rules of an undo, which leaves it alone as a whole, where the run is one. */
function liveOf(run: Run, entry: PlanEntry, shown: ShownSettings): ReturnType<typeof compareWithPlan> {
  return run.manifest.source?.undo === true ? compareWithUndo(entry, shown) : compareWithPlan(entry, shown);
}

/** How a row ends without being sent, by what its number is now; null where it is to be sent, or as it was planned. */
function endedBy(run: Run, entry: PlanEntry, { account, closed }: NonNullable<Live>, force: boolean): Outcome | null {
  const known = account.stateOf(entry);
  const finishedAt = new Date().toISOString();
  const base = { ...NOTHING_SENT, row: entry.row, profileAfter: '', productAfter: '', finishedAt };
  if (known.state === 'absent') {
    return { ...base, status: 'failed', reason: 'not_found', errorDetail: 'the account no longer has this number' };
  }
  const isUndo = run.manifest.source?.undo === true;
  const unread = { ...base, status: 'held' as const, reason: 'unread' };
  // What is to be put back is put back only where it is known that nobody else has changed it.
  if (known.state !== 'found') {
    return isUndo ? { ...unread, errorDetail: 'the number could not be read' } : null;
  }
  const { shown } = known;
  const now = { ...base, profileAfter: profileCell(shown.profile), productAfter: shown.product ?? '' };
  const live = liveOf(run, entry, shown);
  if (live === 'at_target') {
    return entry.action === 'unchanged' ? null : { ...now, status: 'unchanged', reason: '', errorDetail: '' };
  }
  if (isUndo && live === 'unknown') {
    return { ...now, ...unread, errorDetail: 'the account does not show what the number has now' };
  }
  const why = closed.get(entry.profileTarget);
  // Not even by force: it passes no other guard.
  if (why !== undefined && !(entry.action === 'unchanged' && live !== 'drifted')) {
    const errorDetail = `since the plan was made, profile ${entry.profileTarget} ${why === 'unknown_profile' ? 'was deleted' : 'was disabled'}`;
    return { ...now, status: 'held', reason: why, errorDetail };
  }
  if (live !== 'drifted' || force) return null;
  const errorDetail = 'somebody else has changed the number since the plan was made';
  return { ...now, status: 'held', reason: 'drifted', errorDetail };
}

/**
 * What a number has that is sent although it was changed: an undo puts that back. Also of one that has come back to what
 * was planned after it had been found elsewhere. Null where it has what was planned.
 */
function foundBy(run: Run, entry: PlanEntry, account: AccountSnapshot, index: LedgerIndex): LedgerEntry | null {
  const known = account.stateOf(entry);
  if (known.state !== 'found') return null;
  if (liveOf(run, entry, known.shown) !== 'drifted' && !index.overwritten.has(entry.row)) return null;
  const { profile, product } = known.shown;
  const at = new Date().toISOString();
  const ofUnchanged = entry.action === 'unchanged' ? { unchangedButSent: true as const } : {};
  return { type: 'found', ...ofUnchanged, row: entry.row, profile: profileCell(profile), product: product ?? '', at };
}

/** What is to be put into the ledger of a row before the others are sent. */
function entriesOf(
  run: Run,
  entry: PlanEntry,
  live: NonNullable<Live>,
  force: boolean,
  index: LedgerIndex,
): LedgerEntry[] {
  const outcome = endedBy(run, entry, live, force);
  if (outcome !== null) {
    const ofUnchanged = entry.action === 'unchanged' ? { unchangedButSent: true as const } : {};
    return [{ type: 'outcome', ...outcome, ...ofUnchanged }];
  }
  const found = foundBy(run, entry, live.account, index);
  return found === null ? [] : [found];
}

/** Records how rows end that are not to be sent, as their numbers are at their target, changed by others, or gone. */
export async function settleLive(
  run: Run,
  live: NonNullable<Live>,
  force: boolean,
  index: LedgerIndex,
  ledger: Ledger,
): Promise<void> {
  for await (const batch of unsentRows(runFiles(run.dir).plan, index)) {
    const entries = batch.flatMap((entry) => entriesOf(run, entry, live, force, index));
    await Promise.all(entries.map((entry) => ledger.record(entry)));
    for (const entry of entries) addToIndex(index, entry, 0, 0);
  }
}

/** What has become of the rows of a saved plan meanwhile. `sent`: how many of them are still to be sent. */
export async function liveCounts(
  run: Run,
  live: NonNullable<Live>,
  force: boolean,
): Promise<{ sent: number; unchanged: number; held: number; closed: number; failed: number }> {
  const { plan, ledger } = runFiles(run.dir);
  const index = await indexLedger(ledger, run.manifest.input.rows);
  const counts = { sent: 0, unchanged: 0, held: 0, closed: 0, failed: 0 };
  for await (const batch of unsentRows(plan, index)) {
    for (const entry of batch) {
      const outcome = endedBy(run, entry, live, force);
      if (outcome?.status === 'held' && live.closed.has(entry.profileTarget)) counts.closed += 1;
      else if (outcome !== null) counts[outcome.status as 'unchanged' | 'held' | 'failed'] += 1;
      else if (entry.action === 'change' || foundBy(run, entry, live.account, index) !== null) counts.sent += 1;
    }
  }
  return counts;
}

/** The same in words; '' where all rows are as they were planned. */
export function liveText({ unchanged, held, closed, failed }: Awaited<ReturnType<typeof liveCounts>>): string {
  const parts = [
    ...(held > 0 ? [`${count(held, 'number')} changed by somebody else will be held`] : []),
    ...(closed > 0 ? [`${count(closed, 'number')} will be held, as the profile was disabled or deleted`] : []),
    ...(unchanged > 0 ? [`${count(unchanged, 'number')} at the target already`] : []),
    ...(failed > 0 ? [`${count(failed, 'number')} no longer there`] : []),
  ];
  return parts.length === 0 ? '' : `Since the plan was made: ${parts.join(', ')}.`;
}
