import { describe, expect, it } from 'vitest';
import { profileOf, writesTo } from '../../support/program/account.ts';
import { paste, run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { start } from '../../support/program/start.ts';
import { lastRun, PROFILE, summaryOf, until, workDirectory, writeInput } from '../../support/program/workspace.ts';

describe('exit codes', () => {
  it('7: a key that the API refuses, before anything was written: the run can be applied again', async () => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({ key: 'KEYanother-one' });
    const { exit, stdout } = await run(cwd, ['apply', writeInput(cwd, 30), ...flags]);
    expect(exit).toBe(7);
    expect(stdout).toContain('The API refused the key');
    expect(summaryOf(cwd)).toMatchObject({ state: 'refused', exit_name: 'preflight' });
    const again = await run(cwd, ['apply', lastRun(cwd), '--yes'], { key: 'KEYanother-one' });
    expect(again.exit).toBe(0);
    expect(profileOf(sandbox, 30)).toBe(PROFILE);
  });

  it('7: a key revoked midway: what was done stays done, the rest is unprocessed', async () => {
    const cwd = workDirectory();
    const { flags } = await api({ revokeAfter: 12 + 3 });
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 40), '--concurrency', '2', ...flags]);
    expect(exit).toBe(7);
    expect(summaryOf(cwd)).toMatchObject({ state: 'paused', counts: { updated: 12, unprocessed: 28 } });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s drains: exit %i, and the printed command goes on', async (signal, expected) => {
    const cwd = workDirectory();
    const { sandbox, flags } = await api({ latencyMs: 30 });
    const started = start(cwd, ['apply', writeInput(cwd, 60), '--concurrency', '2', ...flags]);
    await until(() => sandbox.requests().length >= 6);
    started.child.kill(signal);
    const { exit, stdout } = await started.ended;
    expect(exit).toBe(expected);
    const summary = summaryOf(cwd);
    expect(summary).toMatchObject({ state: 'interrupted', exit_name: 'interrupted', resumable: true, sum_ok: true });
    expect(summary.counts.unverified).toBe(0);
    expect(summary.counts.updated).toBe(writesTo(sandbox).length);
    expect(stdout).toContain(summary.next_command);
    expect((await paste(cwd, summary.next_command as string)).exit).toBe(0);
    expect(
      sandbox
        .snapshot()
        .numbers.slice(0, 60)
        .every((number) => number.messaging_profile_id === PROFILE),
    ).toBe(true);
  });
});

describe('--finish-by', () => {
  it.each([
    ['a time', () => new Date(Date.now() + 1500).toISOString()],
    ['a span', () => '+1s'],
  ])('%s pauses with 10 when it is over, and the printed command sends the others', async (_what, time) => {
    const { sandbox, flags } = await api();
    const cwd = workDirectory();
    const fast = flags.map((flag) => (flag === 'off' ? '15' : flag));
    const { exit } = await run(cwd, ['apply', writeInput(cwd, 40), '--finish-by', time(), ...fast]);
    expect(exit).toBe(10);
    const { counts, state, next_command: next } = summaryOf(cwd);
    expect(state).toBe('paused');
    expect(counts.updated).toBe(writesTo(sandbox).length);
    expect(counts.unprocessed).toBeGreaterThan(0);
    expect((await paste(cwd, next as string)).exit).toBe(0);
    expect(summaryOf(cwd).counts.updated).toBe(40);
  });
});
