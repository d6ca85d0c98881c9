import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { isMoved, writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { readingApi } from '../../support/program/sandbox.ts';
import {
  commandIn,
  lastRun,
  manifestOf,
  numberId,
  OTHER,
  PROFILE,
  runDirs,
  summaryOf,
  table,
  workDirectory,
  writeLines,
} from '../../support/program/workspace.ts';

const AT = new Date(Date.now() - 3_600_000).toISOString();
const ORDER: LedgerEntry[] = [
  { type: 'order_intent', at: AT, order: 1, profile: PROFILE, rows: [3, 4, 5], on_profile: 0 },
  { type: 'order_placed', at: AT, order: 1, order_id: 'o-77', success: 0, pending: 3, failed: 0 },
];
const WAITS = 'Bulk order 1 (o-77) may still move 3 rows';

/** A run of 6 rows that has sent 2 and left an order of 3 others open. */
async function withOpenOrder() {
  const cwd = workDirectory();
  const numbers = [1, 2, 3, 4, 5, 6].map((n) => ({ id: numberId(n), messaging_profile_id: OTHER }));
  const { sandbox, flags } = await readingApi({ numbers });
  const lines = [1, 2, 3, 4, 5, 6].map((n) => `${numberId(n)},${PROFILE}`);
  const args = ['apply', writeLines(cwd, ['phone_number_id,messaging_profile_id', ...lines]), ...flags];
  expect((await run(cwd, [...args, '--stop-after', '2', '--concurrency', '1'])).exit).toBe(10);
  const dir = lastRun(cwd);
  appendFileSync(join(cwd, dir, 'ledger.ndjson'), ORDER.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return { cwd, sandbox, args, dir, sent: writesTo(sandbox).length };
}

describe('a run that has left a bulk order open', () => {
  it('has its rows as unverified, with the order, and resume as the next command', async () => {
    const { cwd, dir } = await withOpenOrder();
    const { stdout } = await run(cwd, ['results', dir]);
    expect(stdout).toContain('3  unverified');
    expect(stdout).toContain('Resume the run');
    expect(commandIn(stdout, 'resume')).toContain(dir);
    const pending = table(cwd, 'results.csv', dir).filter(({ reason }) => reason === 'order_pending');
    expect(pending.map(({ row, status }) => `${row} ${status}`)).toEqual([
      '3 unverified',
      '4 unverified',
      '5 unverified',
    ]);
    expect(pending[0]?.error_detail).toContain('bulk order 1 (o-77) may still move this number');
    expect(table(cwd, 'failed.csv', dir).map(({ reassign_reason: reason }) => reason)).toEqual([
      ...Array(3).fill('order_pending'),
      '',
    ]);
    expect(summaryOf(cwd, dir)).toMatchObject({ sum_ok: true, requests: { orders: 0 } });
    const report = readFileSync(join(cwd, dir, 'report.html'), 'utf8');
    expect(report).toContain('Bulk order 1 placed: 3 numbers, 3 pending');
    expect(report).toContain('bulk order 1 (o-77) may still move this number');
  });

  it.each(['undo', 'retry'])('refuses %s until resume has ended it', async (verb) => {
    const { cwd, dir, sandbox, sent } = await withOpenOrder();
    const refused = await run(cwd, [verb, dir, '--yes']);
    expect(refused.exit).toBe(8);
    expect(refused.stderr).toContain(WAITS);
    expect(runDirs(cwd)).toEqual([dir]);
    const json = JSON.parse((await run(cwd, [verb, dir, '--yes', '--json'])).stdout);
    expect(json).toMatchObject({
      exit_code: 8,
      error: { code: 'orders_open' },
      next_command: expect.stringContaining('resume'),
    });
    expect(writesTo(sandbox)).toHaveLength(sent);
    const resumed = await paste(cwd, commandIn(refused.stderr, 'resume'));
    expect(resumed.exit).toBe(0);
    expect(isMoved(sandbox, 6)).toBe(true);
    expect((await run(cwd, [verb, dir, '--yes'])).exit).toBe(0);
    expect(isMoved(sandbox, 6)).toBe(verb === 'retry');
  });

  it('lets no other run of the same input start', async () => {
    const { cwd, args, dir, sandbox, sent } = await withOpenOrder();
    const first = await run(cwd, args);
    expect(first.exit).toBe(8);
    expect(first.stdout).toContain('Only then may another run start');
    expect(first.stdout).not.toContain('--if-unfinished new');
    const anyway = await run(cwd, [...args, '--if-unfinished', 'new']);
    expect(anyway.exit).toBe(8);
    expect(anyway.stdout).toContain(WAITS);
    const refused = runDirs(cwd).find((other) => manifestOf(cwd, other).stop?.reason === 'orders_open') as string;
    expect(manifestOf(cwd, dir).state).toBe('paused');
    expect((await run(cwd, ['apply', refused, '--yes', '--if-unfinished', 'new'])).exit).toBe(8);
    expect(writesTo(sandbox)).toHaveLength(sent);
    expect((await run(cwd, ['runs'])).stdout).toContain(`resume ${dir}`);
    expect((await paste(cwd, commandIn(anyway.stdout, 'resume'))).exit).toBe(0);
    expect((await run(cwd, ['apply', refused, '--yes'])).exit).toBe(0);
  });

  it('is compared with the account as any other', async () => {
    const { cwd, dir } = await withOpenOrder();
    const { exit, stdout } = await run(cwd, ['verify', dir]);
    expect(exit).toBe(4);
    expect(stdout).toMatch(/2 +at target/);
  });
});
