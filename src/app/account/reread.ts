import type { AccountSnapshot } from '../../core/account/snapshot.ts';
import type { ClosedReason } from '../../core/attempt/unsent.ts';
import { profileCell } from '../../core/input/target.ts';
import { type LedgerIndex, ROW_STATE } from '../../core/ledger/replay.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { readProfiles } from '../../engine/reading/profile-reader.ts';
import { createStop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { endRun } from '../ending/end-run.ts';
import { failedEnding } from '../ending/run-ending.ts';
import { CommandError } from '../errors.ts';
import type { KeyedInvocation } from '../invocation.ts';
import { indexLedger } from '../run/ledger-index.ts';
import type { Run } from '../run/open.ts';
import { onEndSignals } from '../signals.ts';
import { type AccountAccess, openAccess, readingError, readNumbers } from './access.ts';
import { hasCampaigns, recordCampaigns } from './campaigns.ts';
import { checkOrganization, recordAccount } from './check-account.ts';

/** The account as it is now, to compare a saved plan with it. */
export type Reread = {
  account: AccountSnapshot;
  /** Target profiles that take no numbers any longer, and why. */
  closed: Map<string, ClosedReason>;
};

/** A run whose account was read again; `reread` is null if its plan was made offline. */
export type RereadRun = { run: Run; reread: Reread | null };

/** To list the numbers of more target profiles is not worth the requests. */
const MAX_TARGETS = 4;

/**
 * The rows of a saved plan that have not been sent, also those that were at their target. Rows with an intent only are
 * not among them: they are read one by one when the run continues.
 */
export async function* unsentRows(path: string, index: LedgerIndex): AsyncGenerator<PlanEntry[]> {
  for await (const batch of readPlan(path)) {
    yield batch.filter(({ action, row }) => {
      const state = index.rowStates[row];
      const hasTarget = action === 'change' || action === 'unchanged';
      return hasTarget && (state === ROW_STATE.untouched || state === ROW_STATE.requeued);
    });
  }
}

/** A few target profiles of rows: many of their numbers may be there already. */
export async function targetProfilesOf(rows: AsyncIterable<PlanEntry[]>): Promise<string[]> {
  const targets = new Set<string>();
  for await (const batch of rows) {
    for (const { profileTarget } of batch) if (profileTarget !== '') targets.add(profileTarget);
    if (targets.size >= MAX_TARGETS) break;
  }
  targets.delete(profileCell(null));
  return [...targets];
}

async function readClosedProfiles(rows: AsyncIterable<PlanEntry[]>, { query, client }: AccountAccess) {
  const needed = new Set<string>();
  for await (const batch of rows) for (const { profileTarget } of batch) needed.add(profileTarget);
  for (const none of ['', profileCell(null)]) needed.delete(none);
  const closed: Reread['closed'] = new Map();
  for (const [id, profile] of await readProfiles(query, client, needed, false)) {
    if (!needed.has(id)) continue;
    if (profile === null) closed.set(id, 'unknown_profile');
    else if (profile.enabled === false) closed.set(id, 'profile_disabled');
  }
  return closed;
}

/**
 * Reads the numbers of a saved plan that have not been sent, to find what has changed since it was made. `recorded`:
 * whether ledger and log are written. Throws CommandError if the account cannot be read or is another one.
 */
export async function rereadAccount(given: Run, invocation: KeyedInvocation, recorded = true): Promise<RereadRun> {
  if (given.manifest.settings.offline === 'true') return { run: given, reread: null };
  const { plan, ledger } = runFiles(given.dir);
  const index = await indexLedger(ledger, given.manifest.input.rows);
  const rows = () => unsentRows(plan, index);
  const targets = await targetProfilesOf(rows());
  const stop = createStop();
  const removeHandlers = onEndSignals(invocation.context, (signal) => stop.ask('signal', signal));
  const access = await openAccess(given, invocation, { stop, recorded });
  try {
    const { account } = await readNumbers(access, rows, targets);
    checkOrganization(given, account);
    const closed = await readClosedProfiles(rows(), access);
    let run = recorded ? recordAccount(given, account, invocation) : given;
    if (recorded && invocation.settings.campaigns && !hasCampaigns(run)) {
      const { campaigns } = await recordCampaigns(run, { rows, account }, access, invocation);
      run = { ...run, manifest: { ...run.manifest, campaigns } };
    }
    const { control, memory, contact } = access;
    return {
      run: { ...run, reading: { endedAt: realClock.now(), control, memory, contact } },
      reread: { account, closed },
    };
  } catch (error) {
    throw readingError(error, stop);
  } finally {
    removeHandlers();
    await access.close();
  }
}

/** Like `rereadAccount`, but ends the run if the account cannot be read: its files say why, and it can continue. */
export async function rereadOrExit(run: Run, invocation: KeyedInvocation): Promise<RereadRun | { exit: number }> {
  try {
    return await rereadAccount(run, invocation);
  } catch (error) {
    // A ledger that this version cannot read makes no result files either.
    if (!(error instanceof CommandError) || error.exit === EXIT.usage) throw error;
    const { exit, code, message } = error;
    const { state: recorded, started_at: startedAt, stop } = run.manifest;
    // Without the queue nothing is known against the plan.
    const notStarted = exit === EXIT.preflight && code !== 'queue_lost' ? 'refused' : 'planned';
    const started = recorded === 'running' ? 'interrupted' : recorded;
    const state = startedAt === null ? notStarted : started;
    return { exit: await endRun(run, { ...failedEnding(exit, state, code, message), stop }, invocation) };
  }
}
