import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/entry.ts';
import { bulkPlace } from '../../support/bulk/place.ts';
import { isMoved, writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
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
  writeLines,
} from '../../support/program/workspace.ts';

const ROWS = [3, 4, 5];

/** What the ledger has if the program is killed when it has placed an order. */
const ordered = (id: string): LedgerEntry[] => {
  const at = new Date().toISOString();
  return [
    { type: 'order_intent', at, order: 1, profile: PROFILE, rows: ROWS, on_profile: 2 },
    { type: 'order_placed', at, order: 1, order_id: id, success: 0, pending: 3, failed: 0 },
  ];
};

/** A run of 6 rows that has sent 2, was paused, and has placed an order for 3 others. */
async function withOpenOrder() {
  const { sandbox, cwd, input, flags, applyWith } = await bulkPlace(6);
  expect((await applyWith('--bulk', 'auto', '--stop-after', '2', '--concurrency', '1')).exit).toBe(10);
  const { numbers } = sandbox.snapshot();
  const body = {
    messaging_profile_id: PROFILE,
    numbers: ROWS.map((row) => numbers[row - 1]?.phone_number),
    assign_only: true,
  };
  const posted = await fetch(`${sandbox.url}/messaging_numbers_bulk_updates`, {
    method: 'POST',
    headers: { authorization: 'Bearer KEY', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { order_id: id } = ((await posted.json()) as { data: { order_id: string } }).data;
  const dir = lastRun(cwd);
  const ledger = join(cwd, dir, 'ledger.ndjson');
  const lines = ordered(id).map((entry) => `${JSON.stringify(entry)}\n`);
  appendFileSync(ledger, lines.join(''));
  const waits = `Bulk order 1 (${id}) may still move 3 rows`;
  return { cwd, sandbox, args: ['apply', input, ...flags], dir, ledger, id, waits, sent: writesTo(sandbox).length };
}

describe('a run that has left a bulk order open', () => {
  it('has its rows as unverified, with the order, and resume as the next command', async () => {
    const { cwd, dir, id } = await withOpenOrder();
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
    expect(pending[0]?.error_detail).toContain(`bulk order 1 (${id}) may still move this number`);
    expect(table(cwd, 'failed.csv', dir).map(({ reassign_reason: reason }) => reason)).toEqual([
      ...Array(3).fill('order_pending'),
      '',
    ]);
    expect(summaryOf(cwd, dir)).toMatchObject({ sum_ok: true, requests: { orders: 0 } });
    const report = readFileSync(join(cwd, dir, 'report.html'), 'utf8');
    expect(report).toContain('Bulk order 1 placed: 3 numbers, 3 pending');
    expect(report).toContain(`bulk order 1 (${id}) may still move this number`);
  });

  it.each(['undo', 'retry'])('refuses %s until resume has ended it', async (verb) => {
    const { cwd, dir, sandbox, sent, waits } = await withOpenOrder();
    const refused = await run(cwd, [verb, dir, '--yes']);
    expect(refused.exit).toBe(8);
    expect(refused.stderr).toContain(waits);
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
    const { cwd, args, dir, sandbox, sent, waits } = await withOpenOrder();
    const first = await run(cwd, args);
    expect(first.exit).toBe(8);
    expect(first.stdout).toContain('Only then may another run start');
    expect(first.stdout).not.toContain('--if-unfinished new');
    const anyway = await run(cwd, [...args, '--if-unfinished', 'new']);
    expect(anyway.exit).toBe(8);
    expect(anyway.stdout).toContain(waits);
    const refused = runDirs(cwd).find((other) => manifestOf(cwd, other).stop?.reason === 'orders_open') as string;
    expect(manifestOf(cwd, dir).state).toBe('paused');
    expect((await run(cwd, ['apply', refused, '--yes', '--if-unfinished', 'new'])).exit).toBe(8);
    expect(writesTo(sandbox)).toHaveLength(sent);
    expect((await run(cwd, ['runs'])).stdout).toContain(`resume ${dir}`);
    expect((await paste(cwd, commandIn(anyway.stdout, 'resume'))).exit).toBe(0);
    expect((await run(cwd, ['apply', refused, '--yes'])).exit).toBe(0);
  });

  it('lets no run of its numbers start, whatever the input', async () => {
    const { cwd, args, dir, sandbox, sent, waits } = await withOpenOrder();
    const back = (...rows: number[]) => {
      const lines = rows.map((row) => `${numberId(row)},${OTHER}`);
      const input = writeLines(cwd, ['phone_number_id,messaging_profile_id', ...lines], `${rows.length}.csv`);
      return run(cwd, ['apply', input, ...args.slice(2)]);
    };
    const refused = await back(2, ...ROWS);
    expect(refused.exit).toBe(8);
    expect(refused.stdout).toContain('waits for a bulk order that has the numbers of 3 rows of this plan');
    expect(refused.stdout).toContain(waits);
    expect(commandIn(refused.stdout, 'resume')).toContain(dir);
    const saved = runDirs(cwd).find((other) => other !== dir) as string;
    expect((await run(cwd, ['apply', saved, '--yes', '--if-unfinished', 'new'])).exit).toBe(8);
    expect(writesTo(sandbox)).toHaveLength(sent);
    // No order has the number of row 2.
    expect((await back(2)).exit).toBe(0);
    expect(writesTo(sandbox)).toHaveLength(sent + 1);
  });

  it('does not let a saved undo of it start', async () => {
    const { cwd, dir, waits, ledger } = await withOpenOrder();
    const open = readFileSync(ledger, 'utf8');
    writeFileSync(ledger, open.replaceAll(/^.*"type":"order_.*\n/gm, ''));
    expect((await run(cwd, ['undo', dir, '--dry-run'])).exit).toBe(0);
    const undo = runDirs(cwd).find((other) => other !== dir) as string;
    writeFileSync(ledger, open);
    const refused = await run(cwd, ['apply', undo, '--yes']);
    expect(refused.exit).toBe(8);
    expect(refused.stdout).toContain(waits);
    expect(manifestOf(cwd, undo)).toMatchObject({ state: 'refused', stop: { reason: 'orders_open' } });
  });

  it('is compared with the account as any other', async () => {
    const { cwd, dir } = await withOpenOrder();
    const { exit, stdout } = await run(cwd, ['verify', dir]);
    expect(exit).toBe(4);
    expect(stdout).toMatch(/5 +at target/);
  });
});
