import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bulkPlace, ordersOf } from '../../support/bulk/place.ts';
import { isMoved } from '../../support/program/account.ts';
import { paste } from '../../support/program/run.ts';
import { commandIn, lastRun, numberId, runDirs, summaryOf } from '../../support/program/workspace.ts';

it('an open order is waited for until nothing has changed for 20 minutes, and then sends its rows one by one', async () => {
  const { sandbox, cwd, apply, resume } = await bulkPlace(30, ['pending=0.5#2']);
  const first = await apply();
  expect(first.exit).toBe(11);
  expect(first.stdout).toMatch(/Bulk order 2 \(.*\) may still move \d rows; if nothing changes, resume sends them/);
  // Not by waiting for patience again and again.
  expect((await resume()).exit).toBe(11);
  const path = join(cwd, lastRun(cwd), 'ledger.ndjson');
  const early = new Date(Date.now() - 21 * 60_000).toISOString();
  const lines = readFileSync(path, 'utf8').split('\n');
  const isOf2 = (line: string) => /"order_(intent|placed)".*"order":2,/.test(line);
  const aged = lines.map((line) => (isOf2(line) ? line.replace(/"at":"[^"]*"/, `"at":"${early}"`) : line));
  writeFileSync(path, aged.join('\n'));
  const resumed = await resume();
  expect(resumed.exit, resumed.stderr).toBe(0);
  expect(isMoved(sandbox, 30)).toBe(true);
  expect(ordersOf(cwd).at(1)).toMatch(/ still$/);
});

describe('--undo-on-failure', () => {
  it('undoes nothing while an order may still move numbers, and names resume', async () => {
    const writeFaults = [`not-eligible@${numberId(20)}`];
    const { cwd, apply } = await bulkPlace(30, ['pending=0.5#2'], { writeFaults });
    const ended = await apply('--max-failures', '0', '--undo-on-failure', '--concurrency', '1');
    expect(ended.exit, ended.stderr).toBe(6);
    expect(ended.stdout).toMatch(
      /was not undone completely, exit 8 \(refused\): bulk order 2 \(.*\) may still move \d rows; .*Z on\.$/m,
    );
    const [dir] = runDirs(cwd) as [string];
    expect(runDirs(cwd)).toEqual([dir]);
    const { undo, next_command: next, resumable } = summaryOf(cwd, dir);
    expect(undo).toMatchObject({ run_id: null, exit_code: 8, next_command: next });
    expect([commandIn(ended.stdout, 'resume'), resumable]).toEqual([next, true]);
    expect(next).toMatch(/ resume .* --max-failures \d$/);
    expect((await paste(cwd, next as string)).exit).not.toBe(8);
  });

  it('undoes without orders what an order has moved that changed more than the profile', async () => {
    const { sandbox, cwd, apply, resume } = await bulkPlace(60, ['also=tags#2']);
    const ended = await apply('--undo-on-failure');
    expect(ended.exit, ended.stderr).toBe(6);
    const [first, undo] = runDirs(cwd) as [string, string];
    expect(summaryOf(cwd, first)).toMatchObject({ error: { code: 'order_mismatch' }, undo: { exit_code: 0 } });
    expect(ordersOf(cwd, first)).toEqual(['1: 1 done', '2: 10 mismatch']);
    expect(ordersOf(cwd, undo)).toEqual([]);
    expect(isMoved(sandbox, 1)).toBe(false);
    expect((await resume()).exit).toBe(0);
  });
});
