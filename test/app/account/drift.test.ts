import { describe, expect, it } from 'vitest';
import { driftCounts, driftText, recordDrift } from '../../../src/app/account/drift.ts';
import { type Reread, rereadAccount, targetProfilesOf } from '../../../src/app/account/reread.ts';
import { CommandError } from '../../../src/app/errors.ts';
import { indexLedger } from '../../../src/app/run/ledger-index.ts';
import { type Run, updateRun } from '../../../src/app/run/open.ts';
import { ROW_STATE } from '../../../src/core/ledger/replay.ts';
import type { PlanEntry } from '../../../src/core/plan/entry.ts';
import type { RawSettings } from '../../../src/core/settings/schema.ts';

import { runFiles } from '../../../src/io/run/directory.ts';
import { openLedger } from '../../../src/io/run/ledger-file.ts';
import { parseFault } from '../../../src/sandbox/server.ts';
import { accountOf, ledgerOf, moves, numbersOf, type Place } from '../../support/app/accounts.ts';
import { failure, outcome, writeLedger } from '../../support/app/ledgers.ts';
import { id, profile } from '../../support/app/plans.ts';
import { AT } from '../../support/app/run-directories.ts';

/** Numbers 1 to 6 are to go from the second profile to the first; then 1 goes there, 2 to a third, and 3 goes away. */
async function meanwhile(flags: RawSettings = {}): Promise<{ place: Place; run: Run; live: Reread }> {
  const place = await accountOf();
  const { run } = await place.plan(moves([1, 2, 3, 4, 5, 6]), flags);
  place.sandbox.edit({ id: id(1), messaging_profile_id: profile(1) });
  place.sandbox.edit({ id: id(2), messaging_profile_id: profile(3) });
  place.sandbox.edit({ id: id(3), remove: true });
  // Not a field that the plan changes.
  place.sandbox.edit({ id: id(4), messaging_product: 'P2P' });
  const { reread: live, run: seen } = await rereadAccount(run, place.invoke(flags));
  if (live === null) throw new Error('it was not read');
  return { place, run: seen, live };
}

/** What the rows that are not to be sent come to, and which are. */
async function applyDrift(run: Run, live: Reread, force: boolean) {
  const index = await indexLedger(runFiles(run.dir).ledger, run.manifest.input.rows);
  const before = (await ledgerOf(run)).length;
  const ledger = await openLedger(runFiles(run.dir).ledger);
  await recordDrift({ run, reread: live, force, index }, ledger);
  await ledger.close();
  const left = [...index.rowStates].flatMap((one, row) => (row > 0 && one !== ROW_STATE.outcome ? [row] : []));
  return { entries: (await ledgerOf(run)).slice(before), left, ended: index.ended, permanent: index.permanent };
}

describe('recordDrift', () => {
  it('ends the rows whose numbers are at their target, changed by others or gone; the others are sent', async () => {
    const { run, live, place } = await meanwhile();
    const { entries, left, ended, permanent } = await applyDrift(run, live, false);
    expect(entries).toMatchObject([
      { type: 'outcome', row: 1, status: 'unchanged', reason: '', attempts: 0, profileAfter: profile(1) },
      { type: 'outcome', row: 2, status: 'held', reason: 'drifted', attempts: 0, profileAfter: profile(3) },
      { type: 'outcome', row: 3, status: 'failed', reason: 'not_found', retryable: false, profileAfter: '' },
    ]);
    expect([left, ended, permanent]).toEqual([[4, 5, 6], 3, 1]);
    expect(place.asked().PATCH).toBe(0);
    // Once they have ended they are asked for no more.
    expect((await applyDrift(run, live, false)).entries).toEqual([]);
  });

  it('knows of a row at its target that a bulk order may have moved late', async () => {
    const { run, live } = await meanwhile();
    await writeLedger(run, [
      { type: 'order_intent', at: AT, order: 1, profile: profile(1), rows: [1, 4], on_profile: 0 },
      { type: 'order_ended', at: AT, order: 1, result: 'done', why: '' },
    ]);
    const { entries } = await applyDrift(run, live, false);
    expect(entries[0]).toMatchObject({ row: 1, status: 'updated', reason: 'confirmed_by_read', attempts: 1 });
    expect(await driftCounts({ run, reread: live, force: false })).toMatchObject({ sent: 3 });
  });

  it('sends drifted rows with --force, and keeps what they had for an undo', async () => {
    const { run, live } = await meanwhile();
    const { entries, left } = await applyDrift(run, live, true);
    expect(entries).toMatchObject([
      { type: 'outcome', row: 1, status: 'unchanged' },
      { type: 'found', row: 2, profile: profile(3), product: 'A2P' },
      { type: 'outcome', row: 3, status: 'failed', reason: 'not_found' },
    ]);
    expect(left).toEqual([2, 4, 5, 6]);
  });

  it('holds rows to a profile that takes no numbers any longer, also with --force', async () => {
    const place = await accountOf();
    const { run } = await place.plan(`${moves([1, 2])}${id(3)},${profile(3)}\n${id(4)},${profile(2)}\n`);
    const read = await rereadAccount(run, place.invoke());
    expect(read.reread?.closed).toEqual(new Map());
    const { account } = read.reread as Reread;
    const closed: Reread['closed'] = new Map([
      [profile(1), 'profile_disabled'],
      [profile(2), 'profile_disabled'],
      [profile(3), 'unknown_profile'],
    ]);
    const { entries, left } = await applyDrift(run, { account, closed }, true);
    expect(entries).toMatchObject([
      { row: 1, status: 'held', reason: 'profile_disabled', profileAfter: profile(2) },
      { row: 2, status: 'held', reason: 'profile_disabled' },
      { row: 3, status: 'held', reason: 'unknown_profile', errorDetail: expect.stringContaining('was deleted') },
    ]);
    // Number 4 was there already.
    expect(left).toEqual([4]);
    const again = await place.plan(moves([1, 2]));
    const counts = await driftCounts({ run: again.run, reread: { account, closed }, force: false });
    expect(counts).toMatchObject({ sent: 0, held: 0, closed: 2 });
    expect(driftText(counts)).toBe(
      'Since the plan was made: 2 numbers will be held, because the profile was disabled or deleted.',
    );
  });

  it('leaves rows alone that have ended, and those that a crash has caught', async () => {
    const { run, live } = await meanwhile();
    writeLedger(run, [
      outcome(1),
      { type: 'intent', row: 2, at: AT },
      { type: 'intent', row: 3, at: AT },
      { type: 'put_back', row: 3, ambiguous: true, attempts: 1, at: AT },
      failure(4, true),
    ]);
    const { entries } = await applyDrift(run, live, false);
    expect(entries).toEqual([]);
  });
});

describe('driftCounts and driftText', () => {
  it('say what has changed, and nothing if all rows are as planned', async () => {
    const { run, live } = await meanwhile();
    const counts = await driftCounts({ run, reread: live, force: false });
    expect(counts).toEqual({ sent: 3, unchanged: 1, held: 1, closed: 0, failed: 1 });
    expect(driftText(counts)).toBe(
      'Since the plan was made: 1 number changed elsewhere will be held, 1 number at the target already, 1 number no longer there.',
    );
    const forced = await driftCounts({ run, reread: live, force: true });
    expect(forced).toEqual({ sent: 4, unchanged: 1, held: 0, closed: 0, failed: 1 });
    expect(driftText(forced)).toBe(
      'Since the plan was made: 1 number at the target already, 1 number no longer there.',
    );
    await applyDrift(run, live, false);
    const after = await driftCounts({ run, reread: live, force: false });
    expect(after).toEqual({ sent: 3, unchanged: 0, held: 0, closed: 0, failed: 0 });
    expect(driftText(after)).toBe('');
  });

  it('know a number that was at its target, and no longer is', async () => {
    const place = await accountOf();
    const { run } = await place.plan(moves([1, 2], profile(2)));
    place.sandbox.edit({ id: id(1), messaging_profile_id: profile(3) });
    const { reread: live } = await rereadAccount(run, place.invoke());
    expect(await driftCounts({ run, reread: live as Reread, force: false })).toEqual({
      sent: 0,
      unchanged: 0,
      held: 1,
      closed: 0,
      failed: 0,
    });
    expect(await driftCounts({ run, reread: live as Reread, force: true })).toEqual({
      sent: 1,
      unchanged: 0,
      held: 0,
      closed: 0,
      failed: 0,
    });
    const { entries } = await applyDrift(run, live as Reread, false);
    expect(entries).toMatchObject([{ type: 'outcome', row: 1, status: 'held', reason: 'drifted' }]);
  });
});

describe('readLive', () => {
  it('reads the numbers that are still to be sent or were at their target, and no others', async () => {
    const place = await accountOf();
    const { run } = await place.plan(
      `id,profile_id\n${[1, 2, 3, 4].map((n) => `${id(n)},${profile(n === 4 ? 2 : 1)}\n`).join('')}`,
    );
    writeLedger(run, [outcome(1), { type: 'intent', row: 2, at: AT }]);
    const before = place.sandbox.requests().length;
    const { reread: live } = await rereadAccount(run, place.invoke());
    expect(live?.account.stateOf({ id: id(3), phoneNumber: '' }).state).toBe('found');
    const lists = place.sandbox.requests().slice(before);
    const asked = lists.filter(({ path }) => path.includes('phone_numbers'));
    const phones = asked.map(({ path }) => new URL(path, place.sandbox.url).searchParams.get('filter[phone_number]'));
    const [, , third, fourth] = place.sandbox.snapshot().numbers.map(({ phone_number }) => phone_number);
    expect(phones).toEqual([`${third},${fourth}`]);
    expect((await ledgerOf(run)).slice(-2).map(({ type }) => type)).toEqual(['session_started', 'session_ended']);
  });

  it('reads nothing for a run that did not read the account', async () => {
    const place = await accountOf();
    const { run } = await place.plan(moves([1, 2]), { offline: 'true' });
    expect(await rereadAccount(run, place.invoke())).toEqual({ run, reread: null });
    expect(place.sandbox.requests()).toEqual([]);
  });

  it('notes when it has read, and with which key', async () => {
    const { run } = await meanwhile();
    expect(run.reading?.endedAt).toBeLessThanOrEqual(performance.now());
    expect(run.manifest.organization_id).not.toBeNull();
  });

  it('refuses another account', async () => {
    const place = await accountOf();
    const { run } = await place.plan(moves([1, 2]));
    const elsewhere = updateRun(run, { organization_id: 'another' });
    const error = await rereadAccount(elsewhere, place.invoke()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ exit: 7, code: 'other_account' });
    expect((await ledgerOf(run)).at(-1)).toMatchObject({ type: 'session_ended' });
  });

  it('is refused if the account cannot be read, and leaves no signal handlers', async () => {
    const place = await accountOf({ readFaults: [parseFault(`503-bare@${id(9)}`)] });
    const { run } = await place.plan(moves([1, 2]));
    const broken = await accountOf({ numbers: numbersOf(2), readFaults: [parseFault('503-bare=1')] });
    const error = await rereadAccount(run, broken.invoke()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exit: 7, code: 'account_not_read' });
    expect(place.context.signals.listenerCount('SIGTERM')).toBe(0);
  });
});

describe('targetProfilesOf', () => {
  async function* batches(...targets: string[][]): AsyncGenerator<PlanEntry[]> {
    for (const batch of targets) yield batch.map((profileTarget) => ({ profileTarget }) as PlanEntry);
  }

  it('are the target profiles of rows, each once, and only a few of many', async () => {
    expect(await targetProfilesOf(batches(['a', '', 'b'], ['a', 'UNASSIGN']))).toEqual(['a', 'b']);
    expect(await targetProfilesOf(batches())).toEqual([]);
    const many = batches(['a', 'b', 'c', 'd'], ['e']);
    expect(await targetProfilesOf(many)).toEqual(['a', 'b', 'c', 'd']);
    expect((await many.next()).done).toBe(true);
  });
});
