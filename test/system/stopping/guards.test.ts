import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { api, at } from '../../support/program/sandbox.ts';
import {
  lastRun,
  numberId,
  PROFILE,
  runDirs,
  summaryOf,
  table,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

const UNKNOWN = '00000000-0000-4000-8000-00000000dead';

/** One after another, so that it is known after how many rows a guard stops the run. */
const ONE = ['--concurrency', '1'];
/** Rows that may have left while the outcome that stops the run was on its way to the disk. */
const LATE = 4;

/** That this number of rows was sent, or a few more. */
function expectSent(sandbox: Sandbox, rows: number): void {
  expect(writesTo(sandbox).length).toBeGreaterThanOrEqual(rows);
  expect(writesTo(sandbox).length).toBeLessThanOrEqual(rows + LATE);
}

/** One fault of this kind for each of the numbers. */
function faultsOf(kind: string, ...numbers: number[]): string[] {
  return numbers.map((n) => `${kind}@${numberId(n)}`);
}

/** The same account, with the faults gone and a profile more, at the same address. */
async function repaired(sandbox: Sandbox, profile?: string): Promise<Sandbox> {
  const state = sandbox.snapshot();
  const [known] = state.profiles;
  if (known !== undefined && profile !== undefined) state.profiles.push({ ...known, id: profile });
  await sandbox.close();
  return (await api({ state, port: sandbox.port })).sandbox;
}

describe('--max-failures', () => {
  it('stops at more than N failures for good, and the printed command goes on beyond them', async () => {
    const { sandbox, flags } = await api({}, faultsOf('not-eligible', 2, 4, 6, 8, 10));
    const cwd = workDirectory();
    const { exit, stdout } = await run(cwd, ['apply', writeInput(cwd, 20), '--max-failures', '3', ...ONE, ...flags]);
    expect(exit).toBe(6);
    expect(stdout).toContain('4 of 8 rows sent failed for good (--max-failures 3)');
    const { counts, next_command: next } = summaryOf(cwd);
    expect(counts.updated + counts.failed).toBe(writesTo(sandbox).length);
    expectSent(sandbox, 8);
    expect((await paste(cwd, next as string)).exit).toBe(4);
    expect(summaryOf(cwd)).toMatchObject({ state: 'finished', counts: { updated: 15, failed: 5 }, sum_ok: true });
    await repaired(sandbox);
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
  });

  it('0 stops at the first one', async () => {
    const { sandbox, flags } = await api({}, faultsOf('not-eligible', 3));
    const cwd = workDirectory();
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 12), '--max-failures', '0', ...ONE, ...flags]);
    expect(exit).toBe(6);
    expect(summaryOf(cwd).counts.failed).toBe(1);
    expectSent(sandbox, 3);
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(4);
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 11, failed: 1 });
  });

  it('is 5% by default, which 19 failures never are and 20 may be', async () => {
    const even = (count: number) => Array.from({ length: count }, (_, at) => 2 * (at + 1));
    const few = await api({}, faultsOf('not-eligible', ...even(19)));
    const many = await api({}, faultsOf('not-eligible', ...even(40)));
    const [cwdFew, cwdMany] = [workDirectory(), workDirectory()];
    const [ended, stopped] = await Promise.all([
      run(cwdFew, ['apply', writeInput(cwdFew, 60), ...ONE, ...few.flags]),
      run(cwdMany, ['apply', writeInput(cwdMany, 100), ...ONE, ...many.flags]),
    ]);
    expect(ended.exit).toBe(4);
    expect(summaryOf(cwdFew).counts).toMatchObject({ updated: 41, failed: 19 });
    expect(stopped.exit).toBe(6);
    expect(stopped.stdout).toContain('20 of 40 rows sent failed for good (--max-failures 5%)');
    expectSent(many.sandbox, 40);
    expect((await paste(cwdMany, summaryOf(cwdMany).next_command as string)).exit).toBe(4);
    expect(summaryOf(cwdMany).counts).toMatchObject({ updated: 60, failed: 40 });
  });
});

describe('--max-same-error', () => {
  it('stops after that many of one kind in a row, and the printed command continues', async () => {
    const { sandbox, flags } = await api({}, faultsOf('404', 1, 3, 4, 5, 6, 7));
    const cwd = workDirectory();
    const args = ['apply', writeInput(cwd, 20), '--max-same-error', '4', '--max-failures', '100%', ...ONE, ...flags];
    const { exit, stdout } = await run(cwd, args);
    expect(exit).toBe(6);
    expect(stdout).toContain('--max-same-error 4');
    expect(stdout).toContain('404 10005');
    // The one before a row that was updated does not count.
    expect(summaryOf(cwd).counts.failed).toBeGreaterThanOrEqual(5);
    expectSent(sandbox, 6);
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(4);
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 14, failed: 6 });
  });
});

describe('a profile that is not there', () => {
  it('is held after 20 failures while other profiles continue; once it exists, all rows are updated', async () => {
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const lines = Array.from(
      { length: 120 },
      (_, at) => `${numberId(at + 1)},${at % 2 === 0 ? UNKNOWN : PROFILE},"a, b"`,
    );
    writeFileSync(join(cwd, 'mixed.csv'), ['id,profile_id,note', ...lines, ''].join('\n'));
    const { exit } = await run(cwd, ['apply', 'mixed.csv', '--concurrency', '2', ...flags]);
    expect(exit).toBe(4);
    const { counts, state, sum_ok } = summaryOf(cwd);
    expect({ state, sum_ok }).toEqual({ state: 'finished', sum_ok: true });
    expect(counts.updated).toBe(60);
    expect(counts.failed + counts.held).toBe(60);
    expect(counts.failed).toBeGreaterThanOrEqual(20);
    expect(counts.failed).toBeLessThanOrEqual(20 + LATE);
    const held = table(cwd, 'held.csv');
    expect(Object.keys(held[0] ?? {})).toEqual([
      'id',
      'profile_id',
      'note',
      'reassign_status',
      'reassign_reason',
      'reassign_detail',
      'reassign_was',
      'reassign_now',
      'reassign_wanted',
    ]);
    expect(held).toHaveLength(counts.held);
    for (const row of held) {
      expect(row).toMatchObject({ profile_id: UNKNOWN, note: 'a, b', reassign_status: 'held' });
      expect(row.reassign_reason).toBe('profile_stopped');
      expect(row.reassign_wanted).toBe(`profile ${UNKNOWN}`);
    }
    expect(held[0]?.reassign_detail).toContain(UNKNOWN);
    const results = table(cwd, 'results.csv');
    expect(results.filter(({ status }) => status === 'held').every(({ attempts }) => attempts !== '1')).toBe(true);
    expect(table(cwd, 'failed.csv').every((row) => row.reassign_status === 'failed')).toBe(true);
    expect(table(cwd, 'failed.csv')).toHaveLength(counts.failed);

    const again = await repaired(sandbox, UNKNOWN);
    const first = lastRun(cwd);
    expect((await paste(cwd, summaryOf(cwd, first).next_command as string)).exit).toBe(0);
    // Held rows are sent only when they are named.
    const all = await run(cwd, ['retry', first, '--only', 'held', '--yes']);
    expect(all.exit).toBe(0);
    const numbers = again.snapshot().numbers.slice(0, 120);
    expect(numbers.filter(({ messaging_profile_id: profile }) => profile === UNKNOWN)).toHaveLength(60);
  });

  it('stops a run that has no other: 6; once it exists, the printed commands finish the run', async () => {
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const lines = Array.from({ length: 50 }, (_, at) => `${numberId(at + 1)},${UNKNOWN}`);
    writeFileSync(join(cwd, 'one.csv'), ['id,profile_id', ...lines, ''].join('\n'));
    const { exit, stdout } = await run(cwd, ['apply', 'one.csv', ...ONE, ...flags]);
    expect(exit).toBe(6);
    expect(stdout).toContain('every profile with rows to send is held');
    const { counts, next_command: next } = summaryOf(cwd);
    // What has left when the 20th answer comes fails too.
    const { failed, held } = counts;
    expect(failed).toBeGreaterThanOrEqual(20);
    expect(failed).toBeLessThanOrEqual(20 + LATE);
    expect({ sum: failed + held, ...counts }).toMatchObject({ sum: 50, unprocessed: 0 });
    expect(writesTo(sandbox)).toHaveLength(failed);
    expect(table(cwd, 'held.csv')).toHaveLength(held);
    const again = await repaired(sandbox, UNKNOWN);
    // The rows that were held are updated; those that failed for good are for retry.
    expect((await paste(cwd, next as string)).exit).toBe(4);
    expect(summaryOf(cwd).counts).toMatchObject({ updated: held, failed, held: 0 });
    expect(existsSync(join(cwd, lastRun(cwd), 'held.csv'))).toBe(false);
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
    const numbers = again.snapshot().numbers.slice(0, 50);
    expect(numbers.every(({ messaging_profile_id: profile }) => profile === UNKNOWN)).toBe(true);
  });
});

describe('--max-changes', () => {
  it.each([
    ['5', '6 rows of 6 would change, more than --max-changes 5'],
    ['99%', '6 rows of 6 would change, more than --max-changes 99%'],
  ])('%s refuses more before the first request, and the printed command goes on', async (most, message) => {
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const input = writeInput(cwd, 6);
    const { exit, stdout } = await run(cwd, ['apply', input, '--max-changes', most, ...flags]);
    expect(exit).toBe(8);
    expect(stdout).toContain(message);
    expect(sandbox.requests()).toEqual([]);
    expect(summaryOf(cwd)).toMatchObject({ state: 'refused', exit_name: 'refused' });
    expect((await paste(cwd, summaryOf(cwd).next_command as string)).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(6);
  });

  it('allows exactly that many', async () => {
    const { flags } = await api();
    const cwd = workDirectory();
    expect((await run(cwd, ['apply', writeInput(cwd, 6), '--max-changes', '6', ...flags])).exit).toBe(0);
  });
});

describe('--stop-after', () => {
  it('sends that many rows, pauses with 10, and the printed command sends the others', async () => {
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 12), '--stop-after', '5', ...flags]);
    expect(exit).toBe(10);
    expect(writesTo(sandbox)).toHaveLength(5);
    expect(summaryOf(cwd)).toMatchObject({ state: 'paused', counts: { updated: 5, unprocessed: 7 } });
    const next = summaryOf(cwd).next_command as string;
    // Not all at once is possible, too.
    expect((await run(cwd, ['resume', lastRun(cwd), '--stop-after', '3'])).exit).toBe(10);
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 8, unprocessed: 4 });
    expect((await paste(cwd, next)).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(12);
  });

  it('is no pause where nothing is left', async () => {
    const { flags } = await api();
    const cwd = workDirectory();
    expect((await run(cwd, ['apply', writeInput(cwd, 5), '--stop-after', '5', ...flags])).exit).toBe(0);
  });
});

/** The local time of day in this number of minutes, as a user types it. */
function clock(minutes: number): string {
  const at = new Date(Date.now() + minutes * 60_000);
  return [at.getHours(), at.getMinutes()].map((n) => String(n).padStart(2, '0')).join(':');
}

describe('--finish-by', () => {
  it('refuses a window that was missed, before the first request', async () => {
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const input = writeInput(cwd, 2);
    for (const time of ['2020-01-01T00:00:00Z', clock(13 * 60), clock(-5)]) {
      const { exit, stdout } = await run(cwd, ['apply', input, '--finish-by', time, ...flags]);
      expect({ time, exit }).toEqual({ time, exit: 8 });
      expect(stdout).toContain('That window was missed');
      expect(summaryOf(cwd)).toMatchObject({ state: 'refused', error: { code: 'window_missed' } });
    }
    expect(sandbox.requests()).toEqual([]);
    // The window stays: the printed command names its day.
    const { next_command: next } = summaryOf(cwd);
    expect(next).toMatch(/--finish-by 20\S+Z/);
    expect((await paste(cwd, next as string)).exit).toBe(0);
  });

  it('says in the plan whether it fits', async () => {
    const { sandbox } = await api();
    const cwd = workDirectory();
    const input = writeInput(cwd, 100);
    const plan = (rate: string, time: string) =>
      run(cwd, ['plan', input, ...at(sandbox.url), '--rate', rate, '--finish-by', time]);
    const [fits, not, missed] = await Promise.all([plan('10', '+1m'), plan('1', '+50s'), plan('1', clock(-5))]);
    expect([fits.exit, not.exit, missed.exit]).toEqual([0, 0, 0]);
    expect(fits.stdout).toContain('Within 1m: it fits');
    expect(not.stdout).toContain('it does not fit, about 50 of 100 rows will be sent');
    expect(missed.stdout).toContain('apply refuses that now');
  });
});

describe('--keep-runs', () => {
  it('removes the oldest finished runs of the same name, and none with rows to check', async () => {
    const { sandbox, flags } = await api({}, faultsOf('not-eligible', 3));
    const cwd = workDirectory();
    const input = writeInput(cwd, 3);
    writeInput(cwd, 2, 'good.csv');
    const keep = ['--keep-runs', '1', '--name', 'nightly', ...flags];
    expect((await run(cwd, ['apply', input, ...keep])).exit).toBe(4);
    const failed = lastRun(cwd);
    expect((await run(cwd, ['apply', 'good.csv', '--name', 'other', ...flags])).exit).toBe(0);
    const other = runDirs(cwd).find((dir) => dir.includes('-other-'));
    expect((await run(cwd, ['apply', 'good.csv', ...keep])).exit).toBe(0);
    // The names of runs tell their order by the second.
    await new Promise((done) => setTimeout(done, 1010 - (Date.now() % 1000)));
    expect((await run(cwd, ['apply', 'good.csv', ...keep])).exit).toBe(0);
    expect(runDirs(cwd)).toContain(failed);
    expect(runDirs(cwd)).toContain(other);
    // The failed one, that of another name, and the newest.
    expect(runDirs(cwd)).toHaveLength(3);
    expect(writesTo(sandbox)).toHaveLength(3 + 2 + 2 + 2);
  });
});

describe('flags of consent', () => {
  it('are an error as variables, whatever they say, and nothing is made', async () => {
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const args = ['apply', writeInput(cwd, 1), ...flags];
    const names = ['YES', 'FORCE', 'IF_UNFINISHED', 'SKIP_REJECTED', 'ALLOW_UNASSIGN', 'ALLOW_ROUNDED_IDS', 'NO_LOCK'];
    const ended = await Promise.all(
      names.map((name) => run(cwd, args, { env: { [`TELNYX_REASSIGN_${name}`]: name[0] === 'I' ? 'new' : 'true' } })),
    );
    expect(ended.map(({ exit }) => exit)).toEqual(names.map(() => 2));
    for (const [at, name] of names.entries()) expect(ended[at]?.stderr).toContain(`TELNYX_REASSIGN_${name}`);
    expect(ended[0]?.stderr).toContain('not taken from the environment');
    expect(runDirs(cwd)).toEqual([]);
    expect(sandbox.requests()).toEqual([]);
  });
});
