import type { AccountSnapshot } from '../../core/account/snapshot.ts';
import { profileCell } from '../../core/input/target.ts';
import { type LedgerIndex, ROW_STATE } from '../../core/ledger/replay.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import type { Resolved } from '../../core/settings/resolve.ts';
import { readProfiles } from '../../engine/reading/profile-reader.ts';
import { createStop } from '../../engine/stop.ts';
import { realClock } from '../../io/clock.ts';
import { runFiles } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import type { Context } from '../context.ts';
import { endRun } from '../ending/end-run.ts';
import { indexLedger } from '../ending/write-results.ts';
import { CommandError } from '../errors.ts';
import type { Run } from '../run/open.ts';
import { onEndSignals } from '../signals.ts';
import { checkOrganization, endOfReading, noteAccount, type OpenReader, openReader, readNumbers } from './session.ts';

/**
 * The account as it was read just now, to be compared with a plan that was made before; null where it is not read.
 * `closed`: target profiles that take no numbers any longer, and why.
 */
export type Live = { account: AccountSnapshot; closed: Map<string, 'unknown_profile' | 'profile_disabled'> } | null;

/** Target profiles that are looked at: lists of more of them are not worth their calls. */
const MOST_TARGETS = 4;

/**
 * The rows of a saved plan that have not been sent, those that were at their target included. Those that a crash has
 * caught are read one by one later.
 */
export async function* unsentRows(path: string, index: LedgerIndex): AsyncGenerator<PlanEntry[]> {
  for await (const batch of readPlan(path)) {
    yield batch.filter(({ action, row }) => {
      const left = index.rowStates[row];
      const isMeant = action === 'change' || action === 'unchanged';
      return isMeant && (left === ROW_STATE.untouched || left === ROW_STATE.requeued);
    });
  }
}

/** The profiles that rows are to go to, a few of them: many of their numbers may be there already. */
export async function targetsOf(rows: AsyncIterable<PlanEntry[]>): Promise<string[]> {
  const targets = new Set<string>();
  for await (const batch of rows) {
    for (const { profileTarget } of batch) if (profileTarget !== '') targets.add(profileTarget);
    if (targets.size >= MOST_TARGETS) break;
  }
  targets.delete(profileCell(null));
  return [...targets];
}

/** Looks again at the profiles that rows are to go to: one may be gone or disabled since the plan was made. */
async function closedProfiles(
  rows: AsyncIterable<PlanEntry[]>,
  { asker, client }: Pick<OpenReader, 'asker' | 'client'>,
): Promise<NonNullable<Live>['closed']> {
  const needed = new Set<string>();
  for await (const batch of rows) for (const { profileTarget } of batch) needed.add(profileTarget);
  for (const none of ['', profileCell(null)]) needed.delete(none);
  const closed: NonNullable<Live>['closed'] = new Map();
  for (const [id, profile] of await readProfiles(asker, client, needed, false)) {
    if (!needed.has(id)) continue;
    if (profile === null) closed.set(id, 'unknown_profile');
    else if (profile.enabled === false) closed.set(id, 'profile_disabled');
  }
  return closed;
}

/**
 * Reads the numbers of a saved plan that have not been sent, to find what somebody else has changed since. Throws
 * CommandError where the account cannot be read or is another one.
 */
export async function rereadAccount(
  given: Run,
  resolved: Resolved,
  key: string | null,
  context: Context,
  recorded = true,
): Promise<{ run: Run; live: Live }> {
  if (given.manifest.settings.offline === 'true') return { run: given, live: null };
  const { plan, ledger } = runFiles(given.dir);
  const index = await indexLedger(ledger, given.manifest.input.rows);
  const rows = () => unsentRows(plan, index);
  const targets = await targetsOf(rows());
  const stop = createStop();
  const forget = onEndSignals(context, (signal) => stop.ask('signal', signal));
  const reader = await openReader(given, resolved, key, stop, context, recorded);
  try {
    const { account } = await readNumbers(reader, rows, targets, resolved);
    checkOrganization(given, account);
    const closed = await closedProfiles(rows(), reader);
    const run = recorded ? noteAccount(given, account, resolved, key) : given;
    return {
      run: { ...run, before: { readAt: realClock.now(), control: reader.control, meter: reader.meter } },
      live: { account, closed },
    };
  } catch (error) {
    throw endOfReading(error, stop);
  } finally {
    forget();
    await reader.close();
  }
}

/** The same, and ends the run where the account cannot be read: its files say why, and it can be gone on with. */
export async function rereadOrExit(
  run: Run,
  resolved: Resolved,
  key: string | null,
  context: Context,
): Promise<{ run: Run; live: Live } | { exit: number }> {
  try {
    return await rereadAccount(run, resolved, key, context);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { exit, code, message } = error;
    const { state: was, started_at: begun, stop, warnings } = run.manifest;
    // Of a run that was begun the rows that are left wait as they were.
    const state =
      begun === null ? (exit === EXIT.preflight ? 'refused' : 'planned') : was === 'running' ? 'interrupted' : was;
    const finish = { exit, state, stop, error: { code, message } };
    return { exit: await endRun(run, finish, resolved, context, warnings) };
  }
}
