import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AccountView } from '../../../src/app/account/read-for-plan.ts';
import { draftRetry, draftUndo, planUndo } from '../../../src/app/planning/undo-plan.ts';
import { indexLedger } from '../../../src/app/run/ledger-index.ts';
import { createSnapshot } from '../../../src/core/account/snapshot.ts';
import type { ShownProfile, ShownSettings } from '../../../src/core/api/response.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { PLAN_COLUMNS, type PlanEntry, planCells } from '../../../src/core/plan/entry.ts';
import type { Preview } from '../../../src/core/plan/preview.ts';
import { createCsvWriter } from '../../../src/io/csv/writer.ts';
import { digest, fileSha256 } from '../../../src/io/digest.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { entriesOf } from '../../support/app/accounts.ts';
import { failure, outcome, writeLedger } from '../../support/app/ledgers.ts';
import { id, profile, tableOf } from '../../support/app/plans.ts';
import { AT } from '../../support/app/run-directories.ts';
import { entry } from '../../support/io/servers.ts';
import { tempDir } from '../../support/temp.ts';

const never = new AbortController().signal;

/** A run that has moved numbers from the second profile to the first, but for the changes of its rows. */
function runOf(rows: Partial<PlanEntry>[], ledger: LedgerEntry[]): string {
  const dir = tempDir();
  const writer = createCsvWriter(runFiles(dir).plan, PLAN_COLUMNS);
  const usual = { profileBefore: profile(2), profileTarget: profile(1), productTarget: '' };
  for (const [at, row] of rows.entries()) {
    writer.write(planCells(entry({ row: at + 1, line: at + 2, id: id(at + 1), ...usual, ...row })));
  }
  writer.close();
  writeLedger({ dir }, ledger);
  return dir;
}

/** The draft of the undo of a run. */
async function drafted(rows: Partial<PlanEntry>[], ledger: LedgerEntry[]) {
  const from = runOf(rows, ledger);
  const dir = tempDir();
  const made = await draftUndo(from, await indexLedger(runFiles(from).ledger, rows.length), dir);
  return { ...made, dir, entries: await entriesOf({ dir }), input: await tableOf(runFiles(dir).input) };
}

describe('draftUndo', () => {
  it('takes the rows that have changed a number or may have, the newest change first', async () => {
    const { rows, entries, input, sha256, dir } = await drafted(Array(9).fill({}), [
      { type: 'session_started', at: AT, pid: 1 },
      outcome(3),
      outcome(1),
      failure(2, false),
      outcome(4, { status: 'unverified', reason: 'read_failed' }),
      { type: 'intent', row: 5, at: AT },
      outcome(6, { status: 'unchanged' }),
      outcome(7, { status: 'held', reason: 'drifted' }),
      failure(8, false, { reason: 'response_mismatch', httpStatus: 200 }),
    ]);
    expect(rows).toBe(5);
    expect(entries.map((one) => [one.row, one.line, one.id])).toEqual(
      [8, 5, 4, 1, 3].map((n, at) => [at + 1, at + 2, id(n)]),
    );
    for (const one of entries) {
      expect(one).toMatchObject({ action: 'change', profileBefore: profile(1), profileTarget: profile(2) });
    }
    expect(input[0]).toEqual(['phone_number_id', 'messaging_profile_id', 'messaging_product', 'undone_row']);
    expect(input.slice(1)).toEqual([8, 5, 4, 1, 3].map((n) => [id(n), profile(2), '', String(n)]));
    expect(sha256).toBe(await fileSha256(runFiles(dir).input));
    expect(readdirSync(dir).sort()).toEqual(['input.csv', 'plan.csv']);
  });

  it('restores what a forced row had, and holds rows whose earlier values are unknown', async () => {
    const { entries } = await drafted(
      [{}, { profileBefore: '' }, { profileBefore: 'UNASSIGN', productBefore: 'A2P', productTarget: 'P2P' }],
      [{ type: 'found', row: 1, profile: profile(3), product: 'A2P', at: AT }, outcome(1), outcome(2), outcome(3)],
    );
    expect(entries.map((one) => [one.id, one.action, one.reason, one.profileTarget, one.productTarget])).toEqual([
      [id(3), 'change', '', 'UNASSIGN', 'A2P'],
      [id(2), 'held', 'before_unknown', '', ''],
      [id(1), 'change', '', profile(3), ''],
    ]);
  });

  it('of a run that has changed nothing has no rows', async () => {
    const { rows, entries, input } = await drafted([{}, {}], [failure(1, true)]);
    expect([rows, entries, input.length]).toEqual([0, [], 1]);
  });

  it('leaves no drafts if the plan cannot be read', async () => {
    const from = runOf([{}], [outcome(1)]);
    const dir = tempDir();
    const index = await indexLedger(runFiles(from).ledger, 1);
    expect(() => draftUndo(from, { ...index, rowStates: new Uint8Array([0, 5, 1]) }, dir)).toThrow();
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('draftRetry', () => {
  it('takes the named rows from the plan of an undo, except for those whose earlier values are unknown', async () => {
    const from = runOf(
      [{}, { action: 'held', reason: 'drifted', note: 'now: x' }, { action: 'held', reason: 'before_unknown' }, {}],
      [],
    );
    const dir = tempDir();
    const { rows, sha256 } = draftRetry(from, [2, 3, 4], dir);
    const entries = await entriesOf({ dir });
    expect(entries.map((one) => [one.row, one.line, one.id, one.action, one.reason, one.note])).toEqual([
      [1, 2, id(2), 'change', '', ''],
      [2, 3, id(4), 'change', '', ''],
    ]);
    for (const one of entries) expect(one).toMatchObject({ profileBefore: profile(2), profileTarget: profile(1) });
    expect((await tableOf(runFiles(dir).input)).slice(1)).toEqual([
      [id(2), profile(1), '', '2'],
      [id(4), profile(1), '', '4'],
    ]);
    expect([rows, sha256]).toEqual([2, await fileSha256(runFiles(dir).input)]);
  });
});

/** What is read of numbers that have these settings; those that are not named are not there. */
function reading(numbers: Record<number, Omit<ShownSettings, 'id'>>, profiles: (ShownProfile | null)[] = []) {
  const drafts: Preview[] = [];
  const read = async (draft: Preview): Promise<AccountView> => {
    drafts.push(draft);
    const account = createSnapshot(digest);
    for (let n = 1; n <= 9; n++) account.addWanted({ id: id(n), phoneNumber: '' });
    for (const [n, shown] of Object.entries(numbers)) account.addShown({ ...shown, id: id(Number(n)) });
    account.markRestAbsent();
    const known = new Map(profiles.map((one, at) => [one?.id ?? profile(at + 1), one]));
    return { account, profiles: known, how: '', counts: async () => ({ total: null, on: () => null }) };
  };
  return { read, drafts };
}

describe('planUndo', () => {
  it('puts back the numbers that still have what the run has set, and holds the others whole', async () => {
    const { dir } = await drafted(
      [{}, {}, {}, {}, { profileBefore: profile(3) }],
      [5, 4, 3, 2, 1].map((row) => outcome(row)),
    );
    const { read, drafts } = reading(
      {
        1: { profile: profile(1), product: 'A2P' },
        2: { profile: profile(2), product: 'A2P' },
        3: { profile: profile(3), product: 'A2P' },
        5: { profile: profile(1), product: 'A2P' },
      },
      [{ id: profile(1), name: 'x' }, { id: profile(2), name: 'y' }, null],
    );
    const { preview, fileError, dialect, planSha256 } = await planUndo(dir, false, never, read);
    const entries = await entriesOf({ dir });
    expect(entries.map(({ id: one, action, reason }) => [one, action, reason])).toEqual([
      [id(1), 'change', ''],
      [id(2), 'unchanged', ''],
      [id(3), 'held', 'drifted'],
      [id(4), 'held', 'not_found'],
      [id(5), 'held', 'unknown_profile'],
    ]);
    expect(entries[2]?.note).toContain(`profile ${profile(3)}`);
    expect(preview.actions).toEqual({ change: 1, unchanged: 1, held: 3, rejected: 0, duplicate: 0 });
    expect(drafts.map(({ actions }) => actions.change)).toEqual([5]);
    expect([fileError, dialect]).toEqual([null, { encoding: 'utf-8', delimiter: ',' }]);
    expect(planSha256).toBe(await fileSha256(runFiles(dir).plan));
  });

  it('restores drifted numbers too with --force', async () => {
    const { dir } = await drafted([{}, {}], [outcome(1), outcome(2)]);
    const { read } = reading({ 1: { profile: profile(3), product: 'A2P' } });
    const { preview } = await planUndo(dir, true, never, read);
    expect(preview.actions).toMatchObject({ change: 1, held: 1 });
    expect((await entriesOf({ dir })).find(({ action }) => action === 'change')?.id).toBe(id(1));
  });

  it('reads nothing if there is nothing to restore', async () => {
    const { dir } = await drafted([{ profileBefore: '' }], [outcome(1)]);
    const before = readFileSync(runFiles(dir).plan, 'utf8');
    const { read, drafts } = reading({});
    const { preview, planSha256 } = await planUndo(dir, false, never, read);
    expect(preview.actions).toMatchObject({ change: 0, held: 1 });
    expect(drafts).toEqual([]);
    expect(readFileSync(runFiles(dir).plan, 'utf8')).toBe(before);
    expect(planSha256).toBe(await fileSha256(runFiles(dir).plan));
  });

  it('throws the reason of a signal before it reads', async () => {
    const { dir } = await drafted([{}], [outcome(1)]);
    const { read, drafts } = reading({});
    await expect(planUndo(dir, false, AbortSignal.abort('SIGINT'), read)).rejects.toBe('SIGINT');
    expect(drafts).toEqual([]);
  });
});
