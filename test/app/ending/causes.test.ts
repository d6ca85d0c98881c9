import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeResults } from '../../../src/app/ending/write-results.ts';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { causesDir, removeDrafts } from '../../../src/io/run/directory.ts';
import { failure, outcome, writeLedger } from '../../support/app/ledgers.ts';
import { id, type PlannedRun, planOf, profile, tableOf } from '../../support/app/plans.ts';
import { AT } from '../../support/app/run-directories.ts';
import { tempDir } from '../../support/temp.ts';

const HEADER = 'note,id,profile_id,product';
const rowsOf = (count: number) =>
  planOf(
    [HEADER, ...Array.from({ length: count }, (_, at) => `n${at + 1},${id(at + 1)},${profile(1)},A2P`)].join('\n'),
  );
const refused = (row: number, errorCode: string) => failure(row, false, { errorCode });

/** Writes the results of a run with these entries. Returns the names of the files of causes. */
async function causesOf(run: PlannedRun, entries: LedgerEntry[]) {
  writeLedger(run, entries);
  const { causeProblem } = await writeResults(run.dir, run.manifest, true);
  const dir = causesDir(run.dir);
  return { names: existsSync(dir) ? readdirSync(dir).sort() : null, causeProblem };
}

const TWO = [refused(1, '10005'), refused(2, '40324'), refused(3, '40324')];

describe('the files of causes', () => {
  it('have the rows of each cause, the most frequent first, and what to do as the first column', async () => {
    const run = await rowsOf(6);
    const held: LedgerEntry = { type: 'profile_held', profile: profile(1), why: 'x', at: AT };
    const { names } = await causesOf(run, [...TWO, outcome(4), failure(5, true), held]);
    expect(names).toEqual(['01-40324.csv', '02-10005.csv', '03-attempts_exhausted.csv', '04-profile_stopped.csv']);
    const [header, ...rows] = await tableOf(join(causesDir(run.dir), '01-40324.csv'));
    expect(header).toEqual([
      'reassign_fix - Choose a product for which the number is eligible',
      ...HEADER.split(','),
      ...['reassign_status', 'reassign_reason', 'reassign_detail'],
    ]);
    expect(rows.map((cells) => cells.slice(0, 3))).toEqual([
      ['api_error', 'n2', id(2)],
      ['api_error', 'n3', id(3)],
    ]);
    const [heldHeader = [], heldRow = []] = await tableOf(join(causesDir(run.dir), '04-profile_stopped.csv'));
    expect(heldHeader.slice(-3)).toEqual(['reassign_was', 'reassign_now', 'reassign_wanted']);
    expect(heldRow).toHaveLength(heldHeader.length);
    expect(statSync(causesDir(run.dir)).mode & 0o777).toBe(0o700);
    expect(statSync(join(causesDir(run.dir), '01-40324.csv')).mode & 0o777).toBe(0o600);
  });

  it('are a valid input, which keeps its own columns once', async () => {
    const run = await rowsOf(3);
    await causesOf(run, TWO);
    const again = await planOf(readFileSync(join(causesDir(run.dir), '01-40324.csv')));
    expect(again.entries.map((entry) => [entry.id, entry.action])).toEqual([
      [id(2), 'change'],
      [id(3), 'change'],
    ]);
    await causesOf(again, [refused(1, '10005'), refused(2, '40324')]);
    const [header = []] = await tableOf(join(causesDir(again.dir), '01-10005.csv'));
    expect(header.slice(0, 2)).toEqual(['reassign_fix - Check the id and the API key', 'note']);
    expect(header.filter((name) => name.startsWith('reassign_'))).toHaveLength(4);
  });

  it('are none for a single cause, for none, and for rows that were not sent', async () => {
    const run = await rowsOf(3);
    expect((await causesOf(run, [])).names).toBeNull();
    expect((await causesOf(run, [outcome(1)])).names).toBeNull();
    expect((await causesOf(run, [refused(1, '10005'), refused(2, '10005')])).names).toBeNull();
  });

  it('of an earlier end are removed, and files of the user stay', async () => {
    const run = await rowsOf(3);
    await causesOf(run, TWO);
    writeFileSync(join(causesDir(run.dir), 'fixed.csv'), 'mine');
    mkdirSync(join(causesDir(run.dir), '09-sent.csv'));
    const now = await causesOf(run, [...TWO, refused(1, '99999'), refused(2, '88888'), refused(3, '99999')]);
    expect(now.names).toEqual(['01-99999.csv', '02-88888.csv', '09-sent.csv', 'fixed.csv']);
    expect((await causesOf(run, [outcome(1), refused(2, '10005'), outcome(3)])).names).toEqual([
      '09-sent.csv',
      'fixed.csv',
    ]);
  });

  it('have safe names whatever the API calls its errors, and are at most about two hundred', async () => {
    const run = await rowsOf(300);
    const codes = ['../../../x', '/etc/passwd', '..', ' ', 'a\u0000\nb', 'CON', '💥'.repeat(100)];
    const entries = Array.from({ length: 300 }, (_, at) => refused(at + 1, codes[at] ?? `code/${at}`));
    const { names, causeProblem } = await causesOf(run, entries);
    expect(causeProblem).toBeNull();
    expect(names).toHaveLength(201);
    expect(names?.every((name) => /^[0-9]{2,3}-[A-Za-z0-9_-]{1,40}\.csv$/.test(name))).toBe(true);
    expect(readdirSync(run.dir).sort()).toEqual([
      ...['causes', 'failed.csv', 'input.csv', 'ledger.ndjson', 'plan.csv', 'results.csv'],
    ]);
    const tables = await Promise.all((names ?? []).map((name) => tableOf(join(causesDir(run.dir), name))));
    expect(tables.reduce((sum, rows) => sum + rows.length - 1, 0)).toBe(300);
  });

  it('are not written through a link, which goes', async () => {
    const run = await rowsOf(3);
    const elsewhere = tempDir();
    writeFileSync(join(elsewhere, '01-x.csv'), 'not ours');
    writeFileSync(join(elsewhere, 'a.csv.1.tmp'), 'not ours');
    symlinkSync(elsewhere, causesDir(run.dir));
    removeDrafts(run.dir);
    expect((await causesOf(run, TWO)).names).toHaveLength(2);
    expect(readdirSync(elsewhere).sort()).toEqual(['01-x.csv', 'a.csv.1.tmp']);
  });

  it('are left out with a warning if they cannot be written, and the results are written', async () => {
    const run = await rowsOf(3);
    writeFileSync(join(run.dir, 'notes'), '');
    mkdirSync(join(causesDir(run.dir), '01-40324.csv', 'in the way'), { recursive: true });
    const { causeProblem } = await causesOf(run, TWO);
    expect(causeProblem).toMatch(/^Could not write the files of causes: /);
    expect(readdirSync(run.dir)).toEqual(expect.arrayContaining(['results.csv', 'failed.csv']));
    expect(readdirSync(causesDir(run.dir))).toEqual(['01-40324.csv']);
  });

  it('that a killed process left half-written are removed', async () => {
    const run = await rowsOf(3);
    await causesOf(run, TWO);
    writeFileSync(join(causesDir(run.dir), 'draft-0.csv.123.tmp'), 'half');
    removeDrafts(run.dir);
    expect(readdirSync(causesDir(run.dir)).sort()).toEqual(['01-40324.csv', '02-10005.csv']);
  });
});
