import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { isMoved, writesTo } from '../../support/program/account.ts';
import type { Ended } from '../../support/program/environment.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { stopped } from '../../support/program/start.ts';
import {
  commandIn,
  lastRun,
  numberId,
  runDirs,
  summaryOf,
  table,
  workDirectory,
  writeInput,
} from '../../support/program/workspace.ts';

/** Rows that are read back after their write by each command that sends. */
const READ_BACK = 3;

const sent = (sandbox: Sandbox) => sandbox.requests().length;

/** results.csv without what depends on when and how often a row was asked about. */
function lasting(cwd: string): Record<string, string>[] {
  return table(cwd, 'results.csv').map((row) => {
    const { attempts, duration_ms, request_id, finished_at, ...kept } = row;
    return kept.reason === 'confirmed_by_read' ? { ...kept, reason: '' } : kept;
  });
}

/** The rows that the ledger has an intent for and nothing after it. */
function rowsInFlight(cwd: string): number[] {
  const open = new Set<number>();
  for (const line of readFileSync(join(cwd, lastRun(cwd), 'ledger.ndjson'), 'utf8').split('\n')) {
    if (!line.endsWith('}')) continue;
    const { type, row } = JSON.parse(line) as { type: string; row: number };
    if (type === 'intent') open.add(row);
    else open.delete(row);
  }
  return [...open];
}

describe('resume', () => {
  it('after a SIGKILL comes to what an unbroken run comes to, and reads what was in flight before it writes', async () => {
    const faults = [`not-eligible@${numberId(5)}`, `404@${numberId(50)}`];
    const whole = workDirectory();
    const unbroken = await api({}, faults);
    expect((await run(whole, ['apply', writeInput(whole, 60), ...unbroken.flags])).exit).toBe(4);
    const cwd = workDirectory();
    const { sandbox, flags } = await api({ latencyMs: 40 }, faults);
    const args = ['apply', writeInput(cwd, 60), '--concurrency', '6', ...flags];
    const { signal } = await stopped(cwd, args, 'SIGKILL', () => sent(sandbox) >= 20);
    expect(signal).toBe('SIGKILL');
    const flying = rowsInFlight(cwd);
    expect(flying.length).toBeGreaterThan(0);
    const before = sent(sandbox);

    const shown = await run(cwd, ['runs', '--json']);
    const [line] = (JSON.parse(shown.stdout) as { runs: { state: string; next_command: string }[] }).runs;
    expect(line).toMatchObject({ state: 'interrupted', next_command: expect.stringMatching(/ resume runs\/\S+$/) });
    expect((await run(cwd, ['runs'])).stdout).toMatch(/interrupted[\s\S]*next: .* resume runs\//);
    expect((await paste(cwd, line?.next_command as string)).exit).toBe(4);

    const after = sandbox.requests().slice(before);
    for (const row of flying) expect(after.find(({ id }) => id === numberId(row))?.method).toBe('GET');
    const reads = after.filter(({ method }) => method === 'GET').length;
    expect(reads).toBe(flying.length + READ_BACK);
    expect(sent(sandbox)).toBeLessThanOrEqual(60 + reads + READ_BACK + flying.length);
    expect(lasting(cwd)).toEqual(lasting(whole));
    expect(runDirs(cwd)).toHaveLength(1);
    expect(summaryOf(cwd)).toMatchObject({ state: 'finished', exit_code: 4, sum_ok: true });
  });

  it.each<[string, string[], number, RegExp]>([
    ['SIGINT', [], 130, /SIGINT/],
    ['--stop-after', ['--stop-after', '7'], 10, /7/],
    ['--finish-by', ['--finish-by', '+1s'], 10, /finish-by/],
    ['--max-failures', ['--max-failures', '1'], 6, /Stopped: too many failures: /],
  ])('goes on after %s, and sends no row twice', async (how, more, exit, said) => {
    const cwd = workDirectory();
    const failing = exit === 6 ? [3, 6].map((n) => `not-eligible@${numberId(n)}`) : [];
    const { sandbox, flags } = await api({ latencyMs: 40 }, failing);
    const args = ['apply', writeInput(cwd, 60), '--concurrency', '2', ...flags, ...more];
    const ended: Ended =
      how === 'SIGINT' ? await stopped(cwd, args, 'SIGINT', () => sent(sandbox) >= 6) : await run(cwd, args);
    expect(ended.exit).toBe(exit);
    expect(ended.stdout).toMatch(said);
    const { next_command: next, counts } = summaryOf(cwd);
    expect(counts.unprocessed).toBeGreaterThan(0);
    expect(next).toMatch(/ resume runs\//);
    expect(ended.stdout).toContain(next);
    expect((await paste(cwd, next as string)).exit).toBe(exit === 6 ? 4 : 0);
    expect(new Set(writesTo(sandbox).map(({ id }) => id)).size).toBe(60);
    expect(sent(sandbox)).toBe(60 + 2 * READ_BACK);
    expect(summaryOf(cwd).counts).toMatchObject({ updated: 60 - failing.length, failed: failing.length });
  });
});

describe('a key revoked midway', () => {
  it('ends with exit 7; another key of the organization goes on, one of another organization does not', async () => {
    const cwd = workDirectory();
    const revoked = await api({ revokeAfter: 8 + READ_BACK });
    expect((await run(cwd, ['apply', writeInput(cwd, 20), '--concurrency', '2', ...revoked.flags])).exit).toBe(7);
    const { port } = revoked.sandbox;
    const state = revoked.sandbox.snapshot();
    const other = { ...state, organization_id: '00000000-0000-4000-8000-0000000000aa' };

    await revoked.sandbox.close();
    const foreign = await api({ port, state: other });
    const refused = await run(cwd, ['resume', lastRun(cwd), '--json'], { key: 'KEYother-account' });
    expect(refused.exit).toBe(7);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'other_account' } });
    expect(foreign.sandbox.requests().map(({ method }) => method)).toEqual(['GET']);
    const again = await run(cwd, ['resume', lastRun(cwd)], { key: 'KEYother-account' });
    expect((await paste(cwd, commandIn(again.stderr, 'results'))).exit).toBe(0);
    expect(table(cwd, 'failed.csv')).toHaveLength(12);

    await foreign.sandbox.close();
    const { sandbox } = await api({ port, state });
    const { exit } = await run(cwd, ['resume', lastRun(cwd)], { key: 'KEYnew-one' });
    expect(exit).toBe(0);
    expect(isMoved(sandbox, 20)).toBe(true);
    expect(sandbox.requests().filter(({ method }) => method === 'PATCH')).toHaveLength(12);
  });
});
