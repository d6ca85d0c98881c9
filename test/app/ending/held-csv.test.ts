import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tallyRun, writeResults } from '../../../src/app/ending/write-results.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { runFiles } from '../../../src/io/run/directory.ts';
import { failure, outcome, writeLedger } from '../../support/app/ledgers.ts';
import { id, planOf, profile, resultsOf } from '../../support/app/plans.ts';
import { AT } from '../../support/app/run-directories.ts';

const WHY = '20 rows of this profile failed with 422 10015';
const hold = (n: number, why = WHY): LedgerEntry => ({ type: 'profile_held', profile: profile(n), why, at: AT });
const began: LedgerEntry = { type: 'session_started', at: AT, pid: 1 };
const ADDED = [
  'reassign_status',
  'reassign_reason',
  'reassign_detail',
  'reassign_was',
  'reassign_now',
  'reassign_wanted',
];

/** A run of these rows, each a number and the number of its profile. */
const runOf = (rows: [number, number][]) =>
  planOf(
    ['id,profile_id,product,note', ...rows.map(([n, to]) => `${id(n)},${profile(to)},A2P,note ${n}`), ''].join('\n'),
  );

describe('rows of a profile that was held back', () => {
  it('are held if they have no outcome and no write may have happened', async () => {
    const run = await runOf([1, 2, 3, 4, 5, 6, 7].map((n) => [n, n === 7 ? 2 : 1]));
    writeLedger(run, [
      began,
      { type: 'intent', row: 1, at: AT },
      outcome(1),
      failure(2, false),
      { type: 'intent', row: 3, at: AT },
      { type: 'intent', row: 4, at: AT },
      { type: 'put_back', row: 4, ambiguous: true, attempts: 1, at: AT },
      { type: 'intent', row: 5, at: AT },
      { type: 'put_back', row: 5, ambiguous: false, attempts: 2, at: AT },
      hold(1),
    ]);
    const { results, tally, failed, held } = await resultsOf(run, true);
    expect(results.map(({ row, status, reason, error_detail }) => [row, status, reason, error_detail])).toEqual([
      ['1', 'updated', '', ''],
      ['2', 'failed', 'api_error', ''],
      ['3', 'unverified', 'interrupted', expect.stringContaining('may or may not have happened')],
      ['4', 'unverified', 'interrupted', expect.stringContaining('may or may not have happened')],
      ['5', 'held', 'profile_stopped', WHY],
      ['6', 'held', 'profile_stopped', WHY],
      ['7', 'unprocessed', '', ''],
    ]);
    expect(tally.counts).toMatchObject({ updated: 1, failed: 1, unverified: 2, held: 2, unprocessed: 1 });
    expect([...tally.causes.values()].find(({ status }) => status === 'held')).toMatchObject({
      reason: 'profile_stopped',
      count: 2,
      example_row: 5,
    });
    expect(failed.slice(1).map((cells) => cells[0])).toEqual([2, 3, 4, 7].map(id));
    expect(held?.slice(1).map((cells) => cells[0])).toEqual([5, 6].map(id));
    expect(await tallyRun(run.dir, run.manifest, true)).toEqual(tally);
  });

  it("have the input's own cells in held.csv, and what they had, have and were to have", async () => {
    const run = await planOf(`note,ID,Profile Id\r\n"=1+1, ""x""",="${id(1)}",${profile(1).toUpperCase()}\r\n`);
    writeLedger(run, [began, hold(1, '=HYPERLINK(1)')]);
    const { held, failed } = await resultsOf(run, true);
    expect(held).toEqual([
      ['note', 'ID', 'Profile Id', ...ADDED],
      [
        '=1+1, "x"',
        `="${id(1)}"`,
        profile(1).toUpperCase(),
        'held',
        'profile_stopped',
        "'=HYPERLINK(1)",
        '',
        '',
        `profile ${profile(1)}`,
      ],
    ]);
    expect(failed).toHaveLength(1);
    expect(statSync(runFiles(run.dir).held).mode & 0o777).toBe(0o600);
  });

  it('go back in from held.csv without what it has added, and come out again', async () => {
    const first = await runOf([
      [1, 1],
      [2, 1],
    ]);
    writeLedger(first, [began, hold(1)]);
    await resultsOf(first, true);
    const again = await planOf(readFileSync(runFiles(first.dir).held));
    expect(again.entries.map(({ action, profileTarget }) => [action, profileTarget])).toEqual([
      ['change', profile(1)],
      ['change', profile(1)],
    ]);
    writeLedger(again, [began, hold(1)]);
    const { held } = await resultsOf(again, true);
    expect(held?.[0]).toEqual(['id', 'profile_id', 'product', 'note', ...ADDED]);
    expect(held?.map((cells) => cells.length)).toEqual([10, 10, 10]);
  });

  it('are released when the next session starts, and their file is removed', async () => {
    const run = await runOf([
      [1, 1],
      [2, 1],
    ]);
    writeLedger(run, [began, hold(1)]);
    expect((await resultsOf(run, true)).held).toHaveLength(3);
    writeLedger(run, [began, hold(1), began]);
    const { held, tally } = await resultsOf(run, true);
    expect([held, tally.counts.held, tally.counts.unprocessed]).toEqual([null, 0, 2]);
  });

  it('of several profiles have each its own reason', async () => {
    const run = await runOf([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    writeLedger(run, [began, hold(1, 'one'), hold(3, 'three')]);
    const { held } = await resultsOf(run, true);
    expect(held?.slice(1).map((cells) => [cells[0], cells[6]])).toEqual([
      [id(1), 'one'],
      [id(3), 'three'],
    ]);
  });

  it('are neither rejected rows nor duplicates', async () => {
    const run = await planOf(`id,profile_id\n${id(1)},${profile(1)}\n${id(1)},${profile(1)}\nx y,${profile(1)}\n`);
    writeLedger(run, [began, hold(1)]);
    const { results } = await resultsOf(run, true);
    expect(results.map(({ status }) => status)).toEqual(['held', 'duplicate', 'rejected']);
  });
});

describe('held.csv', () => {
  it('is not made if no row is held, and an old one is removed', async () => {
    const run = await runOf([[1, 1]]);
    expect((await resultsOf(run, true)).held).toBeNull();
    writeFileSync(runFiles(run.dir).held, 'of an earlier end');
    expect((await resultsOf(run, true)).held).toBeNull();
  });

  it('stays as it was if the ledger cannot be read', async () => {
    const run = await runOf([[1, 1]]);
    writeLedger(run, [began, hold(1)]);
    await resultsOf(run, true);
    const before = readFileSync(runFiles(run.dir).held, 'utf8');
    writeFileSync(runFiles(run.dir).ledger, 'nonsense\n');
    await expect(writeResults(run.dir, run.manifest, true)).rejects.toThrow(
      'ledger.ndjson is damaged in line 1 (byte 0)',
    );
    expect(readFileSync(runFiles(run.dir).held, 'utf8')).toBe(before);
  });
});
