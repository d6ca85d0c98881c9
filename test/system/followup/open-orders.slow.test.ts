import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isMoved } from '../../support/program/account.ts';
import { bulkPlace, ordersOf } from '../../support/program/bulk.ts';
import { lastRun } from '../../support/program/workspace.ts';

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
